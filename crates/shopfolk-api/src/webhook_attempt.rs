//! Attempts to tell apps of events, as the API and the command line show them.

use serde::Serialize;
use shopfolk_model::{AttemptOutcome, ClientId, EventSpelling, LabFault, LabTrouble, WebhookAttempt};
use utoipa::ToSchema;

/// How much of the request of an attempt is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestShown {
    /// All of it: to the app itself, and to who runs the server.
    Whole,
    /// The body. The URL and the headers may have secrets of the app in them.
    Body,
}

/// An attempt to tell an app of an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookAttempt)]
pub struct AttemptOut {
    /// By which it is listed: an attempt has a higher one than those before it.
    #[schema(minimum = 0, example = 17)]
    id: i64,
    /// The client id of the app.
    #[schema(example = "app-4503599627370496")]
    client_id: String,
    /// Which of its webhooks, from 0.
    webhook: u8,
    /// By which id receivers know the event: the same in every attempt.
    event_id: String,
    #[schema(example = "customer.created")]
    event_type: &'static str,
    /// The number of the customer, group, order or store that it happened to.
    entity_id: i64,
    /// Which attempt for this delivery it was, from 1.
    #[serde(rename = "try")]
    number: u32,
    /// Whether it was sent because somebody wanted it, and so counts for nothing.
    on_request: bool,
    /// When.
    #[schema(example = "2025-03-26 11:07:12 +0000")]
    tried: String,
    /// How long it took.
    milliseconds: u64,
    /// Whether the receiver has it.
    delivered: bool,
    /// When it is tried again; null where it is not.
    next: Option<String>,
    request: RequestOut,
    answer: AnswerOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    lab: Option<LabOut>,
}

/// What the lab says of an attempt, where the app is tried.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LabVerdict)]
struct LabOut {
    /// What was done to the webhook.
    troubles: Vec<&'static str>,
    /// What the receiver got wrong.
    faults: Vec<&'static str>,
}

/// What was sent. The URL and the headers are shown to the app itself alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookRequest)]
struct RequestOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Names and values, in the order in which they were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<(String, String)>>,
    body: String,
}

/// What came back: an answer, or why there was none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = WebhookAnswer)]
enum AnswerOut {
    /// The receiver answered; of the body there are the first 4 KB.
    Answered { status: u16, headers: Vec<(String, String)>, body: String },
    /// It did not.
    Failed { failure: String },
}

impl AttemptOut {
    /// An attempt, with so much of its request.
    pub fn new(attempt: WebhookAttempt, shown: RequestShown) -> Self {
        let whole = shown == RequestShown::Whole;
        let delivered = attempt.is_delivered();
        let WebhookAttempt {
            id, webhook, event, number, on_request, tried, took, url, headers, body, ..
        } = attempt;
        Self {
            id: id.get(),
            client_id: ClientId(webhook.app).to_string(),
            webhook: webhook.number,
            event_id: event.id.to_string(),
            event_type: event.event_type.name(EventSpelling::CamelCase),
            entity_id: event.entity,
            number,
            on_request,
            tried: tried.to_string(),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            delivered,
            next: attempt.next.map(|next| next.to_string()),
            request: RequestOut { url: whole.then_some(url), headers: whole.then_some(headers), body },
            answer: match attempt.outcome {
                AttemptOutcome::Answered { status, headers, body } => {
                    AnswerOut::Answered { status, headers, body }
                }
                AttemptOutcome::Failed(failure) => AnswerOut::Failed { failure },
            },
            lab: attempt.lab.map(|verdict| LabOut {
                troubles: verdict.troubles.into_iter().map(LabTrouble::name).collect(),
                faults: verdict.faults.into_iter().map(LabFault::name).collect(),
            }),
        }
    }
}

/// Some attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempts)]
pub(crate) struct AttemptsOut {
    /// How many are in this answer.
    pub(crate) count: usize,
    /// What `after` has to be for those before them. There may be some behind an answer without any: only so many are looked
    /// through at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// The attempts, the latest first.
    pub(crate) items: Vec<AttemptOut>,
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookReplay)]
pub(crate) struct ReplayedOut {
    /// How many events are sent again.
    pub(crate) replay_count: usize,
}

/// What is sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookTrigger)]
pub(crate) struct TriggeredOut {
    /// By which id receivers know the event.
    pub(crate) event_id: String,
    /// To how many webhooks of the app it is sent.
    pub(crate) webhook_count: usize,
}
