//! What a shop owner sees: server-rendered pages, which work without scripts, ask no other host for anything, and call operations.
//!
//! To add a page: its path in `paths.rs`, its handlers and its template's context in a file of its own, and its line in
//! `routes.rs`. A handler gets the store from `visitor::Visitor` or `visitor::Sent` and from nowhere else; `Sent` has seen that
//! the form is one of ours.

mod admin;
mod apps;
mod assets;
mod chart;
mod contact_form;
mod contact_link;
mod contact_type;
mod contacts;
mod customer;
mod customer_form;
mod customer_list;
mod extra_fields;
mod groups;
mod home;
mod layout;
mod many;
mod new_customer;
mod orders;
mod page;
mod page_error;
mod paths;
mod query;
mod refusal;
mod routes;
mod sign_in;
mod visitor;

pub use paths::TEMPLATES;
pub use routes::pages;
