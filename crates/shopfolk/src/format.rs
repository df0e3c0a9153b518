//! The formats of files with customers.

use std::path::Path;

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

impl Written {
    /// What the name of a file says, where it says something.
    pub(crate) fn of_name(file: &Path) -> Option<Self> {
        let endings = [("csv", Self::Csv), ("vcf", Self::Vcard), ("ndjson", Self::Ndjson)];
        endings.into_iter().find(|(ending, _)| has_ending(file, ending)).map(|(_, format)| format)
    }
}

fn has_ending(file: &Path, ending: &str) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}
