//! What happened in a store, recorded with the change itself.

use std::future::Future;

use shopfolk_model::{Actor, ContactId, Event, EventPosition, EventType, Happening, Timestamp, TokenId};

use crate::value::{JsonObject, Made};
use crate::{ColumnType, Dialect, IdKind, StoreError, Stored, Value, record};

/// An event and its place among those of its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The place.
    pub position: EventPosition,
    /// The event.
    pub event: Event,
}

impl Stored for EventType {
    const TYPE: ColumnType = ColumnType::SmallInteger;

    fn store(&self) -> Value<'_> {
        Value::Integer(self.code().into())
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        let code = u8::load(value)?;
        Self::from_code(code).ok_or_else(|| format!("there is no type {code}"))
    }
}

record! {
    events: "event" is StoredEvent, by (EventPosition,);
    |stored, dialect| {
        Key position: EventPosition = &stored.position;
        Value event_type: EventType = Made(stored.event.happening.event_type());
        Value entity_id: i64 = Made(stored.event.happening.entity_id());
        Value contact_id: Option<ContactId> = &stored.event.contact;
        Value actor: u8 = Made(stored.event.by.code());
        Value token_id: Option<TokenId> = Made(stored.event.by.token());
        Value created: Timestamp = &stored.event.created;
        Value state_before: Option<JsonObject> =
            Made(stored.event.before.as_deref().map(|before| JsonObject(before.to_owned())));
    }
    |store, reader| {
        let happening =
            Happening::new(event_type, entity_id).map_err(|error| reader.damage("entity_id", error))?;
        let by = Actor::from_stored(actor, token_id)
            .ok_or_else(|| reader.damage("actor", format!("there is no actor {actor} with that token")))?;
        let before = state_before.map(|before| before.0.into());
        Self { position, event: Event { happening, contact: contact_id, by, created, before } }
    };
    // Nodes that record at once give numbers; reading gives the places.
    own_columns: &[(Dialect::Postgres, "event_id"), (Dialect::Postgres, "recorded")];
    ids: Some((IdKind::Event, "position"));
}

/// Writing events.
pub trait WriteEvents {
    /// By whom the changes of this transaction are made.
    fn author(&self) -> Actor;

    /// Records an event behind all others of the store.
    ///
    /// # Errors
    /// When the database fails.
    fn append_event(&mut self, event: &Event) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Records what happened `now`, where nobody needs to know what was before.
    ///
    /// # Errors
    /// When the database fails.
    fn append(
        &mut self,
        happening: Happening,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send
    where
        Self: Send,
    {
        async move {
            let event = Event { happening, contact: None, by: self.author(), created: now, before: None };
            self.append_event(&event).await
        }
    }
}
