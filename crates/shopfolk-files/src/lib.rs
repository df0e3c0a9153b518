//! Customers in files: what a file says of them, and how they are written to one.
//!
//! What is said on the wire is `shopfolk-api`'s; what becomes of a customer in a store is `shopfolk-operations`'. Here is what
//! lies between a file and those. A file is opened ([`CustomerFile::open`]): what it is, and what its columns are taken for,
//! stands in its plan ([`FilePlan`]), before anything is written. Then it is imported ([`Import::run`]), and told what became of it.
//!
//! To add a dialect: its file in `dialects/`, its name in `dialect.rs`, a file in its words in `samples/`.

mod apostrophe;
mod dialect;
mod file;
mod import;
mod plan;
mod read;
mod report;
mod values;
pub mod write;

pub use dialect::{Dialect, DialectError};
pub use file::{CustomerFile, FileError, FileOptions, FilePlan, Format, first_map};
pub use import::{Failure, FieldsLeftOut, Import, Observed, Summary};
pub use plan::{ColumnUse, HeaderError, Ignored, PlannedColumn};
pub use read::{
    BrokenRecord, Content, HeaderRowError, InvalidEncoding, JsonShape, NotCustomers, Problem, Source,
    TextEncoding,
};
pub use report::{ReportError, report_path};
pub use values::DateOrder;
