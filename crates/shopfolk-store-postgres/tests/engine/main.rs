//! The engine on a real PostgreSQL, started for the run of the tests and thrown away after it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod access_changes;
mod conformance;
mod damage;
mod damaged_lists;
mod damaged_portions;
mod ids;
mod lost_commits;
mod migrations;
mod order_search;
mod orders;
mod round_trips;
mod statements;
mod support;
mod tables;
mod turns;
