//! The pages over HTTP: the real router on a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod contacts;
mod customers;
mod support;
mod texts;
