//! The scale-out engine: any number of nodes on one PostgreSQL, or on Citus, which shards the same tables by store.
//!
//! A node keeps nothing that others need but ids it has reserved; no node is special. Right under concurrency comes from
//! the database: a write locks its customer's row first, the unique indexes guard what must be unique, and a write that
//! finds another one in its way is run again (`node`). A commit whose connection is lost is looked up, never guessed.
//!
//! Few round trips come from sending statements together (`session`, `tx`): reading a customer's contacts is one,
//! creating a contact two.
//!
//! Every statement names the store, so that Citus sends it to one shard; `tests/statements.rs` holds them to it.
//!
//! Rows are found and written by statements that follow from the descriptions of the tables (`statements.rs`, `rows.rs`). To
//! add a resource: a migration, and what is hot or particular in a file of its name here.

mod address;
mod batches;
mod check;
mod citus;
mod contacts;
mod copy;
mod customers;
mod engine;
mod events;
mod failure;
mod ids;
mod listener;
mod measures;
mod migrations;
mod node;
mod order_search;
mod orders;
mod parameter;
mod places;
mod pool;
mod rows;
mod search;
mod session;
mod settings;
mod statements;
mod stores;
mod tls;
mod tx;
mod webhooks;

pub use address::{InvalidAddress, PostgresAddress};
pub use citus::{Distribution, foreign_keys};
pub use engine::PostgresEngine;
pub use settings::PostgresSettings;
pub use statements::made_statements;
