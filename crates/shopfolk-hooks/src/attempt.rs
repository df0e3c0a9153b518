//! One try to deliver an event.

use std::time::Duration;

use shopfolk_model::{
    App, AttemptOutcome, DeliveryQueue, StoreId, Timestamp, Webhook, WebhookAttempt, WebhookAttemptId,
    WebhookDelivery, WebhookEvent, next_try,
};
use tokio::time::Instant;

use crate::store_clock::StoreClock;
use crate::{
    Answer, InvalidReceiverUrl, ReceiverUrl, SendFailure, Sender, WebhookMessage, WebhookRequest,
    WebhookSettings, ecwid_signature, measures, standard_signature,
};

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
        let key = secret.reveal().as_bytes();
        let own = [
            ("Content-Type", "application/json; charset=UTF-8".to_owned()),
            ("Cache-Control", "no-cache".to_owned()),
            ("X-Ecwid-Webhook-Signature", ecwid_signature(key, event.created, event.id)),
            ("webhook-id", event.id.to_string()),
            ("webhook-timestamp", now.unix_seconds().to_string()),
            ("webhook-signature", standard_signature(key, event.id, now, body.as_bytes())),
        ];
        let of_app = webhook.headers.iter().map(|header| (header.name(), header.value().to_owned()));
        let headers = own.into_iter().chain(of_app).map(|(name, value)| (name.to_owned(), value)).collect();
        let url = ReceiverUrl::new(webhook.url.as_str(), settings.addresses)
            .map(|url| url.with_event_type(event_type));
        let told_url = url.as_ref().map_or_else(|_| webhook.url.as_str().to_owned(), ToString::to_string);
        Some(Self { url, told_url, headers, body })
    }

    /// Sends it, and says what came of it.
    pub(crate) async fn send(
        self,
        sender: &Sender,
        delivery: &WebhookDelivery,
        clock: &StoreClock,
    ) -> WebhookAttempt {
        let (tried, began) = (clock.now(), Instant::now());
        let Self { url, told_url, headers, body } = self;
        let answer = match url {
            Ok(url) => {
                let request = WebhookRequest { url, headers: headers.clone(), body: body.clone() };
                sender.send(&request).await
            }
            Err(error) => Err(SendFailure::Url(error)),
        };
        let took = began.elapsed();
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
