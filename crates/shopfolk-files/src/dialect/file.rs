//! The text of a dialect, in TOML.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

use super::{Dialect, Mapping, Names, Target};
use crate::values::DateOrder;

/// Why a text is no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// It is no TOML, or says what is not asked.
    #[error("{0}")]
    Malformed(String),
    /// A column is taken for what is not there.
    #[error("column '{column}': {reason}")]
    Column {
        /// The name of the column.
        column: String,
        /// Why it cannot be taken so.
        reason: String,
    },
    /// A constant is for what is not there.
    #[error("constant '{field}': {reason}")]
    Constant {
        /// The name of the field.
        field: String,
        /// Why it cannot be said so.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(default)]
    name: String,
    #[serde(default)]
    known_by: Vec<Vec<String>>,
    #[serde(default)]
    columns: BTreeMap<String, Column>,
    #[serde(default)]
    left_behind: Vec<String>,
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default)]
    continued_without: Vec<String>,
    dates: Option<DateOrder>,
}

/// What a column is taken for: a field, several, or more words about it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Column {
    Field(String),
    Fields(Vec<String>),
    Described(Described),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Described {
    to: OneOrMore,
    #[serde(default)]
    split: Vec<String>,
    #[serde(default)]
    nothing: Vec<String>,
    note: Option<String>,
    #[serde(default)]
    stands_in: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl FromStr for Dialect {
    type Err = DialectError;

    fn from_str(text: &str) -> Result<Self, DialectError> {
        let file: File = toml::from_str(text).map_err(|error| DialectError::Malformed(error.to_string()))?;
        let mut columns = Names::default();
        for (column, described) in file.columns {
            let mapping = mapping(described)
                .map_err(|reason| DialectError::Column { column: column.clone(), reason })?;
            columns.add(&column, mapping);
        }
        let mut left_behind = Names::default();
        for column in &file.left_behind {
            left_behind.add(column, ());
        }
        let constant = |(field, value): (String, String)| match Target::named(&field) {
            Ok(target) => Ok((target, value)),
            Err(reason) => Err(DialectError::Constant { field, reason }),
        };
        Ok(Self {
            name: file.name,
            known_by: file.known_by,
            columns,
            left_behind,
            constants: file.constants.into_iter().map(constant).collect::<Result<_, _>>()?,
            continued_without: file.continued_without,
            dates: file.dates,
        })
    }
}

fn mapping(column: Column) -> Result<Mapping, String> {
    match column {
        Column::Field(field) => Mapping::new(vec![field]),
        Column::Fields(fields) => Mapping::new(fields),
        Column::Described(Described { to, split, nothing, note, stands_in }) => {
            let to = match to {
                OneOrMore::One(field) => vec![field],
                OneOrMore::More(fields) => fields,
            };
            Ok(Mapping { split, nothing, note, stands_in, ..Mapping::new(to)? })
        }
    }
}
