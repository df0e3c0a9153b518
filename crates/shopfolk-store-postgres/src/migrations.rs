//! The tables, brought up to date when a node starts.

use std::time::Duration;

use refinery::{Migration, Target};
use shopfolk_model::email_key;
use shopfolk_store::{MigrationStep, PORTION, StoreError, folded_email};
use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::failure::doing;
use crate::rows::count;
use crate::session::Session;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The number of the lock that a node holds while it changes the tables: "shopfolk" in letters.
const LOCK: i64 = 0x7368_6f70_666f_6c6b;

/// How long is waited before another try to take the lock, for the first time; it doubles from there.
const FIRST_LOCK_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_LOCK_PAUSE: Duration = Duration::from_secs(1);

/// Has the server notice within seconds that this node is gone, be it killed or its machine lost. Otherwise it would first
/// finish the statement it works on, behind the locks of the migration and to undo it, and keep the lock of a machine that
/// says nothing any more for hours. The last setting is one of PostgreSQL 14.
const NOTICE_A_LOST_NODE: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SELECT set_config(name, '1000', false) FROM pg_settings WHERE name = 'client_connection_check_interval'";

const TOO_NEW: &str = "its tables were made by a later release of Shopfolk; use that one";

/// Whether the tables are there, and what they hold is of this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    Missing,
    /// With this migration as their last one, or with orders that are to be folded.
    Old {
        applied: i32,
    },
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
    let Some(applied) = row.get::<_, Option<i32>>(0) else { return Ok(Tables::Missing) };
    let newest = known().last().map_or(0, Migration::version);
    if applied > newest {
        return Err(StoreError::Database { doing: "open the database", source: TOO_NEW.into() });
    }
    if applied < newest || !orders_to_fold(client).await?.is_empty() {
        return Ok(Tables::Old { applied });
    }
    Ok(Tables::UpToDate)
}

/// The migrations of this release, in their order.
fn known() -> Vec<Migration> {
    let mut known = embedded::migrations::runner().get_migrations().clone();
    known.sort_unstable();
    known
}

/// Brings the tables up to date. Nodes that start at once take turns: `lock` is a connection that holds the lock in a
/// transaction, which a pooler leaves on one server process.
///
/// # Errors
/// When a migration fails: those before it are made.
pub(crate) async fn run(
    session: &mut Session,
    lock: &mut Session,
    observe: &mut (dyn FnMut(MigrationStep) + Send),
) -> Result<(), StoreError> {
    for session in [&mut *session, &mut *lock] {
        if session.is_direct()
            && let Err(error) = session.client().batch_execute(NOTICE_A_LOST_NODE).await
        {
            tracing::debug!(%error, "the server does not look whether a node that migrates is there");
        }
    }
    let (client, lock) = (session.client(), lock.client());
    wait_for_lock(lock, observe).await?;
    // Another node may have done it meanwhile.
    let made = match look(client).await? {
        Tables::Missing => None,
        Tables::Old { applied } => Some(applied),
        Tables::UpToDate => return unlock(lock).await,
    };
    let missing: Vec<_> = known().into_iter().filter(|known| Some(known.version()) > made).collect();
    for (before, migration) in missing.iter().enumerate() {
        if made.is_some() {
            let (number, of) = (before + 1, missing.len());
            observe(MigrationStep::Begins { migration: migration.to_string(), number, of });
        }
        make(client, migration).await?;
    }
    fold_orders(client, observe).await?;
    unlock(lock).await
}

/// Makes the next migration.
async fn make(client: &mut Client, migration: &Migration) -> Result<(), StoreError> {
    // Grouped, because that is refinery's promise to make a migration and record it in one transaction.
    embedded::migrations::runner()
        .set_grouped(true)
        .set_target(Target::Version(migration.version()))
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run_async(client)
        .await
        .map(drop)
        .map_err(|error| StoreError::Database { doing: "bring the tables up to date", source: error.into() })
}

/// Folds the e-mail addresses of orders of which that is not done, in portions. What was interrupted goes on at the next
/// start, and orders that a node of an earlier release has written meanwhile are folded then too.
async fn fold_orders(
    client: &Client,
    observe: &mut (dyn FnMut(MigrationStep) + Send),
) -> Result<(), StoreError> {
    let total = count_orders_to_fold(client).await?;
    let mut done = 0;
    loop {
        let orders = orders_to_fold(client).await?;
        if orders.is_empty() && done == 0 {
            return Ok(());
        }
        observe(MigrationStep::Rows { what: "folding the e-mail addresses of orders", done, total });
        if orders.is_empty() {
            return Ok(());
        }
        done += orders.len() as u64;
        for portion in orders.chunk_by(|one, other| one.store == other.store) {
            let store = portion.first().map(|order| order.store);
            let numbers: Vec<i64> = portion.iter().map(|order| order.number).collect();
            let folded: Vec<_> = portion.iter().map(|order| folded_email(&order.email)).collect();
            let keys: Vec<_> = portion.iter().map(|order| email_key(&order.email)).collect();
            client
                .query_typed(
                    "UPDATE orders SET folded = addresses.folded, email_key = addresses.email_key
                       FROM unnest($2::bigint[], $3::text[], $4::text[])
                         AS addresses (order_number, folded, email_key)
                      WHERE orders.store_id = $1 AND orders.order_number = addresses.order_number",
                    &[
                        (&store, Type::INT8),
                        (&numbers, Type::INT8_ARRAY),
                        (&folded, Type::TEXT_ARRAY),
                        (&keys, Type::TEXT_ARRAY),
                    ],
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

async fn count_orders_to_fold(client: &Client) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM orders WHERE folded IS NULL AND octet_length(email) > char_length(email)";
    let counting = doing("count the orders whose e-mail address is not folded");
    client.query_typed_one(sql, &[]).await.map(|row| count(Some(&row))).map_err(counting)
}

/// Waits for the lock, for as long as another node has it: there is no limit, because it goes with the connection of that
/// node, and nobody could do more than wait. Whoever waits can be stopped at any moment.
async fn wait_for_lock(
    lock: &Client,
    observe: &mut (dyn FnMut(MigrationStep) + Send),
) -> Result<(), StoreError> {
    let locking = doing("take the lock for changing the tables");
    let mut pause = FIRST_LOCK_PAUSE;
    while !try_to_lock(lock).await.map_err(&locking)? {
        // A node that waits holds no connection of a pooler, because the one that works needs two.
        lock.batch_execute("ROLLBACK").await.map_err(&locking)?;
        if pause == FIRST_LOCK_PAUSE {
            observe(MigrationStep::Waits);
        }
        sleep(pause).await;
        pause = LONGEST_LOCK_PAUSE.min(pause * 2);
    }
    Ok(())
}

async fn unlock(lock: &Client) -> Result<(), StoreError> {
    lock.batch_execute("COMMIT").await.map_err(doing("give the lock for changing the tables back"))
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
    let known: Vec<_> = known()
        .iter()
        .map(|made| (Some(made.version()), Some(made.name().to_owned()), Some(made.checksum().to_string())))
        .collect();
    Ok(recorded == known)
}

fn text(row: &tokio_postgres::Row, place: usize) -> Option<String> {
    row.try_get(place).ok()
}
