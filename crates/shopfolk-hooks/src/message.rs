//! What a webhook says.

use serde_json::{Map, Value, json};
use shopfolk_model::{StoreId, Timestamp, WebhookEventId};

/// What a webhook says of an event (`docs/apps.md`, *Webhooks*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookMessage {
    /// By which id receivers know the event, the same over all tries.
    pub event: WebhookEventId,
    /// When it happened.
    pub created: Timestamp,
    /// In which store.
    pub store: StoreId,
    /// The number of what it happened to; `None` where that is the app itself, whose number is that of the store, as a text.
    pub entity: Option<i64>,
    /// The kind of event, in the spelling of the app.
    pub event_type: String,
    /// The address of the customer, where it is about one who has one.
    pub customer_email: Option<String>,
}

impl WebhookMessage {
    /// The body of the request: JSON.
    pub fn body(&self) -> String {
        let entity = self.entity.map_or_else(|| Value::from(self.store.to_string()), Value::from);
        let mut body = Map::new();
        body.insert("eventId".to_owned(), self.event.to_string().into());
        body.insert("eventCreated".to_owned(), self.created.unix_seconds().into());
        body.insert("storeId".to_owned(), self.store.get().into());
        body.insert("entityId".to_owned(), entity);
        body.insert("eventType".to_owned(), self.event_type.as_str().into());
        if let Some(email) = &self.customer_email {
            body.insert("data".to_owned(), json!({ "customerEmail": email }));
        }
        Value::Object(body).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> WebhookMessage {
        WebhookMessage {
            event: "3d1ba4d5-4c6c-4c1b-9c3f-6cd8ee1f3f37".parse().unwrap(),
            created: Timestamp::from_unix_seconds(1_439_791_335).unwrap(),
            store: StoreId::new(1003).unwrap(),
            entity: Some(177_737_165),
            event_type: "customer.updated".to_owned(),
            customer_email: Some("o\"neill@example.com".to_owned()),
        }
    }

    #[test]
    fn a_body_says_what_the_contract_lists() {
        let body: Value = serde_json::from_str(&message().body()).unwrap();
        let expected = json!({
            "eventId": "3d1ba4d5-4c6c-4c1b-9c3f-6cd8ee1f3f37", "eventCreated": 1_439_791_335, "storeId": 1003,
            "entityId": 177_737_165, "eventType": "customer.updated",
            "data": {"customerEmail": "o\"neill@example.com"},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn an_event_of_the_app_has_the_store_as_a_text_and_no_empty_data() {
        let message = WebhookMessage {
            entity: None,
            event_type: "application.installed".to_owned(),
            customer_email: None,
            ..message()
        };
        let body: Value = serde_json::from_str(&message.body()).unwrap();
        assert_eq!((&body["entityId"], body.get("data")), (&json!("1003"), None));
    }
}
