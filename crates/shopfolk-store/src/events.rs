//! What happened in a store, recorded with the change itself.

use std::future::Future;

use shopfolk_model::{
    Actor, ContactId, Event, EventPosition, EventType, Happening, StoreId, Timestamp, TokenId,
};

use crate::value::{JsonObject, Made};
use crate::{ColumnType, Columns, Damage, Dialect, IdKind, StoreError, Stored, Value, record};

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

/// When what a store has besides customers changed last; `None` where it never did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LatestEvents {
    /// An order.
    pub order: Option<Timestamp>,
    /// The profile.
    pub profile: Option<Timestamp>,
    /// A customer was deleted.
    pub deleted_customer: Option<Timestamp>,
}

impl LatestEvents {
    /// Of which events it is told: the statement that asks for the time of the last one of each type, or null. Each is the end of
    /// an index, which has these types and no others.
    pub fn statement(dialect: Dialect) -> String {
        const FEW: [EventType; 4] = [
            EventType::OrderCreated,
            EventType::OrderDeleted,
            EventType::ProfileUpdated,
            EventType::OrderUpdated,
        ];
        let store = if dialect == Dialect::Postgres { "$1" } else { "?1" };
        let few = FEW.map(|event| event.code().to_string()).join(", ");
        let last = |event: EventType, of_index: &str| {
            let code = event.code();
            format!(
                "SELECT CAST({code} AS smallint), (SELECT max(created) FROM events
                  WHERE store_id = {store} AND event_type = {code}{of_index})"
            )
        };
        let of_few = format!(" AND event_type IN ({few})");
        let parts = FEW.map(|event| last(event, &of_few));
        [parts.join(" UNION ALL "), last(EventType::CustomerDeleted, "")].join(" UNION ALL ")
    }

    /// Takes a row of the answer.
    ///
    /// # Errors
    /// When it holds what it cannot.
    pub fn take(&mut self, store: StoreId, columns: &(impl Columns + ?Sized)) -> Result<(), Damage> {
        let damage =
            |column| move |reason| Damage { table: "events", column, row: format!("store {store}"), reason };
        let event = columns.value(0).and_then(EventType::load).map_err(damage("event_type"))?;
        let created = columns.value(1).and_then(Option::<Timestamp>::load).map_err(damage("created"))?;
        let place = match event {
            EventType::ProfileUpdated => &mut self.profile,
            EventType::CustomerDeleted => &mut self.deleted_customer,
            _ => &mut self.order,
        };
        *place = (*place).max(created);
        Ok(())
    }
}

/// Reading what events say of a store as a whole.
pub trait ReadEvents {
    /// When what a store has besides customers changed last.
    ///
    /// # Errors
    /// When the database fails, or an event is damaged.
    fn latest_events(&mut self) -> impl Future<Output = Result<LatestEvents, StoreError>> + Send;
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
