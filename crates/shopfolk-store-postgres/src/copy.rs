//! What a copy reads and writes besides rows.
//!
//! Ids are raised in the counters themselves, and events are numbered there, not from the blocks of this node: a copy is the
//! only one that writes to its store.

use shopfolk_store::{
    ColumnType, CopyTx, IdKind, NextIds, ReadCopy, Record, StoreError, StoreSize, StoredEvent, Value,
    WriteRows,
};

use crate::failure::doing;
use crate::parameter::{many, parameters_of};
use crate::rows::count;
use crate::session::Step;
use crate::statements::{READ_COUNTERS, counter};
use crate::tx::{Lock, PostgresTx, PostgresWriteTx, TxMode};

impl<M: TxMode> ReadCopy for PostgresTx<'_, M> {
    async fn estimate_size(&mut self) -> Result<StoreSize, StoreError> {
        let customers = Step::Run {
            what: "count the customers",
            sql: "SELECT coalesce(sum(customer_count), 0)::bigint FROM customer_counts WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let events = Step::Run {
            what: "estimate the events",
            sql: "SELECT next_event_id - 1 FROM counters WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let [customers, events] = self.run([Some(customers), Some(events)]).await?;
        Ok(StoreSize { customers: count(customers.rows.first()), events: count(events.rows.first()) })
    }

    async fn lookup_next_ids(&mut self) -> Result<NextIds, StoreError> {
        let row =
            self.query_row("read the counters of ids", &READ_COUNTERS, parameters_of![self.store.get()]);
        let row = row.await?.ok_or_else(|| StoreError::Database {
            doing: "read the counters of ids",
            source: format!("store {} has no counters", self.store).into(),
        })?;
        let reading = doing("read the counters of ids");
        let mut next = NextIds::FIRST;
        for kind in IdKind::ALL {
            next.0[kind.index()] = row.try_get(kind.index()).map_err(&reading)?;
        }
        Ok(next)
    }
}

impl CopyTx for PostgresWriteTx<'_> {
    async fn raise_next_ids(&mut self, next: &NextIds) -> Result<(), StoreError> {
        for &kind in IdKind::ALL {
            // Events get numbers of their own here.
            if kind != IdKind::Event {
                let parameters = parameters_of![self.store.get(), kind.as_next(next.of(kind))?];
                self.queue("raise a counter of ids", &counter(kind).raise, parameters);
            }
        }
        Ok(())
    }

    async fn lock_last_place(&mut self) -> Result<Option<i64>, StoreError> {
        let lock = self.mode.lock(self.store, Lock::of("places of events", self.store));
        let last = Step::Run {
            what: "find the last event",
            sql: "SELECT coalesce((SELECT max(position) FROM events
                                    WHERE store_id = $1 AND position IS NOT NULL), 0) AS last_place,
                         EXISTS (SELECT 1 FROM events WHERE store_id = $1 AND position IS NULL) AS unplaced",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(last)]).await?;
        let row = found.rows.first();
        let last: i64 = row.and_then(|row| row.try_get("last_place").ok()).unwrap_or_default();
        let unplaced: bool = row.and_then(|row| row.try_get("unplaced").ok()).unwrap_or_default();
        Ok((!unplaced).then_some(last))
    }

    async fn append_stored_events(&mut self, events: &[StoredEvent]) -> Result<bool, StoreError> {
        let Some(last) = self.lock_last_place().await? else { return Ok(false) };
        if events.iter().zip(last + 1..).any(|(event, place)| event.position.get() != place) {
            return Ok(false);
        }
        let numbers = self.take_numbers(IdKind::Event, events.len()).await?;
        let dialect = shopfolk_store::ReadRows::dialect(self);
        let rows: Vec<_> = events.iter().map(|event| event.encode(dialect)).collect();
        let numbers: Vec<Value<'_>> = numbers.into_iter().map(Value::Integer).collect();
        let columns = StoredEvent::TABLE.columns_in(dialect).enumerate();
        let mut parameters = parameters_of![self.store.get()];
        parameters.push(many(ColumnType::BigInteger, numbers.iter()));
        parameters.extend(
            columns.map(|(place, column)| many(column.column_type, rows.iter().map(|row| &row[place]))),
        );
        self.queue(
            "add events as they are",
            "INSERT INTO events (store_id, event_id, position, event_type, entity_id, contact_id, actor, token_id,
                                 created, state_before)
             SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::bigint[], $6::bigint[],
                                      $7::smallint[], $8::bigint[], $9::bigint[], $10::text[])",
            parameters,
        );
        Ok(true)
    }
}
