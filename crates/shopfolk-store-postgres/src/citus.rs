//! Distributing the tables over the workers of Citus, by store.
//!
//! All tables are distributed by `store_id` and lie together (colocated): everything that one transaction touches is on one
//! worker, and the foreign keys stay within a shard. Foreign keys are taken off first and put back at the end, because a
//! table that is distributed cannot be referred to by one that is not yet. Each step is a transaction of its own, as
//! Citus wants it for tables with rows in them; what was interrupted goes on when it is asked for again.

use std::fmt;

use shopfolk_store::{StoreError, TABLES};
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

/// The tables that this engine has besides the described ones.
const OWN_TABLES: &[&str] = &["counters", "customer_counts", "customer_search"];

/// All tables, that of the stores first: it decides where the others lie.
fn tables() -> impl Iterator<Item = &'static str> + Clone {
    TABLES.iter().map(|table| table.name).chain(OWN_TABLES.iter().copied())
}

/// The foreign keys: the name, the table, the columns, the table that they refer to.
const FOREIGN_KEYS: &[(&str, &str, &str, &str)] = &[
    ("counters_of_store", "counters", "store_id", "stores"),
    ("customer_counts_of_store", "customer_counts", "store_id", "stores"),
    ("tokens_of_store", "tokens", "store_id", "stores"),
    ("customers_of_store", "customers", "store_id", "stores"),
    ("details_of_customer", "customer_details", "store_id, customer_id", "customers"),
    ("customer_groups_of_store", "customer_groups", "store_id", "stores"),
    ("customer_extra_fields_of_store", "customer_extra_fields", "store_id", "stores"),
    ("extra_field_values_of_customer", "customer_extra_field_values", "store_id, customer_id", "customers"),
    (
        "extra_field_values_of_field",
        "customer_extra_field_values",
        "store_id, extra_field_id",
        "customer_extra_fields",
    ),
    ("orders_of_store", "orders", "store_id", "stores"),
    ("products_of_order", "order_products", "store_id, order_number", "orders"),
    ("statistics_of_customer", "order_statistics", "store_id, customer_id", "customers"),
    ("search_of_customer", "customer_search", "store_id, customer_id", "customers"),
    ("contacts_of_customer", "contacts", "store_id, customer_id", "customers"),
];

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
        for (name, table, ..) in FOREIGN_KEYS {
            execute(client, &format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")).await?;
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
    for (name, table, columns, of) in FOREIGN_KEYS {
        let found = client
            .query_typed_opt(
                "SELECT 1 FROM pg_constraint WHERE conname = $1 AND conrelid = to_regclass($2)",
                &[(name, Type::TEXT), (table, Type::TEXT)],
            )
            .await
            .map_err(&looking)?;
        if found.is_none() {
            let rule = format!("FOREIGN KEY ({columns}) REFERENCES {of} ({columns})");
            execute(client, &format!("ALTER TABLE {table} ADD CONSTRAINT {name} {rule}")).await?;
        }
    }
    Ok(distribution)
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
