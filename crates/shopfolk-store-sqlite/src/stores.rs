//! The list of stores, which spans them all but the platform, which is none.

use rusqlite::Connection;
use shopfolk_model::{Store, StoreId};
use shopfolk_store::{Page, PageRequest, Record, Row, StoreError};

use crate::connection::doing;
use crate::sql_values::SqlColumns;

/// The stores of the database, by id.
pub(crate) fn list_stores(
    connection: &Connection,
    page: PageRequest<StoreId>,
) -> Result<Page<Store, StoreId>, StoreError> {
    let listing = doing("list the stores");
    let total: i64 = connection
        .query_row("SELECT count(*) FROM stores WHERE store_id < ?1", [StoreId::PLATFORM.get()], |row| {
            row.get(0)
        })
        .map_err(&listing)?;
    let mut statement = connection
        .prepare_cached(
            "SELECT name, suspended, created, store_key, profile, store_id
               FROM stores
              WHERE store_id > ?1 AND store_id < ?4
              ORDER BY store_id
              LIMIT ?2 OFFSET ?3",
        )
        .map_err(&listing)?;
    let after = page.position().map_or(i64::MIN, |position| position.get());
    let mut rows =
        statement.query((after, reads(&page), offset(&page), StoreId::PLATFORM.get())).map_err(&listing)?;
    let (mut listed, mut last, mut read) = (shopfolk_store::Listed::default(), None, 0);
    let mut next = None;
    while let Some(row) = rows.next().map_err(&listing)? {
        if read == page.limit {
            next = last;
            break;
        }
        read += 1;
        let id: i64 = row.get(5).map_err(&listing)?;
        let Ok(store) = StoreId::new(id) else { continue };
        last = Some(store);
        listed.take(Row { store, table: Store::TABLE, columns: &SqlColumns(row) }.decode());
    }
    Ok(Page { total: total.unsigned_abs(), items: listed.items, damaged: listed.damaged, next })
}

/// The lowest id above those of all stores.
pub(crate) fn next_store_id(connection: &Connection) -> Result<StoreId, StoreError> {
    let highest: Option<i64> = connection
        .query_row("SELECT max(store_id) FROM stores WHERE store_id < ?1", [StoreId::PLATFORM.get()], |row| {
            row.get(0)
        })
        .map_err(doing("find the highest store id"))?;
    StoreId::new(highest.map_or(1, |highest| highest + 1)).map_err(|_| StoreError::OutOfIds { kind: "store" })
}

/// The offset as SQLite counts; one beyond its range passes over every row there can be.
pub(crate) fn offset<P>(page: &PageRequest<P>) -> i64 {
    i64::try_from(page.offset()).unwrap_or(i64::MAX)
}

/// How many entries of a page are read, as SQLite counts.
pub(crate) fn reads<P>(page: &PageRequest<P>) -> i64 {
    i64::try_from(page.reads()).unwrap_or(i64::MAX)
}
