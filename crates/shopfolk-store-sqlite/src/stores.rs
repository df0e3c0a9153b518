//! The list of stores, which spans them all.

use rusqlite::Connection;
use shopfolk_model::{Store, StoreId};
use shopfolk_store::{Page, PageRequest, Record, Row, StoreError};

use crate::connection::doing;
use crate::sql_values::SqlColumns;

/// The stores of the database, by id.
pub(crate) fn list_stores(connection: &Connection, page: PageRequest) -> Result<Page<Store>, StoreError> {
    let listing = doing("list the stores");
    let total: i64 =
        connection.query_row("SELECT count(*) FROM stores", [], |row| row.get(0)).map_err(&listing)?;
    let mut statement = connection
        .prepare_cached(
            "SELECT name, suspended, created, store_id FROM stores ORDER BY store_id LIMIT ?1 OFFSET ?2",
        )
        .map_err(&listing)?;
    let mut rows = statement.query((page.limit, offset(page))).map_err(&listing)?;
    let mut listed = shopfolk_store::Listed::default();
    while let Some(row) = rows.next().map_err(&listing)? {
        let id: i64 = row.get(3).map_err(&listing)?;
        let Ok(store) = StoreId::new(id) else { continue };
        listed.take(Row { store, table: Store::TABLE, columns: &SqlColumns(row) }.decode());
    }
    Ok(Page { total: total.unsigned_abs(), items: listed.items, damaged: listed.damaged })
}

/// The lowest id above those of all stores.
pub(crate) fn next_store_id(connection: &Connection) -> Result<StoreId, StoreError> {
    let highest: Option<i64> = connection
        .query_row("SELECT max(store_id) FROM stores", [], |row| row.get(0))
        .map_err(doing("find the highest store id"))?;
    StoreId::new(highest.map_or(1, |highest| highest + 1)).map_err(|_| StoreError::OutOfIds { kind: "store" })
}

/// The offset as SQLite counts; one beyond its range passes over every row there can be.
pub(crate) fn offset(page: PageRequest) -> i64 {
    i64::try_from(page.offset).unwrap_or(i64::MAX)
}
