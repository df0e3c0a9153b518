//! Stores.

use rusqlite::{Connection, Row, params};
use shopfolk_model::{Store, StoreId, StoreName, Timestamp};
use shopfolk_store::{Page, PageRequest, ReadStores, StoreError, WriteStores};

use crate::connection::doing;
use crate::row::Place;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

struct StoreRow {
    id: i64,
    name: String,
    suspended: bool,
    created: i64,
}

impl StoreRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, suspended: row.get(2)?, created: row.get(3)? })
    }

    fn store(self) -> Result<Store, StoreError> {
        let place = Place { table: "stores", row: format!("store {}", self.id) };
        Ok(Store {
            id: place.value("store_id", StoreId::new(self.id))?,
            name: place.value("name", StoreName::new(&self.name))?,
            suspended: self.suspended,
            created: place.value("created", Timestamp::from_unix_seconds(self.created))?,
        })
    }
}

impl<A: Access> ReadStores for SqliteTx<'_, A> {
    async fn lookup_store(&mut self) -> Result<Option<Store>, StoreError> {
        self.find(
            "find a store",
            "SELECT store_id, name, suspended, created FROM stores WHERE store_id = ?1",
            [self.store.get()],
            StoreRow::read,
        )?
        .map(StoreRow::store)
        .transpose()
    }
}

impl WriteStores for SqliteWriteTx<'_> {
    async fn add_store(&mut self, store: &Store) -> Result<(), StoreError> {
        self.change(
            "add a store",
            "INSERT INTO stores (store_id, name, suspended, created) VALUES (?1, ?2, ?3, ?4)",
            params![self.store.get(), store.name.as_str(), store.suspended, store.created.unix_seconds()],
        )?;
        Ok(())
    }

    async fn set_suspended(&mut self, suspended: bool) -> Result<bool, StoreError> {
        let changed = self.change(
            "suspend or resume a store",
            "UPDATE stores SET suspended = ?2 WHERE store_id = ?1",
            params![self.store.get(), suspended],
        )?;
        Ok(changed == 1)
    }
}

/// The stores of the database, by id.
pub(crate) fn list_stores(connection: &Connection, page: PageRequest) -> Result<Page<Store>, StoreError> {
    let listing = doing("list the stores");
    let total: i64 =
        connection.query_row("SELECT count(*) FROM stores", [], |row| row.get(0)).map_err(&listing)?;
    let rows: Vec<StoreRow> = connection
        .prepare_cached(
            "SELECT store_id, name, suspended, created FROM stores ORDER BY store_id LIMIT ?1 OFFSET ?2",
        )
        .and_then(|mut statement| statement.query_map((page.limit, offset(page)), StoreRow::read)?.collect())
        .map_err(&listing)?;
    let items = rows.into_iter().map(StoreRow::store).collect::<Result<_, _>>()?;
    Ok(Page { total: total.unsigned_abs(), items })
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
