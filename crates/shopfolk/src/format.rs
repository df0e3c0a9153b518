//! The formats of files with customers.

use std::path::Path;

use anyhow::{Result, bail};
use clap::ValueEnum;

/// How customers are written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Written {
    /// A customer a line, in JSON as the API shows it.
    Ndjson,
    /// A table with a header row, a customer a row.
    Csv,
    /// A vCard for each customer, with the contacts and addresses.
    Vcard,
}

/// How customers are read from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Read {
    /// A customer a line, in JSON as the API shows it.
    Ndjson,
    /// A table with a header row, a customer a row.
    Csv,
}

impl Written {
    /// What the name of a file says, where it says something.
    pub(crate) fn of_name(file: &Path) -> Option<Self> {
        let endings = [("csv", Self::Csv), ("vcf", Self::Vcard), ("ndjson", Self::Ndjson)];
        endings.into_iter().find(|(ending, _)| has_ending(file, ending)).map(|(_, format)| format)
    }
}

impl Read {
    /// What the name of a file says; NDJSON where it says nothing.
    ///
    /// # Errors
    /// When it says that the file has vCards.
    pub(crate) fn of_name(file: &Path) -> Result<Self> {
        match Written::of_name(file) {
            Some(Written::Ndjson) | None => Ok(Self::Ndjson),
            Some(Written::Csv) => Ok(Self::Csv),
            Some(Written::Vcard) => bail!(
                "cannot import '{}': vCards are written, not read; name --format if it is something else",
                file.display()
            ),
        }
    }
}

fn has_ending(file: &Path, ending: &str) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}
