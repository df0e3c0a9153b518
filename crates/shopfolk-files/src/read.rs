//! Customers out of files.

mod batch;
mod lines;
mod record;
mod rows;

pub use batch::{Batch, Customers, Item, read};
pub use lines::Lines;
pub use record::BrokenRecord;
pub use rows::{Rows, TableError};
