//! Which stores have what is looked for.

use rusqlite::Connection;
use shopfolk_model::StoreId;
use shopfolk_store::{StoreError, StoresWith};

use crate::connection::doing;

/// The first store behind another one, by id, that has what is looked for.
pub(crate) fn next_store_with(
    connection: &Connection,
    what: StoresWith,
    after: Option<StoreId>,
) -> Result<Option<StoreId>, StoreError> {
    let sql = match what {
        StoresWith::UnfinishedBatches => "SELECT min(store_id) FROM unfinished_batches WHERE store_id > ?1",
        StoresWith::Batches => "SELECT min(store_id) FROM batches WHERE store_id > ?1",
        StoresWith::OldTextKeys => "SELECT min(store_id) FROM stores_with_old_keys WHERE store_id > ?1",
    };
    let after = after.map_or(i64::MIN, StoreId::get);
    let store: Option<i64> = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([after], |row| row.get(0)))
        .map_err(doing("look for stores"))?;
    Ok(store.and_then(|store| StoreId::new(store).ok()))
}
