//! Customers in files: what a file says of them, and how they are written to one.
//!
//! What it says on the wire is `shopfolk-api`'s; what becomes of it in a store is `shopfolk-operations`'. Here is what lies
//! between a file and those: formats, tables, reading ahead.

pub mod read;
pub mod write;
