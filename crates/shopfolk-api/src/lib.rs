//! What Shopfolk says on the wire: the customers part of the Ecwid REST API v3.
//!
//! [`router`] makes the API over any engine. A request goes through the frame (request id, time limit, log, metrics),
//! the route table, the access check, which alone gives a handler its store, and the reading of path, query and body,
//! to an operation; its outcome becomes an answer.
//!
//! To add a field: a line in the description of its object (`contact.rs`, `customer.rs`, …), and its use where requests
//! of that object are read, in the same file. The OpenAPI document and the columns of tables follow.
//!
//! To add a call: its objects, described with `wire_object!`; a handler named `verb_resource` in the file of its resource,
//! with `Caller` among its parameters, and its name in `routes.rs`; a case in the test that walks every operation of the
//! OpenAPI document.

mod answer;
mod api_delay;
mod app;
mod application;
mod batch;
mod batch_runner;
mod batch_stream;
mod batched;
mod batches;
mod body;
mod browsers;
mod byte_budget;
mod caller;
mod clock;
mod compression;
mod connection_error;
mod contact;
mod contact_order;
mod contacts;
mod counts;
mod cursor;
mod customer;
mod customer_filters;
mod customer_in;
mod customer_pages;
mod customer_search;
mod customer_stream;
mod customers;
mod docs;
mod error;
mod error_answer;
mod extra_field;
mod extra_fields;
mod fields;
mod frame;
mod from_uri;
mod given;
mod group;
mod groups;
mod home;
mod host;
mod id_stream;
mod imported;
mod json;
mod known_fields;
mod latest_stats;
mod lenient;
mod long_work;
mod mass_change;
mod oauth;
mod openapi;
mod operating;
mod order;
mod order_stream;
mod orders;
pub mod owners;
mod page;
mod parameters;
mod path;
mod peer;
mod person;
mod profile;
mod profile_change;
mod profile_out;
pub mod query;
mod refusal;
mod request_id;
mod request_metrics;
pub mod response_fields;
mod routes;
mod schemas;
mod selecting;
mod settings;
mod sliced;
mod store_record;
mod streamed;
mod table;
mod token_cache;
mod tries;
mod unknown_tokens;
mod webhook_attempt;
mod webhooks;
mod wire;
mod wire_schema;
mod wire_values;

pub use byte_budget::ByteBudget;
pub use clock::Clock;
pub use connection_error::ConnectionError;
pub use contact::{parse_contact_change, parse_new_contact};
pub use cursor::{CursorError, Place};
pub use customer_in::{parse_customer_change, parse_new_customer};
pub use error::{ApiError, ErrorCode, shorten};
pub use imported::{FiledCustomer, fields_of_imported_customer, parse_imported_customer, write_customer};
pub use known_fields::FieldUse;
pub use lenient::{Empty, WrongField};
pub use peer::of_peer;
pub use request_metrics::{REQUEST_DURATION, REQUEST_DURATION_BUCKETS, REQUESTS};
pub use routes::{Api, api, api_with_pages, openapi, router};
pub use settings::{ApiSettings, InvalidRateLimit, RateLimit, ShuttingDown};
pub use store_record::{StoreRecord, write_extra_field, write_group, write_order};
pub use table::{
    CustomerField, CustomerTable, FieldKind, STORE_COLUMN, Said, SaidContact, SaidCustomer, TableHeaderError,
    WrittenCustomer,
};
pub use webhook_attempt::{AttemptOut, RequestShown};
