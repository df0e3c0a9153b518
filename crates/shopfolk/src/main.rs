//! The program: command line, configuration, wiring, telemetry.
//!
//! Data goes to stdout; logs, notes and errors go to stderr. An error is one line that says what is wrong and what to
//! do; the exit status is 2 when the command line is wrong, 130 or 143 when a signal stopped a command before its end, and 1 when
//! something else is wrong.
//!
//! To add a command: a file of its name with its arguments and its `run`, its variant in [`Command`], and its arm in `run`.

mod any_engine;
mod app;
mod app_webhooks;
mod arguments;
mod background;
mod check;
mod clock;
mod copy;
mod database;
mod demo;
mod export;
mod failure;
mod format;
mod generate;
mod health;
mod import;
mod lab;
mod migrate;
mod migration_progress;
mod openapi;
mod output;
mod owner;
mod private_file;
mod progress;
mod random;
mod rebuild;
mod secret_key;
mod serve;
mod server;
mod shutdown;
mod store;
mod telemetry;
mod test_clock;
mod tls;
mod token;
mod webhooks;
mod whole_file;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use mimalloc::MiMalloc;

use crate::arguments::{Arguments, Command};
use crate::database::DatabaseUrl;

// Many threads take and give back small pieces of memory: with the allocator of the C library contacts were created and
// customers read a tenth slower.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => run(arguments).unwrap_or_else(|error| failure::report(&error)),
        Err(error) => failure::report_arguments(&error),
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let password = std::env::var("PGPASSWORD").ok();
    let database = arguments.database.as_deref().map(DatabaseUrl::parse).transpose()?;
    let database = database.map(|database| database.with_default_password(password.as_deref()));
    match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments, database),
        Command::Store(command) => store::run(command, &database.unwrap_or_default()),
        Command::Token(command) => token::run(command, &database.unwrap_or_default()),
        Command::App(command) => app::run(command, &database.unwrap_or_default()),
        Command::Owner(command) => owner::run(command, &database.unwrap_or_default()),
        Command::Webhooks(command) => webhooks::run(command, &database.unwrap_or_default()),
        Command::Lab(command) => lab::run(&command, &database.unwrap_or_default()),
        Command::Clock(command) => test_clock::run(&command, &database.unwrap_or_default()),
        Command::Copy(arguments) => copy::run(&arguments, password.as_deref()),
        Command::Import(arguments) => import::run(&arguments, &database.unwrap_or_default()),
        Command::Export(arguments) => export::run(&arguments, &database.unwrap_or_default()),
        Command::Generate(arguments) => generate::run(&arguments, &database.unwrap_or_default()),
        Command::Check => check::run(&database.unwrap_or_default()),
        Command::Rebuild => rebuild::run(&database.unwrap_or_default()),
        Command::Migrate(arguments) => migrate::run(&arguments, &database.unwrap_or_default()),
        Command::Health(arguments) => health::run(&arguments),
        Command::Openapi => openapi::run(),
    }
}
