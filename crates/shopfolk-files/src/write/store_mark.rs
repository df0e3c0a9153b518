//! How a file says which store it is of, so that an import into the same store may go by the ids in it, and no other does.
//!
//! - **NDJSON**: the first line is `{"shopfolk":{"store":"KEY","format":1}}`; every other line is a customer. Files may be
//!   joined: such a line holds for those after it, up to the next one. With `"whole":true` the file has more than customers:
//!   lines that are a [`StoreRecord`](shopfolk_api::StoreRecord) each.
//! - **CSV**: the last column is `shopfolkStore`, and each row has the key in it. In a table for spreadsheets, which have room
//!   for so many columns, a customer may go on in the rows after it: they repeat `id`, `externalReferenceId` and `email`, and have
//!   the contacts and addresses for which there was no room before.
//! - **vCard**: `UID` is the key, a dash and the id.
//!
//! A store that has no key has its files without it: the line has no `store`, the cells are empty, the `UID` is the id.

use serde::{Deserialize, Serialize};
use shopfolk_model::StoreKey;

/// What files of this release are like, for those that read them later.
const FORMAT: u32 = 1;

/// The line that says of which store the lines after it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreMark {
    /// The key of the store, if it has one.
    pub store: Option<StoreKey>,
    /// Whether the lines after it are records of all kinds, not customers alone.
    pub whole: bool,
}

/// Why a line that says of which store a file is cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreMarkError {
    /// It is of a release that writes something else.
    #[error(
        "the file is of a later release of Shopfolk: it has format {format}, and this release reads format {FORMAT}"
    )]
    Later {
        /// The format.
        format: u32,
    },
    /// It is broken.
    #[error("the line that says which store the file is of is broken: {reason}")]
    Broken {
        /// How.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Line {
    shopfolk: Said,
}

#[derive(Serialize, Deserialize)]
struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    format: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
}

impl StoreMark {
    /// The mark in a line; `None` where it is another line.
    ///
    /// # Errors
    /// When it is one, and is broken or of a later release.
    pub fn of_line(line: &[u8]) -> Result<Option<Self>, StoreMarkError> {
        let begin = line.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        if !begin.is_some_and(|begin| begin.starts_with(b"\"shopfolk\"")) {
            return Ok(None);
        }
        let broken = |reason: String| StoreMarkError::Broken { reason };
        let Line { shopfolk: Said { store, format, whole } } =
            serde_json::from_slice(line).map_err(|error| broken(error.to_string()))?;
        if format > FORMAT {
            return Err(StoreMarkError::Later { format });
        }
        let store = store.map(|store| StoreKey::new(&store)).transpose();
        Ok(Some(Self { store: store.map_err(|error| broken(format!("store {error}")))?, whole }))
    }

    /// The line, with its end.
    pub(super) fn to_line(self) -> String {
        let store = self.store.map(|store| store.to_string());
        let line = Line { shopfolk: Said { store, format: FORMAT, whole: self.whole } };
        // Nothing in it is beyond JSON.
        let mut line = serde_json::to_string(&line).unwrap_or_default();
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let key = StoreKey::new("a1b2c3d4e5f6a7b8c9d0").unwrap();
        for (store, whole) in [(Some(key), false), (Some(key), true), (None, false)] {
            let mark = StoreMark { store, whole };
            assert_eq!(StoreMark::of_line(mark.to_line().as_bytes()), Ok(Some(mark)));
        }
        let line = StoreMark { store: Some(key), whole: false }.to_line();
        assert_eq!(line, "{\"shopfolk\":{\"store\":\"a1b2c3d4e5f6a7b8c9d0\",\"format\":1}}\n");
    }

    #[test]
    fn other_lines_are_no_marks_and_broken_ones_say_so() {
        for line in ["", "{}", "{\"email\":\"shopfolk\"}", "{\"shopfolks\":1}", "[1]", "shopfolk"] {
            assert_eq!(StoreMark::of_line(line.as_bytes()), Ok(None), "{line}");
        }
        let later = StoreMark::of_line(b" { \"shopfolk\":{\"format\":2,\"more\":1}}");
        assert_eq!(later, Err(StoreMarkError::Later { format: 2 }));
        for line in ["{\"shopfolk\":1}", "{\"shopfolk\":{\"format\":1,\"store\":\"x\"}}", "{\"shopfolk\":{"] {
            assert!(
                matches!(StoreMark::of_line(line.as_bytes()), Err(StoreMarkError::Broken { .. })),
                "{line}"
            );
        }
    }
}
