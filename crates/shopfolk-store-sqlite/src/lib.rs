//! The embedded engine: SQLite in the program, with group commit.
//!
//! One writer thread owns the write connection. It takes as many waiting operations as there are, runs them in one
//! transaction, commits once (`synchronous=FULL`: one fsync for all of them), and only then answers. Reader threads
//! serve snapshots from connections that cannot write. Both queues are bounded; a full one answers at once.
//!
//! # Recent contacts
//!
//! A created contact belongs beside the other contacts of its customer, which is somewhere in a large tree: writing it
//! there costs a page in the log and a page at the next checkpoint, for a hundred bytes. So a create appends its row to
//! `recent_contacts`, whose rows lie in the order they came, and remembers it in memory (`recent.rs`). Later, and for
//! many contacts of one customer at once, the rows move to `contacts` (`settle.rs`). Every other write to a customer
//! settles that customer first and then works on the tables alone, so that only creating has two places to look.
//!
//! A customer's row says up to which contact id its recent contacts are settled (`settled_through`). A reader of the row
//! knows exactly which recent contacts to add to what the tables say, whether they come from memory (the server) or from
//! the table (after a crash, or in another process). Nothing is acknowledged before its row in
//! `recent_contacts` is on disk.
//!
//! Rows are found and written by statements that follow from the descriptions of the tables (`statements.rs`, `rows.rs`). To
//! add a resource: a migration, and what is hot or particular in a file of its name here.

mod batches;
mod check;
mod checkpoint;
mod commits;
mod connection;
mod contacts;
mod copy;
mod counters;
mod customers;
mod engine;
mod events;
mod file;
mod file_watch;
mod give_way;
mod measures;
mod migrations;
mod order_search;
mod orders;
mod pause;
mod portions;
mod probe;
mod reader;
mod rearrangements;
mod recent;
mod recent_of_server;
mod recent_rows;
mod rows;
mod search;
mod settings;
mod settle;
mod sql_values;
mod statements;
mod stores;
mod tx;
mod waiting_reads;
mod webhooks;
mod write_health;
mod writer;

pub use connection::KEPT_STATEMENTS;
pub use engine::SqliteEngine;
pub use settings::SqliteSettings;
pub use statements::made_statements;
