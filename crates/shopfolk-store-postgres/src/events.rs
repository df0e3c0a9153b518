//! Events.
//!
//! A node records an event with a number of its own blocks, which tells no order, and with the database's time. Reading events
//! first gives a place to those that have none, under a lock of the store. Places are given one after the other and to
//! committed events alone, so a reader that goes by them misses none. The events of one customer keep their order, since a
//! write holds its customer's lock when it records.

use shopfolk_model::{Actor, ContactId, Event, EventPosition, TokenId};
use shopfolk_store::{
    IdKind, LatestEvents, Length, Query, ReadEvents, ReadOperation, ReadTx, Record, RecordKey, StoreError,
    StoredEvent, Which, WriteEvents, WriteRows,
};

use crate::failure::Failure;
use crate::node::Runs;
use crate::parameter::parameters_of;
use crate::rows::{SqlColumns, count};
use crate::session::{Session, Step};
use crate::statements::LATEST_EVENTS;
use crate::tx::{Lock, PostgresTx, PostgresWriteTx, TxMode};

/// How many events get a place at once.
const PLACED_AT_ONCE: i64 = 5_000;

impl<M: TxMode> ReadEvents for PostgresTx<'_, M> {
    async fn latest_events(&mut self) -> Result<LatestEvents, StoreError> {
        let rows = self
            .query_rows("find the latest events", &LATEST_EVENTS, parameters_of![self.store.get()])
            .await?;
        let mut latest = LatestEvents::default();
        for row in &rows {
            latest.take(self.store, &SqlColumns(row))?;
        }
        Ok(latest)
    }
}

impl WriteEvents for PostgresWriteTx<'_> {
    fn author(&self) -> Actor {
        self.mode.author
    }

    async fn append_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let id = self.take_numbers(IdKind::Event, 1).await?.pop().unwrap_or_default();
        self.mode.event.get_or_insert(id);
        let Event { happening, contact, by, created, before } = event;
        self.queue(
            "append an event",
            "INSERT INTO events (store_id, event_id, event_type, entity_id, contact_id, actor, token_id, created,
                                 state_before)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            parameters_of![
                self.store.get(),
                id,
                i16::from(happening.event_type().code()),
                happening.entity_id(),
                contact.map(ContactId::get),
                i16::from(by.code()),
                by.token().map(TokenId::get),
                created.unix_seconds(),
                before.as_deref(),
            ],
        );
        Ok(())
    }
}

/// Gives some of the events that have none a place, and says how many.
pub(crate) struct PlaceEvents;

impl Runs for PlaceEvents {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut PostgresWriteTx<'_>) -> Result<u64, StoreError> {
        let lock = tx.mode.lock(tx.store, Lock::of("places of events", tx.store));
        let place = Step::Run {
            what: "give events their places",
            sql: "WITH unplaced AS (
                      SELECT event_id, row_number() OVER (ORDER BY recorded, event_id) AS number
                        FROM (SELECT event_id, recorded
                                FROM events
                               WHERE store_id = $1 AND position IS NULL
                               ORDER BY recorded, event_id
                               LIMIT $2) AS first_ones)
                  UPDATE events
                     SET position = (SELECT coalesce(max(position), 0) FROM events
                                      WHERE store_id = $1 AND position IS NOT NULL) + unplaced.number
                    FROM unplaced
                   WHERE events.store_id = $1 AND events.event_id = unplaced.event_id",
            parameters: parameters_of![tx.store.get(), PLACED_AT_ONCE],
            touches: None,
        };
        let [_, placed] = tx.run([lock, Some(place)]).await?;
        Ok(placed.touched)
    }
}

/// Lists the events of a store behind a place.
pub(crate) struct ListEvents {
    pub(crate) after: Option<EventPosition>,
    pub(crate) limit: u32,
}

impl ReadOperation for ListEvents {
    type Output = Vec<StoredEvent>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        // Behind place 0 even for the first: what has no place is none of them.
        let after = self.after.map_or_else(|| vec![0.into()], |place| (place,).values());
        tx.all(Query { table: StoredEvent::TABLE, which: Which::After(Some(after), self.limit) }).await
    }
}

/// How many event ids were reserved: as many events as there are, but for what is left of blocks.
pub(crate) async fn count_events(session: &Session) -> Result<u64, Failure> {
    let step = Step::Run {
        what: "count the events",
        sql: "SELECT coalesce(sum(next_event_id - 1), 0)::bigint FROM counters",
        parameters: Vec::new(),
        touches: None,
    };
    let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of("count the events", error))?;
    Ok(count(answers.first().and_then(|answer| answer.rows.first())))
}
