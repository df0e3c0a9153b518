//! What a database must offer.
//!
//! An [`Engine`] runs operations, each in one transaction on one store. An operation is a value that says what shall be
//! done ([`ReadOperation`], [`WriteOperation`]); it sees the database through [`ReadTx`] or [`WriteTx`], which offer row
//! operations and nothing more. The store id is given once, when the transaction begins; no row operation takes one, so
//! none can touch another store's rows.
//!
//! What an engine promises:
//! - A write answered with success is on disk. A write that answers with an error has changed nothing,
//!   unless the error is [`StoreError::OutcomeUnknown`].
//! - The writes of one customer behave as if one came after the other.
//! - A read sees every write that was answered before the read began, and nothing of a write that failed.
//! - A write operation may run more than once (after a conflict, or when another one in its batch failed); only the last
//!   run counts. So it takes `&self` and keeps nothing outside the transaction.
//! - Ids are never given twice.
//!
//! A stored record is described once, with [`record!`]: its table, its columns and how they map to the model. Row operations,
//! copies, checksums, the part of a check that any table needs, and counters follow from the description. `docs/schema.md`
//! lists the tables.
//!
//! To add a resource: a file here that describes its record, its line in [`TABLES`], a migration in every engine, its
//! operations and their cases in the conformance suite. What is hot or particular is a trait here (`ReadX`, `WriteX`), with
//! its SQL in the file of the same name in every engine. `CONTRIBUTING.md` has all the steps.

mod app_document;
mod apps;
mod background;
mod batches;
mod budget;
mod check;
mod contacts;
mod contacts_part;
mod copy;
mod customer_document;
mod customers;
mod damage;
mod engine;
mod error;
mod events;
mod extra_fields;
mod groups;
mod id_kind;
mod installations;
mod invariants;
mod migration_step;
mod order_search;
mod orders;
mod owners;
mod page;
mod places;
mod record;
mod rows;
mod search;
mod state_before;
mod stores;
mod table;
mod tables;
mod tokens;
mod turns;
mod value;
mod webhooks;
mod writes;

pub use background::{BackgroundTask, Schedule};
pub use batches::{
    BATCHES_BY_DEDUPLICATION_KEY, BATCHES_BY_TICKET, BatchClaim, StoredBatch, StoredBatchAnswer,
    StoredBatchRequest, StoresWith, UnfinishedBatch, insert_batches, list_stored_batches,
};
pub use budget::{BUDGET, Budget, PORTION, Pace};
pub use check::{CheckSource, check_rows, check_tables};
pub use contacts::{
    BookToAdd, FoundContacts, ONE_DEFAULT_CONTACT, ReadContacts, StoredContact, WriteContacts,
    searched_beside, stored_key,
};
pub use contacts_part::{ContactPlace, ContactsPart, ContactsRequest, ListedContactsPart};
pub use copy::{Aggregate, CopyOperation, CopyTx, ReadCopy, StoreSize, StoredRow, replace};
pub use customers::{
    CUSTOMERS_BY_EMAIL, CUSTOMERS_BY_EXTERNAL_REFERENCE, ContactsOf, CustomerRow, LookedUpCustomers,
    ReadCustomers, Searched, StoredCustomer, StoredDetails, WriteSearched, delete_customers,
    find_customer_by_email, find_customers, get_customer, insert_customers, list_stored_customers,
    look_up_customers, measure_customers, update_customers,
};
pub use damage::{DAMAGED_ROWS, Damage, Listed};
pub use engine::{Engine, EngineHealth, ReadOperation, ReadTx, WriteOperation, WriteTx};
pub use error::StoreError;
pub use events::{LatestEvents, ReadEvents, StoredEvent, WriteEvents};
pub use extra_fields::{EXTRA_FIELDS_BY_KEY, StoredExtraFieldValue};
pub use id_kind::{CountedId, IdKind, NextIds, NumberedId};
pub use invariants::{Invariant, Violation};
pub use migration_step::MigrationStep;
pub use order_search::{BoughtProducts, ReadOrderSearch};
pub use orders::{
    ORDERS_BY_KEY, ReadOrders, StoredOrderProduct, StoredStatistics, WriteOrders, folded_email, get_order,
    get_orders, get_short_orders, insert_orders, list_orders, measure_orders,
};
pub use owners::OWNERS_BY_EMAIL;
pub use page::{Page, PageRequest, PageStart};
pub use places::{Place, Places};
pub use record::{Columns, Record, RecordKey, Row, RowReader};
pub use rows::{Change, OneId, Portion, Query, ReadRows, WalkPosition, Which, WriteRows};
pub use search::{ReadSearch, list_shipping_places};
pub use state_before::StateBefore;
pub use stores::{StoreAccess, find_access};
pub use table::{Column, Dialect, Guard, Lifecycle, OnlyRows, Owner, Reference, Role, Table, Unique};
pub use tables::TABLES;
pub use tokens::{StoredToken, TOKENS_BY_HASH, TOKENS_OF_APP};
pub use turns::{Length, Turn, Turns};
pub use value::{ColumnType, Derived, IntoValue, JsonObject, Made, Stored, Value};
pub use webhooks::{ListeningStores, ReadDeliveries};
pub use writes::WriteListener;
