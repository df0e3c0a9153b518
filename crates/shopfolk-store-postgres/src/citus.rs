//! Distributing the tables over the workers of Citus, by store.
//!
//! All tables are distributed by `store_id` and lie together (colocated): whatever one transaction touches is on one
//! worker, and the foreign keys stay within a shard. Foreign keys are taken off first and put back at the end, because a
//! table that is distributed cannot be referred to by one that is not yet. Each step is a transaction of its own, as
//! Citus wants it for tables with rows in them; what was interrupted goes on when it is asked for again.

use std::fmt;

use shopfolk_store::StoreError;
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

/// A table, and the statement that distributes it. The first one decides where the others lie.
const TABLES: &[(&str, &str)] = &[
    ("stores", "SELECT create_distributed_table('stores', 'store_id', colocate_with => 'none')"),
    ("counters", "SELECT create_distributed_table('counters', 'store_id', colocate_with => 'stores')"),
    (
        "customer_counts",
        "SELECT create_distributed_table('customer_counts', 'store_id', colocate_with => 'stores')",
    ),
    ("tokens", "SELECT create_distributed_table('tokens', 'store_id', colocate_with => 'stores')"),
    ("customers", "SELECT create_distributed_table('customers', 'store_id', colocate_with => 'stores')"),
    (
        "customer_details",
        "SELECT create_distributed_table('customer_details', 'store_id', colocate_with => 'stores')",
    ),
    (
        "customer_groups",
        "SELECT create_distributed_table('customer_groups', 'store_id', colocate_with => 'stores')",
    ),
    (
        "customer_extra_fields",
        "SELECT create_distributed_table('customer_extra_fields', 'store_id', colocate_with => 'stores')",
    ),
    (
        "customer_extra_field_values",
        "SELECT create_distributed_table('customer_extra_field_values', 'store_id', colocate_with => 'stores')",
    ),
    ("orders", "SELECT create_distributed_table('orders', 'store_id', colocate_with => 'stores')"),
    (
        "order_products",
        "SELECT create_distributed_table('order_products', 'store_id', colocate_with => 'stores')",
    ),
    (
        "order_statistics",
        "SELECT create_distributed_table('order_statistics', 'store_id', colocate_with => 'stores')",
    ),
    (
        "customer_search",
        "SELECT create_distributed_table('customer_search', 'store_id', colocate_with => 'stores')",
    ),
    ("contacts", "SELECT create_distributed_table('contacts', 'store_id', colocate_with => 'stores')"),
    ("events", "SELECT create_distributed_table('events', 'store_id', colocate_with => 'stores')"),
];

/// A foreign key: its name, its table, and what it says.
struct ForeignKey {
    name: &'static str,
    table: &'static str,
    rule: &'static str,
}

const FOREIGN_KEYS: &[ForeignKey] = &[
    ForeignKey {
        name: "counters_of_store",
        table: "counters",
        rule: "FOREIGN KEY (store_id) REFERENCES stores (store_id)",
    },
    ForeignKey {
        name: "customer_counts_of_store",
        table: "customer_counts",
        rule: "FOREIGN KEY (store_id) REFERENCES stores (store_id)",
    },
    ForeignKey {
        name: "tokens_of_store",
        table: "tokens",
        rule: "FOREIGN KEY (store_id) REFERENCES stores (store_id)",
    },
    ForeignKey {
        name: "customers_of_store",
        table: "customers",
        rule: "FOREIGN KEY (store_id) REFERENCES stores (store_id)",
    },
    ForeignKey {
        name: "details_of_customer",
        table: "customer_details",
        rule: "FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)",
    },
    ForeignKey {
        name: "customer_groups_of_store",
        table: "customer_groups",
        rule: "FOREIGN KEY (store_id) REFERENCES stores (store_id)",
    },
    ForeignKey {
        name: "customer_extra_fields_of_store",
        table: "customer_extra_fields",
        rule: "FOREIGN KEY (store_id) REFERENCES stores (store_id)",
    },
    ForeignKey {
        name: "extra_field_values_of_customer",
        table: "customer_extra_field_values",
        rule: "FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)",
    },
    ForeignKey {
        name: "extra_field_values_of_field",
        table: "customer_extra_field_values",
        rule: "FOREIGN KEY (store_id, extra_field_id) REFERENCES customer_extra_fields (store_id, extra_field_id)",
    },
    ForeignKey {
        name: "orders_of_store",
        table: "orders",
        rule: "FOREIGN KEY (store_id) REFERENCES stores (store_id)",
    },
    ForeignKey {
        name: "products_of_order",
        table: "order_products",
        rule: "FOREIGN KEY (store_id, order_number) REFERENCES orders (store_id, order_number)",
    },
    ForeignKey {
        name: "statistics_of_customer",
        table: "order_statistics",
        rule: "FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)",
    },
    ForeignKey {
        name: "search_of_customer",
        table: "customer_search",
        rule: "FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)",
    },
    ForeignKey {
        name: "contacts_of_customer",
        table: "contacts",
        rule: "FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)",
    },
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
    for &(table, _) in TABLES {
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
        for key in FOREIGN_KEYS {
            execute(client, &format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", key.table, key.name))
                .await?;
        }
        for (_, statement) in TABLES.iter().filter(|(table, _)| distribution.distributed.contains(table)) {
            execute(client, statement).await?;
        }
    }
    for key in FOREIGN_KEYS {
        let found = client
            .query_typed_opt(
                "SELECT 1 FROM pg_constraint WHERE conname = $1 AND conrelid = to_regclass($2)",
                &[(&key.name, Type::TEXT), (&key.table, Type::TEXT)],
            )
            .await
            .map_err(&looking)?;
        if found.is_none() {
            let ForeignKey { name, table, rule } = key;
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
