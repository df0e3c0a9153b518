//! Customers out of files: what a file is, and what each of its rows, objects or cards says.

mod batch;
mod cards;
mod content;
mod encoding;
mod item;
mod lines;
mod objects;
mod record;
mod rows;
mod source;

pub(crate) use batch::{Batch, Row, RowSays, read_ahead};
pub(crate) use cards::Cards;
pub use content::{Content, JsonShape, NotCustomers};
pub use encoding::{InvalidEncoding, TextEncoding};
pub use item::Problem;
pub(crate) use item::{Customers, Piece, ReadRules};
pub(crate) use lines::Lines;
pub(crate) use objects::Objects;
pub use record::BrokenRecord;
pub(crate) use record::LineEnd;
pub use rows::HeaderRowError;
pub(crate) use rows::{Header, Rows, cells};
pub use source::Source;

/// The columns that a table of rejected rows has behind those of the file, and the field that an object has.
pub(crate) const REPORT_COLUMNS: [&str; 2] = ["rejected line", "rejected because"];
pub(crate) const REPORT_FIELD: &str = "rejected";
