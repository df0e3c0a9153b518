//! Events.

use rusqlite::{Connection, params};
use shopfolk_model::Event;
use shopfolk_store::{StoreError, WriteEvents};

use crate::connection::doing;
use crate::tx::SqliteWriteTx;

impl WriteEvents for SqliteWriteTx<'_> {
    async fn append_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let sequence = self.counters()?.next_event()?;
        self.change(
            "append an event",
            "INSERT INTO events (store_id, sequence, event_type, entity_id, created) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                self.store.get(),
                sequence.get(),
                event.happening.code(),
                event.happening.entity_id(),
                event.created.unix_seconds(),
            ],
        )?;
        Ok(())
    }
}

/// How many events there are: the counters say so, without counting.
pub(crate) fn count_events(connection: &Connection) -> Result<u64, StoreError> {
    let count: Option<i64> = connection
        .query_row("SELECT sum(next_event_sequence - 1) FROM counters", [], |row| row.get(0))
        .map_err(doing("count the events"))?;
    Ok(count.unwrap_or_default().unsigned_abs())
}
