//! One try to deliver an event.

use std::time::Duration;

use shopfolk_model::{
    App, AttemptOutcome, DeliveryQueue, LabSignature, StoreId, Timestamp, Webhook, WebhookAttempt,
    WebhookAttemptId, WebhookDelivery, WebhookEvent, next_try,
};
use tokio::time::Instant;

use crate::store_clock::StoreClock;
use crate::{
    Answer, InvalidReceiverUrl, ReceiverUrl, SendFailure, Sender, WebhookMessage, WebhookRequest,
    WebhookSettings, ecwid_signature, measures, standard_signature,
};

/// The header with the signature that the platform has.
const ECWID_SIGNATURE: &str = "X-Ecwid-Webhook-Signature";
/// The header with that of the Standard Webhooks.
const STANDARD_SIGNATURE: &str = "webhook-signature";
/// With which somebody signs who does not know the secret of the app.
const ANOTHER_SECRET: &[u8] = b"not the secret of any app";

/// A webhook, written and signed.
pub(crate) struct Written {
    url: Result<ReceiverUrl, InvalidReceiverUrl>,
    told_url: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Written {
    /// What is sent of a delivery now; `None` when the secret of the app cannot be opened.
    pub(crate) fn new(
        settings: &WebhookSettings,
        store: StoreId,
        app: &App,
        webhook: &Webhook,
        delivery: &WebhookDelivery,
        now: Timestamp,
        signature: LabSignature,
    ) -> Option<Self> {
        let event = &delivery.event;
        let event_type = event.event_type.name(webhook.spelling);
        let message = WebhookMessage {
            event: event.id,
            created: event.created,
            store,
            entity: entity(event.event_type, event.entity),
            event_type: event_type.to_owned(),
            customer_email: event.customer_email.clone(),
        };
        let body = message.body();
        let secret = (settings.open_secret)(app)?;
        let key = match signature {
            LabSignature::Wrong => ANOTHER_SECRET,
            LabSignature::Valid | LabSignature::Missing | LabSignature::LowerCase => {
                secret.reveal().as_bytes()
            }
        };
        let own = [
            ("Content-Type", "application/json; charset=UTF-8".to_owned()),
            ("Cache-Control", "no-cache".to_owned()),
            (ECWID_SIGNATURE, ecwid_signature(key, event.created, event.id)),
            ("webhook-id", event.id.to_string()),
            ("webhook-timestamp", now.unix_seconds().to_string()),
            (STANDARD_SIGNATURE, standard_signature(key, event.id, now, body.as_bytes())),
        ];
        let of_app = webhook.headers.iter().map(|header| (header.name(), header.value().to_owned()));
        let is_left_out = |name: &str| {
            signature == LabSignature::Missing && [ECWID_SIGNATURE, STANDARD_SIGNATURE].contains(&name)
        };
        let spelt = |name: &str| match signature {
            LabSignature::LowerCase => name.to_ascii_lowercase(),
            LabSignature::Valid | LabSignature::Wrong | LabSignature::Missing => name.to_owned(),
        };
        let headers = own
            .into_iter()
            .filter(|(name, _)| !is_left_out(name))
            .chain(of_app)
            .map(|(name, value)| (spelt(name), value))
            .collect();
        let url = ReceiverUrl::new(webhook.url.as_str(), settings.addresses)
            .map(|url| url.with_event_type(event_type));
        let told_url = url.as_ref().map_or_else(|_| webhook.url.as_str().to_owned(), ToString::to_string);
        Some(Self { url, told_url, headers, body })
    }

    /// Sends it, waiting so long for the answer, and says what came of it.
    pub(crate) async fn send(
        self,
        sender: &Sender,
        delivery: &WebhookDelivery,
        clock: &StoreClock,
        patience: Duration,
    ) -> WebhookAttempt {
        let (tried, began) = (clock.now(), Instant::now());
        let answer = match &self.url {
            Ok(url) => {
                let (url, headers, body) = (url.clone(), self.headers.clone(), self.body.clone());
                sender.send_patiently(&WebhookRequest { url, headers, body }, patience).await
            }
            Err(error) => Err(SendFailure::Url(error.clone())),
        };
        self.came_of(delivery, clock, tried, began.elapsed(), answer)
    }

    /// Does not send it.
    pub(crate) fn drop(self, delivery: &WebhookDelivery, clock: &StoreClock) -> WebhookAttempt {
        self.came_of(delivery, clock, clock.now(), Duration::ZERO, Err(SendFailure::Dropped))
    }

    fn came_of(
        self,
        delivery: &WebhookDelivery,
        clock: &StoreClock,
        tried: Timestamp,
        took: Duration,
        answer: Result<Answer, SendFailure>,
    ) -> WebhookAttempt {
        let Self { url: _, told_url, headers, body } = self;
        let on_request = delivery.queue == DeliveryQueue::OnRequest;
        let wait = answer.as_ref().ok().and_then(|answer| answer.retry_after(clock.system()));
        let delivered = answer.as_ref().is_ok_and(Answer::is_delivered);
        measures::count_attempt(&answer, took);
        let first = delivery.first_tried.unwrap_or(tried);
        WebhookAttempt {
            // The database gives one.
            id: WebhookAttemptId::MAXIMUM,
            webhook: delivery.webhook,
            event: delivery.event.clone(),
            number: delivery.tries + 1,
            on_request,
            tried,
            took: Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            url: told_url,
            headers,
            body,
            outcome: outcome(answer),
            next: if delivered || on_request { None } else { next_try(first, clock.now(), wait) },
            lab: None,
        }
    }
}

/// The number of what an event happened to; `None` where that is the app itself.
const fn entity(event: WebhookEvent, entity: i64) -> Option<i64> {
    match event {
        WebhookEvent::ApplicationInstalled | WebhookEvent::ApplicationUninstalled => None,
        _ => Some(entity),
    }
}

fn outcome(answer: Result<Answer, SendFailure>) -> AttemptOutcome {
    match answer {
        Ok(Answer { status, headers, body }) => AttemptOutcome::Answered {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| {
                    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
        },
        Err(error) => AttemptOutcome::Failed(error.to_string()),
    }
}
