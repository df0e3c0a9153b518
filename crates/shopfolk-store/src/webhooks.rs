//! Webhooks: how far the events of a store were read, what waits to be delivered, and what was tried.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shopfolk_model::{
    AppId, AttemptOutcome, DeliveredEvent, DeliveryQueue, EventPosition, LabFault, LabTrouble, LabVerdict,
    TestClock, Timestamp, WebhookAttempt, WebhookAttemptId, WebhookDelivery, WebhookEvent, WebhookEventId,
    WebhookName, WebhookReader,
};

use crate::value::{JsonObject, Made};
use crate::{ColumnType, Guard, IdKind, StoreError, Stored, Value, record};

/// Readers and deliveries of a store change one after the other, so that one node alone brings them.
const WEBHOOKS_GUARD: Guard = Guard::Table("webhooks");

impl Stored for DeliveryQueue {
    const TYPE: ColumnType = ColumnType::SmallInteger;

    fn store(&self) -> Value<'_> {
        Value::Integer(self.code().into())
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        let code = u8::load(value)?;
        Self::from_code(code).ok_or_else(|| format!("there is no queue {code}"))
    }
}

impl Stored for WebhookEvent {
    const TYPE: ColumnType = ColumnType::Text;

    fn store(&self) -> Value<'_> {
        self.name(shopfolk_model::EventSpelling::CamelCase).into()
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        String::load(value)?.parse().map_err(|error: shopfolk_model::UnknownWebhookEvent| error.to_string())
    }
}

impl Stored for WebhookEventId {
    const TYPE: ColumnType = ColumnType::Text;

    fn store(&self) -> Value<'_> {
        self.to_string().into()
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        String::load(value)?.parse().map_err(|error: shopfolk_model::InvalidWebhookEventId| error.to_string())
    }
}

record! {
    webhook_readers: "reader of events" is WebhookReader, by ();
    |reader, dialect| {
        Value listening: bool = &reader.listening;
        Value read_through: Option<EventPosition> = &reader.position;
        Value holder: u64 = &reader.holder;
        Value beat: u64 = &reader.beat;
        Value clock_ahead: u32 = &reader.clock.ahead;
        Value clock_goal: u32 = &reader.clock.goal;
    }
    |id, reader| Self {
        store: id,
        listening,
        position: read_through,
        holder,
        beat,
        clock: TestClock::new(clock_ahead, clock_goal).map_err(|error| reader.damage("clock_goal", error))?,
    };
    guard: WEBHOOKS_GUARD;
}

record! {
    webhook_deliveries: "delivery" is WebhookDelivery, by (AppId, u8, DeliveryQueue, i64, i64);
    |delivery, dialect| {
        Key app_id: AppId = &delivery.webhook.app;
        Key webhook: u8 = &delivery.webhook.number;
        Key queue: DeliveryQueue = &delivery.queue;
        Key entity_id: i64 = &delivery.event.entity;
        Key place: i64 = &delivery.place;
        Value event_id: WebhookEventId = &delivery.event.id;
        Value event_type: WebhookEvent = &delivery.event.event_type;
        Value created: Timestamp = &delivery.event.created;
        Value customer_email: Option<String> = &delivery.event.customer_email;
        Value due: Option<Timestamp> = &delivery.due;
        Value first_tried: Option<Timestamp> = &delivery.first_tried;
        Value tries: u32 = &delivery.tries;
    }
    |store, reader| Self {
        webhook: WebhookName { app: app_id, number: webhook },
        queue,
        place,
        event: DeliveredEvent { id: event_id, event_type, entity: entity_id, created, customer_email },
        due,
        first_tried,
        tries,
    };
    guard: WEBHOOKS_GUARD;
}

record! {
    webhook_attempts: "webhook attempt" is WebhookAttempt, by (WebhookAttemptId,);
    |attempt, dialect| {
        Key attempt_id: WebhookAttemptId = &attempt.id;
        Value app_id: AppId = &attempt.webhook.app;
        Value webhook: u8 = &attempt.webhook.number;
        Value event_id: WebhookEventId = &attempt.event.id;
        Value event_type: WebhookEvent = &attempt.event.event_type;
        Value entity_id: i64 = &attempt.event.entity;
        Value tried: Timestamp = &attempt.tried;
        Value document: JsonObject = Made(JsonObject(encode(attempt)));
    }
    |store, reader| {
        let kept: AttemptDocument = serde_json::from_str(&document.0)
            .map_err(|error| reader.damage("document", error))?;
        let time = |seconds| Timestamp::from_unix_seconds(seconds).map_err(|error| reader.damage("document", error));
        Self {
            id: attempt_id,
            webhook: WebhookName { app: app_id, number: webhook },
            event: DeliveredEvent {
                id: event_id,
                event_type,
                entity: entity_id,
                created: time(kept.created)?,
                customer_email: kept.customer_email,
            },
            number: kept.number,
            on_request: kept.on_request,
            tried,
            took: Duration::from_millis(kept.took),
            url: kept.url,
            headers: kept.headers,
            body: kept.body,
            outcome: match (kept.status, kept.failure) {
                (Some(status), None) => {
                    AttemptOutcome::Answered { status, headers: kept.answer_headers, body: kept.answer }
                }
                (None, Some(failure)) => AttemptOutcome::Failed(failure),
                _ => return Err(reader.damage("document", "it has neither an answer nor a failure, or both")),
            },
            next: kept.next.map(time).transpose()?,
            lab: kept.lab.map(LabVerdict::try_from).transpose().map_err(|error| reader.damage("document", error))?,
        }
    };
    ids: Some((IdKind::WebhookAttempt, "attempt_id"));
}

/// What of an attempt nothing looks for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttemptDocument {
    created: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer_email: Option<String>,
    number: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    on_request: bool,
    /// In milliseconds.
    took: u64,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answer_headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    answer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lab: Option<VerdictDocument>,
}

#[derive(Serialize, Deserialize)]
struct VerdictDocument {
    troubles: Vec<String>,
    faults: Vec<String>,
}

impl From<&LabVerdict> for VerdictDocument {
    fn from(verdict: &LabVerdict) -> Self {
        Self {
            troubles: verdict.troubles.iter().map(|trouble| trouble.name().to_owned()).collect(),
            faults: verdict.faults.iter().map(|fault| fault.name().to_owned()).collect(),
        }
    }
}

impl TryFrom<VerdictDocument> for LabVerdict {
    type Error = String;

    fn try_from(VerdictDocument { troubles, faults }: VerdictDocument) -> Result<Self, String> {
        fn known<T>(names: &[String], find: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
            names.iter().map(|name| find(name).ok_or_else(|| format!("the lab knows no '{name}'"))).collect()
        }
        Ok(Self {
            troubles: known(&troubles, LabTrouble::from_name)?,
            faults: known(&faults, LabFault::from_name)?,
        })
    }
}

#[expect(clippy::expect_used, reason = "texts and numbers under names that are texts are always JSON")]
fn encode(attempt: &WebhookAttempt) -> String {
    let (status, answer_headers, answer, failure) = match &attempt.outcome {
        AttemptOutcome::Answered { status, headers, body } => {
            (Some(*status), headers.clone(), body.clone(), None)
        }
        AttemptOutcome::Failed(failure) => (None, Vec::new(), String::new(), Some(failure.clone())),
    };
    let document = AttemptDocument {
        created: attempt.event.created.unix_seconds(),
        customer_email: attempt.event.customer_email.clone(),
        number: attempt.number,
        on_request: attempt.on_request,
        took: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        url: attempt.url.clone(),
        headers: attempt.headers.clone(),
        body: attempt.body.clone(),
        status,
        answer_headers,
        answer,
        failure,
        next: attempt.next.map(Timestamp::unix_seconds),
        lab: attempt.lab.as_ref().map(VerdictDocument::from),
    };
    serde_json::to_string(&document).expect("it is JSON")
}

/// Reading what waits to be delivered.
pub trait ReadDeliveries {
    /// The deliveries to a webhook whose time has come, those that wait longest first.
    ///
    /// # Errors
    /// When a row is damaged or the database fails.
    fn due_deliveries(
        &mut self,
        webhook: WebhookName,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<WebhookDelivery>, StoreError>> + Send;

    /// When the first delivery of the store is due; `None` when none is there that waits for nothing but its time.
    ///
    /// # Errors
    /// When the database fails.
    fn earliest_due(&mut self) -> impl Future<Output = Result<Option<Timestamp>, StoreError>> + Send;
}

/// Which stores that an app was let into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListeningStores {
    /// All that have been, or are, told on.
    All,
    /// Those with events that were not read, deliveries whose time has come when the system's clock has this time, or a clock
    /// that is to go on.
    WithWork(Timestamp),
}
