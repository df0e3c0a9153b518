//! The API over HTTP: the real router on a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod contacts;
mod conventions;
mod customers;
mod documents;
mod errors;
mod every_operation;
mod faulty_engine;
mod log;
mod operating;
mod search;
mod support;
