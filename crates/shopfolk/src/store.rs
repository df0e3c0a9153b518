//! `shopfolk store`: the stores of a database.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use serde_json::json;
use shopfolk_api::Clock;
use shopfolk_model::{Actor, Store, StoreId, StoreKey, StoreName};
use shopfolk_operations::{CreateStore, GetStore, OperationError, SetStoreSuspended};
use shopfolk_store::{Engine, PageRequest};

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::output;
use crate::random::new_random;

/// How many rows are read at once.
const PAGE: u32 = 1_000;

/// What can be done with stores.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a store and prints its id
    #[command(after_help = "Example:\n  shopfolk store create --name 'My shop'")]
    Create(Create),
    /// Lists the stores
    List(List),
    /// Suspends a store: its calls are refused until it is resumed
    Suspend(Which),
    /// Resumes a suspended store
    Resume(Which),
}

/// A store that is to be made.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The id [default: one more than the highest]
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    id: Option<StoreId>,
    /// The name, as the owner knows it
    #[arg(long, env = "SHOPFOLK_STORE_NAME", value_parser = |text: &str| StoreName::new(text))]
    name: StoreName,
}

/// How the stores are listed.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// As JSON instead of a table
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// A store that is there.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    id: StoreId,
}

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn run(command: Command, database: &DatabaseUrl) -> Result<ExitCode> {
    match command {
        Command::Create(Create { id, name }) => {
            let id =
                database.with(Purpose::Create, |engine| async move { create(&engine, id, name).await })?;
            output::print(&id.to_string())?;
            output::note(&format!(
                "Store {id} is there. Next: shopfolk token create --store {id} --scopes read_customers,create_customers"
            ));
        }
        Command::List(List { json }) => {
            let stores = database.with(Purpose::Use, |engine| async move { all_stores(&engine).await })?;
            output::print(&if json { as_json(&stores)? } else { as_table(&stores) })?;
        }
        Command::Suspend(Which { id }) => set_suspended(database, id, true)?,
        Command::Resume(Which { id }) => set_suspended(database, id, false)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(engine: &impl Engine, id: Option<StoreId>, name: StoreName) -> Result<StoreId> {
    let id = match id {
        Some(id) => id,
        None => engine.next_store_id().await?,
    };
    let create = CreateStore { id, name, key: new_key()?, now: SystemClock.now() };
    let store = engine.write(id, Actor::CommandLine, create).await.map_err(explain)?;
    Ok(store.id)
}

/// The store with this id.
///
/// # Errors
/// When there is none, or the database fails.
pub(crate) async fn find(engine: &impl Engine, id: StoreId) -> Result<Store> {
    let found = engine.read(id, GetStore).await.context("cannot read the store")?;
    found.ok_or_else(|| explain(OperationError::StoreNotFound { id }))
}

/// A key for a new store.
pub(crate) fn new_key() -> Result<StoreKey> {
    Ok(StoreKey::generate(&mut new_random()?))
}

/// Every store that can be read, read page by page.
pub(crate) async fn all_stores(engine: &impl Engine) -> Result<Vec<Store>> {
    let (mut stores, mut damaged) = (Vec::new(), 0);
    let mut next = Some(PageRequest::at(0, PAGE));
    while let Some(page) = next {
        let listed = engine.list_stores(page).await.context("cannot list the stores")?;
        next = listed.next.map(|store| PageRequest::after(store, PAGE));
        stores.extend(listed.items);
        damaged += listed.damaged;
    }
    if damaged > 0 {
        output::note(&format!("{damaged} stores are damaged and left out: 'shopfolk check' names them."));
    }
    Ok(stores)
}

fn state(store: &Store) -> &'static str {
    if store.suspended { "suspended" } else { "open" }
}

fn as_table(stores: &[Store]) -> String {
    let rows: Vec<_> = stores
        .iter()
        .map(|store| {
            [store.id.to_string(), state(store).to_owned(), store.created.to_string(), one_line(&store.name)]
        })
        .collect();
    output::table(["ID", "STATE", "CREATED", "NAME"], &rows)
}

/// A name can have tabs and line ends in it, a row of a table cannot.
fn one_line(name: &StoreName) -> String {
    name.as_str().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn as_json(stores: &[Store]) -> Result<String> {
    let stores: Vec<_> = stores
        .iter()
        .map(|store| {
            json!({
                "id": store.id.get(),
                "name": store.name.as_str(),
                "suspended": store.suspended,
                "created": store.created.to_string(),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&stores)?)
}

fn set_suspended(database: &DatabaseUrl, id: StoreId, suspended: bool) -> Result<()> {
    let operation = SetStoreSuspended { id, suspended, now: SystemClock.now() };
    database.with(Purpose::Use, |engine| async move {
        engine.write(id, Actor::CommandLine, operation).await.map_err(explain)
    })?;
    let state = if suspended { "suspended: its calls are refused" } else { "open" };
    output::note(&format!("Store {id} is {state}."));
    Ok(())
}
