//! What a copy reads and writes besides rows.

use shopfolk_store::{CopyTx, IdKind, NextIds, ReadCopy, StoreError, StoreSize, StoredEvent, WriteRows};

use crate::counters::read_next;
use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

impl<M: TxMode> ReadCopy for SqliteTx<'_, M> {
    async fn estimate_size(&mut self) -> Result<StoreSize, StoreError> {
        Ok(read_next(self.connection, self.store)?.1)
    }

    async fn lookup_next_ids(&mut self) -> Result<NextIds, StoreError> {
        Ok(read_next(self.connection, self.store)?.0)
    }
}

impl CopyTx for SqliteWriteTx<'_> {
    async fn raise_next_ids(&mut self, next: &NextIds) -> Result<(), StoreError> {
        self.mode.wrote = true;
        // Events are numbered by their places here, and those come with the events.
        let mut next = *next;
        next.0[IdKind::Event.index()] = 1;
        self.counters()?.raise_all(&next)
    }

    async fn lock_last_place(&mut self) -> Result<Option<i64>, StoreError> {
        Ok(Some(self.counters()?.next(IdKind::Event) - 1))
    }

    async fn append_stored_events(&mut self, events: &[StoredEvent]) -> Result<bool, StoreError> {
        let next = self.counters()?.next(IdKind::Event);
        if events.iter().zip(next..).any(|(event, place)| event.position.get() != place) {
            return Ok(false);
        }
        self.insert(events).await?;
        Ok(true)
    }
}
