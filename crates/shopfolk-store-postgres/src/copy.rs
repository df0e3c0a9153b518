//! A store as it is, for copies: many rows a statement, in arrays.
//!
//! Ids are raised and events numbered in the counters themselves, not from the blocks of this node: a copy is the only
//! one that writes to its store.

mod customers;
mod read;
mod write;

use shopfolk_model::{Event, Happening, Timestamp};
use shopfolk_store::{EventPlace, StoreError, StoredEvent};
use tokio_postgres::Row;

use crate::row::Place;

/// Before every event.
const BEFORE_EVENTS: EventPlace = EventPlace { recorded: i64::MIN, number: i64::MIN };

/// Reads `recorded, event_id, event_type, entity_id, created`.
fn read_event(row: &Row) -> Result<StoredEvent, StoreError> {
    let number: i64 = row.try_get("event_id").unwrap_or_default();
    let place = Place { row, table: "events", key: format!("event {number}") };
    let code: i16 = place.get("event_type")?;
    let happening = place.read("entity_id", |entity: i64| {
        let found = u8::try_from(code).ok().map(|code| Happening::from_stored(code, entity));
        found.transpose().map(Option::flatten)
    })?;
    let happening = happening.ok_or_else(|| StoreError::Corrupt {
        table: "events",
        column: "event_type",
        row: place.key.clone(),
        reason: format!("no type {code}"),
    })?;
    let created = place.read("created", Timestamp::from_unix_seconds)?;
    let recorded = place.get("recorded")?;
    Ok(StoredEvent { place: EventPlace { recorded, number }, event: Event { happening, created } })
}
