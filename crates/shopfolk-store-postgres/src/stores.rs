//! Stores.

use sha2::{Digest, Sha256};
use shopfolk_model::{Store, StoreId, StoreName, Timestamp};
use shopfolk_store::{Page, PageRequest, ReadStores, StoreError, WriteStores};
use tokio_postgres::Row;

use crate::failure::Failure;
use crate::listener::CHANNEL;
use crate::parameter::parameters_of;
use crate::row::{Place, count};
use crate::session::{Session, Step};
use crate::tx::{Access, Lock, PostgresTx, PostgresWriteTx};

/// Reads `store_id, name, suspended, created`.
pub(crate) fn read_store(row: &Row) -> Result<Store, StoreError> {
    let id: i64 = row.try_get("store_id").unwrap_or_default();
    let place = Place { row, table: "stores", key: format!("store {id}") };
    Ok(Store {
        id: place.read("store_id", StoreId::new)?,
        name: place.read("name", |name: &str| StoreName::new(name))?,
        suspended: place.get("suspended")?,
        created: place.read("created", Timestamp::from_unix_seconds)?,
    })
}

/// What is locked while a store, which may not be there yet, or its tokens change.
pub(crate) fn store_lock(store: StoreId) -> Lock {
    lock_for("store", store, "")
}

/// The number that stands for something of a store that may not be there yet.
pub(crate) fn lock_for(kind: &str, store: StoreId, key: &str) -> Lock {
    let digest = Sha256::digest(format!("{kind} {store} {key}"));
    let first = digest.first_chunk().copied().unwrap_or_default();
    Lock::Number(i64::from_be_bytes(first))
}

impl<A: Access> ReadStores for PostgresTx<'_, A> {
    async fn lookup_store(&mut self) -> Result<Option<Store>, StoreError> {
        let lock = self.access.lock(self.store, store_lock(self.store));
        let find = Step::Run {
            what: "find a store",
            sql: "SELECT store_id, name, suspended, created FROM stores WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(find)]).await?;
        found.rows.first().map(read_store).transpose()
    }
}

impl WriteStores for PostgresWriteTx<'_> {
    async fn add_store(&mut self, store: &Store) -> Result<(), StoreError> {
        self.write(
            "add a store",
            "INSERT INTO stores (store_id, name, suspended, created) VALUES ($1, $2, $3, $4)",
            parameters_of![
                self.store.get(),
                store.name.as_str(),
                store.suspended,
                store.created.unix_seconds()
            ],
        );
        self.write(
            "add the counters of a store",
            "INSERT INTO counters (store_id, next_token_id, next_customer_id, next_contact_id, next_event_id)
             VALUES ($1, 1, 1, 1, 1)",
            parameters_of![self.store.get()],
        );
        self.access.created_store = true;
        Ok(())
    }

    async fn set_suspended(&mut self, suspended: bool) -> Result<bool, StoreError> {
        let changed = self
            .change(
                "suspend or resume a store",
                "UPDATE stores SET suspended = $2 WHERE store_id = $1",
                parameters_of![self.store.get(), suspended],
            )
            .await?;
        self.tell_access_changed();
        Ok(changed == 1)
    }
}

impl PostgresWriteTx<'_> {
    /// Tells every node with the commit that what it remembers of the store's tokens is old.
    pub(crate) fn tell_access_changed(&mut self) {
        self.write(
            "tell the other nodes",
            "SELECT pg_notify($1, $2)",
            parameters_of![CHANNEL, self.store.to_string()],
        );
    }
}

/// The stores of the database, by id.
pub(crate) async fn list_stores(session: &Session, page: PageRequest) -> Result<Page<Store>, Failure> {
    let steps = [
        Step::Run {
            what: "count the stores",
            sql: "SELECT count(*) FROM stores",
            parameters: Vec::new(),
            touches: None,
        },
        Step::Run {
            what: "list the stores",
            sql: "SELECT store_id, name, suspended, created FROM stores ORDER BY store_id LIMIT $1 OFFSET $2",
            parameters: parameters_of![i64::from(page.limit), offset(page)],
            touches: None,
        },
    ];
    let answers = session.send(&steps).await.map_err(|(_, error)| Failure::of("list the stores", error))?;
    let rows = |number: usize| answers.get(number).map_or(&[][..], |answer| &answer.rows);
    let items = rows(1).iter().map(read_store).collect::<Result<_, _>>();
    let items = items.map_err(|error| Failure::Final { error })?;
    Ok(Page { total: count(rows(0).first()), items })
}

/// The lowest id above those of all stores.
pub(crate) async fn next_store_id(session: &Session) -> Result<StoreId, Failure> {
    let step = Step::Run {
        what: "find the highest store id",
        sql: "SELECT max(store_id) FROM stores",
        parameters: Vec::new(),
        touches: None,
    };
    let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of("find a store id", error))?;
    let row = answers.first().and_then(|answer| answer.rows.first());
    let highest: Option<i64> = row.and_then(|row| row.get(0));
    StoreId::new(highest.map_or(1, |highest| highest + 1))
        .map_err(|_| Failure::Final { error: StoreError::OutOfIds { kind: "store" } })
}

/// The offset as the database counts; one beyond its range passes over every row there can be.
pub(crate) fn offset(page: PageRequest) -> i64 {
    i64::try_from(page.offset).unwrap_or(i64::MAX)
}
