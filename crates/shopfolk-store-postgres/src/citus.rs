//! Distributing the tables over the workers of Citus, by store.
//!
//! All tables are distributed by `store_id` and lie together (colocated): everything that one transaction touches is on one
//! worker, and the foreign keys stay within a shard. Foreign keys are taken off first and put back at the end, because a
//! table that is distributed cannot be referred to by one that is not yet. Each step is a transaction of its own, as
//! Citus wants it for tables with rows in them; what was interrupted goes on when it is asked for again.

use std::fmt;

use shopfolk_model::Store;
use shopfolk_store::{CustomerRow, Record, Reference, StoreError, TABLES, Table};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::failure::doing;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The tables that were distributed now.
    pub distributed: Vec<&'static str>,
    /// The tables that were distributed before.
    pub already: Vec<&'static str>,
}

/// The tables that this engine has besides the described ones: each hangs on one of those, by the column beside the
/// store's id where it is not the store itself.
const OWN_TABLES: &[(&str, &str, Option<&str>)] = &[
    ("counters", Store::TABLE.name, None),
    ("customer_counts", Store::TABLE.name, None),
    ("customer_search", CustomerRow::TABLE.name, Some("customer_id")),
];

/// All tables, that of the stores first: it decides where the others lie.
fn tables() -> impl Iterator<Item = &'static str> + Clone {
    TABLES.iter().map(|table| table.name).chain(OWN_TABLES.iter().map(|(table, ..)| *table))
}

/// The foreign keys that the migrations make: each table, and the rule as the database tells it. Columns that may name
/// nothing have none, and neither have events, which are kept whatever becomes of their store.
pub fn foreign_keys() -> Vec<(&'static str, String)> {
    let of_table = |table: &&'static Table| {
        let of_store =
            (table.owner.is_none() && table.lifecycle.is_some()).then_some((Store::TABLE.name, None));
        let of_owner = table.owner.map(|owner| (owner.table, Some(owner.column)));
        let always_names = |reference: &&Reference| {
            let column = table.columns.iter().find(|column| column.name == reference.column);
            reference.none.is_none() && column.is_some_and(|column| !column.nullable)
        };
        let named = table.references.iter().filter(always_names);
        let named = named.map(|reference| (reference.table, Some(reference.column)));
        let name = table.name;
        of_store.into_iter().chain(of_owner).chain(named).map(move |(of, column)| (name, of, column))
    };
    let rule = |(table, of, column): (&'static str, &str, Option<&str>)| {
        let columns = column.map_or("store_id".to_owned(), |column| format!("store_id, {column}"));
        (table, format!("FOREIGN KEY ({columns}) REFERENCES {of}({columns})"))
    };
    TABLES.iter().flat_map(of_table).chain(OWN_TABLES.iter().copied()).map(rule).collect()
}

/// Distributes every table that is not distributed yet.
///
/// # Errors
/// When the extension is not there, or refuses.
pub(crate) async fn distribute(client: &Client) -> Result<Distribution, StoreError> {
    let looking = doing("look for the extension citus");
    let extension = client
        .query_typed_opt("SELECT extversion FROM pg_extension WHERE extname = 'citus'", &[])
        .await
        .map_err(&looking)?;
    if extension.is_none() {
        let source = "the extension citus is not in this database; 'CREATE EXTENSION citus' makes it".into();
        return Err(StoreError::Database { doing: "distribute the tables", source });
    }
    let mut distribution = Distribution { distributed: Vec::new(), already: Vec::new() };
    for table in tables() {
        let found = client
            .query_typed_opt(
                "SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass($1) AND partmethod = 'h'",
                &[(&table, Type::TEXT)],
            )
            .await
            .map_err(&looking)?;
        if found.is_some() { &mut distribution.already } else { &mut distribution.distributed }.push(table);
    }
    if !distribution.distributed.is_empty() {
        for (table, rule) in foreign_keys() {
            if let Some(name) = name_of(client, table, &rule).await? {
                execute(client, &format!("ALTER TABLE {table} DROP CONSTRAINT {name}")).await?;
            }
        }
        for table in &distribution.distributed {
            let together = if Some(*table) == tables().next() { "none" } else { "stores" };
            execute(
                client,
                &format!(
                    "SELECT create_distributed_table('{table}', 'store_id', colocate_with => '{together}')"
                ),
            )
            .await?;
        }
    }
    for (table, rule) in foreign_keys() {
        if name_of(client, table, &rule).await?.is_none() {
            execute(client, &format!("ALTER TABLE {table} ADD {rule}")).await?;
        }
    }
    Ok(distribution)
}

/// The name of a foreign key, where it is there. Names follow from nothing, so it is found by what it joins.
async fn name_of(client: &Client, table: &str, rule: &str) -> Result<Option<String>, StoreError> {
    let found = client
        .query_typed_opt(
            "SELECT quote_ident(conname) FROM pg_constraint
              WHERE conrelid = to_regclass($1) AND pg_get_constraintdef(oid) = $2",
            &[(&table, Type::TEXT), (&rule, Type::TEXT)],
        )
        .await
        .map_err(doing("look for a foreign key"))?;
    found.map(|row| row.try_get(0)).transpose().map_err(doing("look for a foreign key"))
}

async fn execute(client: &Client, statement: &str) -> Result<(), StoreError> {
    tracing::debug!(statement, "distributing the tables");
    client.batch_execute(statement).await.map_err(doing("distribute the tables"))
}

impl fmt::Display for Distribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.distributed[..] {
            [] => formatter.write_str("all tables were distributed already"),
            tables => write!(formatter, "distributed by store_id: {}", tables.join(", ")),
        }
    }
}
