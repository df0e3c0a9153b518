//! What a database must offer.
//!
//! An [`Engine`] runs operations, each in one transaction on one store. An operation is a value that says what shall be
//! done ([`ReadOperation`], [`WriteOperation`]); it sees the database through [`ReadTx`] or [`WriteTx`], which offer row
//! operations and nothing more. The store id is given once, when the transaction begins; no row operation takes one, so
//! none can touch another store's rows.
//!
//! What an engine promises:
//! - A write answered with success is on disk. A write that answers with an error has changed nothing.
//! - The writes of one customer behave as if one came after the other.
//! - A read sees every write that was answered before the read began, and nothing of a write that failed.
//! - A write operation may run more than once (after a conflict, or when another one in its batch failed); only the last
//!   run counts. So it takes `&self` and keeps nothing outside the transaction.
//! - Ids are never given twice.
//!
//! To add a resource: a file here with its row operations (`ReadX`, `WriteX`), both made supertraits of [`ReadTx`] and
//! [`WriteTx`]; the same file in every engine; its cases in the conformance suite.

mod access;
mod contacts;
mod copy;
mod customer_document;
mod customers;
mod engine;
mod error;
mod events;
mod extra_fields;
mod groups;
mod invariants;
mod names;
mod order_search;
mod orders;
mod page;
mod search;
mod stores;
mod tokens;

pub use access::{ReadAccess, StoreAccess};
pub use contacts::{ReadContacts, WriteContacts};
pub use copy::{
    CustomerLimit, EventPlace, NextIds, ReadCopy, StoreSize, StoredCustomer, StoredEvent, StoredToken,
    WriteCopy,
};
pub use customer_document::{InvalidDocument, decode_customer, decode_extra_fields, encode_customer};
pub use customers::{ReadCustomers, WriteCustomers};
pub use engine::{Engine, EngineHealth, ReadOperation, ReadTx, WriteOperation, WriteTx};
pub use error::StoreError;
pub use events::WriteEvents;
pub use extra_fields::{ReadExtraFields, WriteExtraFields};
pub use groups::{ReadGroups, WriteGroups};
pub use invariants::{Invariant, Violation};
pub use names::{NamedRow, NamedRows, NamesCheck};
pub use order_search::ReadOrderSearch;
pub use orders::{ReadOrders, WriteOrders};
pub use page::{Page, PageRequest};
pub use search::ReadSearch;
pub use stores::{ReadStores, WriteStores};
pub use tokens::{ReadTokens, WriteTokens};
