//! Where an export goes.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

use anyhow::{Context, Result};

use crate::whole_file::WholeFile;

/// How much is written to stdout at once.
const BUFFER: usize = 1 << 20;

/// Where an export goes.
pub(super) enum Target {
    /// The standard output, which has whatever was written until something failed.
    Stdout(BufWriter<Stdout>),
    /// A file, whole or not at all.
    File(WholeFile),
}

impl Target {
    /// Begins to write to this file; `-` is stdout.
    ///
    /// # Errors
    /// When the file is there, or cannot be made.
    pub(super) fn open(file: &Path) -> Result<Self> {
        if file == Path::new("-") {
            return Ok(Self::Stdout(BufWriter::with_capacity(BUFFER, io::stdout())));
        }
        let created = WholeFile::create(file).with_context(|| {
            format!("cannot create '{}'; name a file that is not there yet, or - for stdout", file.display())
        })?;
        Ok(Self::File(created))
    }

    /// Ends the export, which is whole.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush(),
            Self::File(file) => file.finish(),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(file) => file.flush(),
        }
    }
}
