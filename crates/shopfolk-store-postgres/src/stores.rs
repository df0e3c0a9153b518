//! Stores.

use shopfolk_model::{Store, StoreId};
use shopfolk_store::{Columns, Listed, Page, PageRequest, Record, Row, StoreError, Stored};

use crate::failure::Failure;
use crate::listener::CHANNEL;
use crate::parameter::parameters_of;
use crate::rows::{SqlColumns, count};
use crate::session::{Session, Step};
use crate::tx::PostgresWriteTx;

impl PostgresWriteTx<'_> {
    /// Tells every node with the commit that what it remembers of the store's tokens is old.
    pub(crate) fn tell_access_changed(&mut self) {
        self.queue(
            "tell the other nodes",
            "SELECT pg_notify($1, $2)",
            parameters_of![CHANNEL, self.store.to_string()],
        );
    }
}

/// The stores of the database, by id: the platform is none.
pub(crate) async fn list_stores(
    session: &Session,
    page: PageRequest<StoreId>,
) -> Result<Page<Store, StoreId>, Failure> {
    let after = page.position().map_or(i64::MIN, |position| position.get());
    let steps = [
        Step::Run {
            what: "count the stores",
            sql: "SELECT count(*) FROM stores WHERE store_id < $1",
            parameters: parameters_of![StoreId::PLATFORM.get()],
            touches: None,
        },
        Step::Run {
            what: "list the stores",
            sql: "SELECT name, suspended, created, store_key, profile, store_id
                    FROM stores
                   WHERE store_id > $1 AND store_id < $4
                   ORDER BY store_id
                   LIMIT $2 OFFSET $3",
            parameters: parameters_of![after, reads(&page), offset(&page), StoreId::PLATFORM.get()],
            touches: None,
        },
    ];
    let mut answers =
        session.send(&steps).await.map_err(|(_, error)| Failure::of("list the stores", error))?;
    let mut rows = answers.pop().unwrap_or_default().rows;
    let total = count(answers.first().and_then(|answer| answer.rows.first()));
    let more = page.cut(&mut rows);
    let (mut listed, mut last) = (Listed::default(), None);
    for row in &rows {
        let columns = SqlColumns(row);
        if let Ok(store) = columns.value(5).and_then(StoreId::load) {
            last = Some(store);
            listed.take(Row { store, table: Store::TABLE, columns: &columns }.decode());
        }
    }
    Ok(Page { total, items: listed.items, damaged: listed.damaged, next: last.filter(|_| more) })
}

/// The lowest id above those of all stores.
pub(crate) async fn next_store_id(session: &Session) -> Result<StoreId, Failure> {
    let step = Step::Run {
        what: "find the highest store id",
        sql: "SELECT max(store_id) FROM stores WHERE store_id < $1",
        parameters: parameters_of![StoreId::PLATFORM.get()],
        touches: None,
    };
    let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of("find a store id", error))?;
    let row = answers.first().and_then(|answer| answer.rows.first());
    let highest: Option<i64> = row.and_then(|row| row.get(0));
    StoreId::new(highest.map_or(1, |highest| highest + 1))
        .map_err(|_| Failure::Final { error: StoreError::OutOfIds { kind: "store" } })
}

/// The offset as the database counts; one beyond its range passes over every row there can be.
pub(crate) fn offset<P>(page: &PageRequest<P>) -> i64 {
    i64::try_from(page.offset()).unwrap_or(i64::MAX)
}

/// How many entries of a page are read, as the database counts.
pub(crate) fn reads<P>(page: &PageRequest<P>) -> i64 {
    i64::try_from(page.reads()).unwrap_or(i64::MAX)
}
