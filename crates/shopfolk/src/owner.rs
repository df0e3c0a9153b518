//! `shopfolk owner`: who owns a store, and lets apps in.

use std::io::{IsTerminal, Read, stdin};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use serde_json::json;
use shopfolk_api::Clock;
use shopfolk_model::{Actor, EmailAddress, Owner, Password, PasswordHash, StoreId};
use shopfolk_operations::{ChangePassword, CreateOwner, DeleteOwner, ListOwners, hash_password};
use shopfolk_store::Engine;

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::{UsageError, explain};
use crate::output;
use crate::random::new_random;

/// What can be done with owners.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Gives a store an owner, who signs in with an e-mail address and a password
    ///
    /// The password is asked for at the terminal, or read from stdin where that is none.
    #[command(
        after_help = "Example:\n  shopfolk owner create --store 1 --email anna@example.com < password-file"
    )]
    Create(Which),
    /// Lists the owners of a store
    List(List),
    /// Gives an owner another password, and signs them out everywhere
    ChangePassword(Which),
    /// Takes an owner from a store, and signs them out everywhere
    Delete(Which),
}

/// An owner of a store.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The e-mail address
    #[arg(long, env = "SHOPFOLK_OWNER_EMAIL", value_parser = |text: &str| EmailAddress::new(text))]
    email: EmailAddress,
}

/// How the owners are listed.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// As JSON instead of a table
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn run(command: Command, database: &DatabaseUrl) -> Result<ExitCode> {
    let now = SystemClock.now();
    match command {
        Command::Create(Which { store, email }) => {
            let create = CreateOwner { store, email: email.clone(), password: new_password()?, now };
            database.with(Purpose::Use, |engine| async move {
                engine.write(store, Actor::CommandLine, create).await.map_err(explain)
            })?;
            output::note(&format!("{email} owns store {store} now."));
        }
        Command::ChangePassword(Which { store, email }) => {
            let change = ChangePassword { email: email.clone(), password: new_password()?, now };
            database.with(Purpose::Use, |engine| async move {
                engine.write(store, Actor::CommandLine, change).await.map_err(explain)
            })?;
            output::note(&format!("The password of {email} is changed, and all sessions are ended."));
        }
        Command::Delete(Which { store, email }) => {
            let delete = DeleteOwner { email: email.clone(), now };
            database.with(Purpose::Use, |engine| async move {
                engine.write(store, Actor::CommandLine, delete).await.map_err(explain)
            })?;
            output::note(&format!("{email} does not own store {store} any more."));
        }
        Command::List(List { store, json }) => {
            let listed = database.with(Purpose::Use, |engine| async move {
                engine.read(store, ListOwners { store }).await.map_err(explain)
            })?;
            output::print(&if json { as_json(&listed.items)? } else { as_table(&listed.items) })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks for a new password and hashes it.
fn new_password() -> Result<PasswordHash> {
    let text = if stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        let again = rpassword::prompt_password("Once more: ").context("cannot read the password")?;
        if password != again {
            return Err(UsageError("the passwords are not the same".to_owned()).into());
        }
        password
    } else {
        read_line()?
    };
    let password = Password::new(text).map_err(|error| UsageError(error.to_string()))?;
    Ok(hash_password(&password, &mut new_random()?)?)
}

/// The first line of stdin.
fn read_line() -> Result<String> {
    let mut text = String::new();
    let most = u64::try_from(2 * Password::MAXIMUM_LENGTH).unwrap_or(u64::MAX);
    stdin().take(most).read_to_string(&mut text).context("cannot read the password from stdin")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn as_table(owners: &[Owner]) -> String {
    let row = |owner: &Owner| [owner.id.to_string(), owner.created.to_string(), owner.email.to_string()];
    output::table(["ID", "CREATED", "EMAIL"], &owners.iter().map(row).collect::<Vec<_>>())
}

fn as_json(owners: &[Owner]) -> Result<String> {
    let owner = |owner: &Owner| json!({"id": owner.id.get(), "email": owner.email.as_str(), "created": owner.created.to_string()});
    Ok(serde_json::to_string_pretty(&owners.iter().map(owner).collect::<Vec<_>>())?)
}
