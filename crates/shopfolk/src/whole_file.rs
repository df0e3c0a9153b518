//! A file that is there whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How much is written at once.
const BUFFER: usize = 1 << 20;

/// A file that is written beside its place, under a name that ends with `.partial`, and gets its own name when it is whole and
/// on the disk. One that is dropped before leaves nothing behind. It is its owner's alone, as files that tell of customers are.
#[derive(Debug)]
pub(crate) struct WholeFile {
    partial: BufWriter<NamedTempFile>,
    directory: File,
    path: PathBuf,
}

impl WholeFile {
    /// Begins a file that is not there yet.
    ///
    /// # Errors
    /// When there is one with this name, or none can be made in its directory.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut prefix = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        prefix.push(".");
        let directory = match path.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        };
        let partial = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".partial")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(directory)?;
        Ok(Self {
            partial: BufWriter::with_capacity(BUFFER, partial),
            directory: File::open(directory)?,
            path: path.to_owned(),
        })
    }

    /// Gives it its name, now that it is whole.
    ///
    /// # Errors
    /// When it cannot be written to the end, or somebody else made a file with this name meanwhile, which stays as it is.
    pub(crate) fn finish(self) -> io::Result<()> {
        let partial = self.partial.into_inner().map_err(io::IntoInnerError::into_error)?;
        partial.as_file().sync_all()?;
        partial.persist_noclobber(&self.path).map_err(|error| error.error)?;
        // The name is on the disk with its directory.
        self.directory.sync_all()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.partial.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.partial.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("customers.csv");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"id,email\r\n").unwrap();
        let [name] = &names(directory.path())[..] else { panic!("{:?}", names(directory.path())) };
        assert!(name.starts_with("customers.csv.") && name.ends_with(".partial"), "{name}");
        file.finish().unwrap();
        assert_eq!(names(directory.path()), ["customers.csv"]);
        assert_eq!(fs::read(&path).unwrap(), b"id,email\r\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_given_up_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = WholeFile::create(&directory.path().join("customers.csv")).unwrap();
        file.write_all(&vec![b'x'; 2 * BUFFER]).unwrap();
        drop(file);
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn a_file_that_somebody_else_made_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("customers.csv");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"mine").unwrap();
        fs::write(&path, "theirs").unwrap();
        assert_eq!(WholeFile::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(file.finish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(directory.path()), ["customers.csv"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    }
}
