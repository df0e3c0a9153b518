//! How others call the columns of their tables: a file for each of them in `dialects/`, and what a caller writes in the same
//! form for a table of its own.

mod file;
mod name;
mod target;

use std::sync::LazyLock;

pub use file::DialectError;
pub(crate) use name::{Names, plain};
pub(crate) use target::{Mapping, Target, own_fields};

use crate::values::DateOrder;

/// How the columns of a table are called, and what they are taken for.
#[derive(Debug)]
pub struct Dialect {
    /// Whose it is, for people.
    pub name: String,
    /// A table is in this dialect that has all columns of one of these lists.
    known_by: Vec<Vec<String>>,
    /// What the columns are taken for.
    columns: Names<Mapping>,
    /// Columns that are known and have no place in a customer.
    left_behind: Names<()>,
    /// What every row says besides.
    pub(crate) constants: Vec<(Target, String)>,
    /// A row in which all these columns are empty goes on with the customer of the row before.
    pub(crate) continued_without: Vec<String>,
    /// What comes first in its dates.
    pub(crate) dates: Option<DateOrder>,
}

macro_rules! dialects {
    ($($name:literal)+) => {
        /// The name of each file in `dialects/`, with its text.
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../dialects/", $name, ".toml")))),+];
    };
}

dialects! {
    "bigcommerce" "brevo" "ecwid" "google" "hubspot" "magento" "mailchimp" "outlook" "prestashop" "shopify" "square"
    "thunderbird" "woocommerce"
}

/// What people call the columns of tables that they make themselves.
const PLAIN: &str = include_str!("../dialects/plain.toml");

static KNOWN: LazyLock<Vec<Dialect>> = LazyLock::new(|| {
    // A test reads each of them.
    FILES.iter().filter_map(|(_, text)| text.parse().ok()).collect()
});

static PLAIN_DIALECT: LazyLock<Option<Dialect>> = LazyLock::new(|| PLAIN.parse().ok());

/// What a column is to a dialect.
#[derive(Debug, Clone)]
pub(crate) enum Meaning {
    /// It says this.
    Says(Mapping),
    /// It is known, and has no place in a customer.
    LeftBehind,
}

impl Dialect {
    /// The dialect of a table with these columns, if it is a known one: of several the one that knows the most of them.
    pub fn of_header(columns: &[String]) -> Option<&'static Self> {
        let known =
            |dialect: &&Self| columns.iter().filter(|column| dialect.meaning(column).is_some()).count();
        let columns: Vec<_> = columns.iter().map(|column| plain(column)).collect();
        KNOWN.iter().filter(|dialect| dialect.is_spoken_by(&columns)).max_by_key(known)
    }

    /// The one of the names that people use by themselves.
    pub(crate) fn plain() -> Option<&'static Self> {
        PLAIN_DIALECT.as_ref()
    }

    fn is_spoken_by(&self, columns: &[String]) -> bool {
        let has = |name: &String| columns.contains(&plain(name));
        self.known_by.iter().any(|names| names.iter().all(has))
    }

    /// What a column of this name is.
    pub(crate) fn meaning(&self, column: &str) -> Option<Meaning> {
        let column = plain(column);
        let says =
            self.columns.find(&column).map(|(mapping, number)| Meaning::Says(mapping.numbered(number)));
        says.or_else(|| self.left_behind.find(&column).map(|_| Meaning::LeftBehind))
    }
}

#[cfg(test)]
mod tests;
