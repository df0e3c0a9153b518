//! The tables, brought up to date when a node starts.

use std::time::Duration;

use shopfolk_store::{PORTION, StoreError, folded_email};
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::failure::doing;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The number of the lock that a node holds while it changes the tables: "shopfolk" in letters.
const LOCK: i64 = 0x7368_6f70_666f_6c6b;

/// How long is waited for another node that changes the tables.
const LOCK_LIMIT: Duration = Duration::from_mins(1);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

const TOO_NEW: &str = "its tables were made by a later release of Shopfolk; use that one";

/// Whether the tables are there, and what they hold is of this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    Missing,
    Old,
    UpToDate,
}

/// Finds out how old the tables are.
///
/// # Errors
/// When the database fails, or its tables were made by a later release.
pub(crate) async fn look(client: &Client) -> Result<Tables, StoreError> {
    let looking = doing("look for the tables");
    let history = client
        .query_typed_one("SELECT to_regclass('refinery_schema_history') IS NOT NULL", &[])
        .await
        .map_err(&looking)?;
    if !history.get::<_, bool>(0) {
        return Ok(Tables::Missing);
    }
    let row = client
        .query_typed_one("SELECT max(version) FROM refinery_schema_history", &[])
        .await
        .map_err(&looking)?;
    let applied: Option<i32> = row.get(0);
    let newest =
        embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max();
    Ok(match (applied, newest) {
        (None, _) => Tables::Missing,
        (Some(applied), Some(newest)) if applied == newest => {
            if orders_to_fold(client).await?.is_empty() {
                Tables::UpToDate
            } else {
                Tables::Old
            }
        }
        (Some(applied), Some(newest)) if applied > newest => {
            return Err(StoreError::Database { doing: "open the database", source: TOO_NEW.into() });
        }
        _ => Tables::Old,
    })
}

/// Brings the tables up to date. Nodes that start at once take turns: `lock` is a connection that holds the lock in a
/// transaction, which a pooler leaves on one server process.
///
/// # Errors
/// When a migration fails, or somebody else does not come to an end.
pub(crate) async fn run(client: &mut Client, lock: &Client) -> Result<(), StoreError> {
    let locking = doing("take the lock for changing the tables");
    let until = Instant::now() + LOCK_LIMIT;
    while !try_to_lock(lock).await.map_err(&locking)? {
        // A node that waits holds no connection of a pooler, because the one that works needs two.
        lock.batch_execute("ROLLBACK").await.map_err(&locking)?;
        if Instant::now() >= until {
            let reason = "another node has been changing the tables for too long";
            return Err(StoreError::Unavailable { reason });
        }
        sleep(LOCK_PAUSE).await;
    }
    // Grouped, because refinery otherwise records a migration in another transaction than it makes it in.
    embedded::migrations::runner()
        .set_grouped(true)
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run_async(client)
        .await
        .map_err(|error| StoreError::Database {
            doing: "bring the tables up to date",
            source: error.into(),
        })?;
    fold_orders(client).await?;
    lock.batch_execute("COMMIT").await.map_err(&locking)
}

/// Folds the e-mail addresses of orders of which that is not done, in portions. What was interrupted goes on at the next
/// start, and orders that a node of an earlier release has written meanwhile are folded then too.
async fn fold_orders(client: &Client) -> Result<(), StoreError> {
    loop {
        let orders = orders_to_fold(client).await?;
        if orders.is_empty() {
            return Ok(());
        }
        for portion in orders.chunk_by(|one, other| one.store == other.store) {
            let store = portion.first().map(|order| order.store);
            let numbers: Vec<i64> = portion.iter().map(|order| order.number).collect();
            let folded: Vec<_> = portion.iter().map(|order| folded_email(&order.email)).collect();
            client
                .query_typed(
                    "UPDATE orders SET folded = addresses.folded
                       FROM unnest($2::bigint[], $3::text[]) AS addresses (order_number, folded)
                      WHERE orders.store_id = $1 AND orders.order_number = addresses.order_number",
                    &[(&store, Type::INT8), (&numbers, Type::INT8_ARRAY), (&folded, Type::TEXT_ARRAY)],
                )
                .await
                .map_err(doing("fold the e-mail addresses of orders"))?;
        }
    }
}

/// An order whose e-mail address is still to be folded.
struct OrderToFold {
    store: i64,
    number: i64,
    email: String,
}

/// A portion of the orders whose e-mail address is still to be folded, by store.
async fn orders_to_fold(client: &Client) -> Result<Vec<OrderToFold>, StoreError> {
    let rows = client
        .query_typed(
            "SELECT store_id, order_number, email
               FROM orders
              WHERE folded IS NULL AND octet_length(email) > char_length(email)
              ORDER BY store_id, order_number
              LIMIT $1",
            &[(&i64::try_from(PORTION).unwrap_or(i64::MAX), Type::INT8)],
        )
        .await
        .map_err(doing("look for orders whose e-mail address is not folded"))?;
    Ok(rows
        .iter()
        .map(|row| OrderToFold { store: row.get(0), number: row.get(1), email: row.get(2) })
        .collect())
}

/// Begins a transaction and takes the lock, if it is free.
async fn try_to_lock(lock: &Client) -> Result<bool, tokio_postgres::Error> {
    lock.batch_execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    let row = lock.query_typed_one("SELECT pg_try_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?;
    Ok(row.get(0))
}

/// Whether the database says of each migration, and of no other, that it was made.
///
/// # Errors
/// When the database fails.
pub(crate) async fn are_recorded(client: &Client) -> Result<bool, StoreError> {
    let sql = "SELECT version, name, checksum FROM refinery_schema_history ORDER BY version";
    let rows = client.query_typed(sql, &[]).await.map_err(doing("check which tables it has"))?;
    let recorded: Vec<_> = rows.iter().map(|row| (row.try_get(0).ok(), text(row, 1), text(row, 2))).collect();
    let runner = embedded::migrations::runner();
    let mut known: Vec<_> = runner
        .get_migrations()
        .iter()
        .map(|made| (Some(made.version()), Some(made.name().to_owned()), Some(made.checksum().to_string())))
        .collect();
    known.sort_unstable();
    Ok(recorded == known)
}

fn text(row: &tokio_postgres::Row, place: usize) -> Option<String> {
    row.try_get(place).ok()
}
