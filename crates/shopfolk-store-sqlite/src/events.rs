//! Events.

use rusqlite::{Connection, params};
use shopfolk_model::{Actor, ContactId, Event, TokenId};
use shopfolk_store::{IdKind, LatestEvents, ReadEvents, StoreError, Value, WriteEvents};

use crate::connection::doing;
use crate::statements::LATEST_EVENTS;
use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

impl<M: TxMode> ReadEvents for SqliteTx<'_, M> {
    async fn latest_events(&mut self) -> Result<LatestEvents, StoreError> {
        let store = self.store;
        let rows = self.query_rows("find the latest events", &LATEST_EVENTS, [store.get()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
        })?;
        let mut latest = LatestEvents::default();
        for (event, created) in rows {
            let columns = [Value::Integer(event), created.map_or(Value::Null, Value::Integer)];
            latest.take(store, &columns[..])?;
        }
        Ok(latest)
    }
}

impl WriteEvents for SqliteWriteTx<'_> {
    fn author(&self) -> Actor {
        self.mode.author
    }

    async fn append_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let position = self.counters()?.take(IdKind::Event, 1)?.pop();
        let Event { happening, contact, by, created, before } = event;
        self.change(
            "append an event",
            "INSERT INTO events (store_id, position, event_type, entity_id, contact_id, actor, token_id, created,
                                 state_before)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.store.get(),
                position,
                happening.event_type().code(),
                happening.entity_id(),
                contact.map(ContactId::get),
                by.code(),
                by.token().map(TokenId::get),
                created.unix_seconds(),
                before.as_deref(),
            ],
        )?;
        Ok(())
    }
}

/// How many events there are: the counters say so, without counting.
pub(crate) fn count_events(connection: &Connection) -> Result<u64, StoreError> {
    let count: Option<i64> = connection
        .query_row("SELECT sum(next_event_id - 1) FROM counters", [], |row| row.get(0))
        .map_err(doing("count the events"))?;
    Ok(count.unwrap_or_default().unsigned_abs())
}
