//! `shopfolk openapi`: what the API is, for programs to read.

use std::process::ExitCode;

use anyhow::{Context, Result};
use shopfolk_store_sqlite::SqliteEngine;

use crate::output;

/// Prints the OpenAPI document.
///
/// # Errors
/// When stdout takes nothing.
pub(crate) fn run() -> Result<ExitCode> {
    let document = shopfolk_api::openapi::<SqliteEngine>()
        .to_pretty_json()
        .context("cannot write the document as JSON")?;
    output::print(&document)?;
    Ok(ExitCode::SUCCESS)
}
