//! The API over HTTP: the real router on a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod batches;
mod browsers;
mod contacts;
mod conventions;
mod customers;
mod documents;
mod errors;
mod every_operation;
mod extra_fields;
mod faulty_engine;
mod flaky_engine;
mod groups;
mod home;
mod large;
mod null_in_creates;
mod oauth;
mod operating;
mod orders;
mod pages;
mod parameters;
mod profile;
mod search;
mod support;
mod texts;
mod unknown_tokens;
mod webhooks;
