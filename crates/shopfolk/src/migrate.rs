//! `shopfolk migrate`: the tables of a database, brought up to date.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use clap::builder::BoolishValueParser;

use crate::any_engine::AnyEngine;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::UsageError;
use crate::output;

/// What is done beside bringing the tables up to date.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  shopfolk migrate --citus --database postgres://shopfolk@coordinator/shopfolk")]
pub(crate) struct Arguments {
    /// Distribute the tables by store over the workers of Citus; its extension has to be in the database
    ///
    /// To be run while no server is running on the database. Tables that are distributed already stay as they are.
    #[arg(long, env = "SHOPFOLK_CITUS", value_parser = BoolishValueParser::new())]
    citus: bool,
}

/// Brings the tables up to date, and distributes them if that is asked for.
///
/// # Errors
/// When the database cannot be opened, or has no Citus.
pub(crate) fn run(arguments: &Arguments, database: &DatabaseUrl) -> Result<ExitCode> {
    if arguments.citus && !matches!(database, DatabaseUrl::Postgres(_)) {
        let message = format!("--citus is for a PostgreSQL database, {database} is none; leave it out");
        return Err(UsageError(message).into());
    }
    database.with(Purpose::Create, |engine| async move {
        output::note(&format!("{database}: the tables are up to date"));
        if let (true, AnyEngine::Postgres(engine)) = (arguments.citus, &engine) {
            output::note(&format!("{database}: {}", engine.distribute().await?));
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
