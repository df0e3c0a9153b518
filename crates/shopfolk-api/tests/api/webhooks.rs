//! What apps were told, seen and sent again over the API.

use axum::http::Method;
use serde_json::{Value, json};
use shopfolk_model::WebhookEvent::{ApplicationInstalled, CustomerCreated, OrderCreated};
use shopfolk_model::{AppId, WebhookAttemptId};

use crate::support::{Answer, TestApp};

/// A store with two apps, each of which was told of a customer (in vain) and of an order.
struct World {
    app: TestApp,
    apps: [AppId; 2],
    attempts: Vec<WebhookAttemptId>,
}

impl World {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let apps = [app.install_app(7, "read_customers").await, app.install_app(8, "read_orders").await];
        let mut attempts = Vec::new();
        for told in apps {
            attempts.push(app.attempt(told, CustomerCreated, 500).await);
            attempts.push(app.attempt(told, OrderCreated, 200).await);
        }
        Self { app, apps, attempts }
    }

    async fn call(&self, method: Method, path: &str, token: &str) -> Answer {
        self.app.call(method, &format!("/webhooks/{path}")).token(token).send().await
    }

    async fn listed(&self, query: &str, token: &str) -> Vec<usize> {
        let answer = self.call(Method::GET, &format!("attempts{query}"), token).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = answer.json();
        let items = answer["items"].as_array().unwrap();
        assert_eq!(answer["count"], items.len());
        let place = |item: &Value| self.attempts.iter().position(|id| item["id"] == id.get());
        items.iter().map(|item| place(item).unwrap()).collect()
    }
}

#[tokio::test]
async fn an_app_sees_what_it_was_told_of_events_that_its_scopes_open() {
    let world = World::start().await;
    assert_eq!(world.listed("", "secret_of_7").await, [0]);
    assert_eq!(world.listed("", "secret_of_8").await, [3]);
    assert_eq!(world.listed("?clientId=app-7", "secret_of_7").await, [0]);
    let answer = world.call(Method::GET, "attempts?clientId=app-8", "secret_of_7").await;
    answer.error(403, "INSUFFICIENT_APP_SCOPE");
    for (number, attempt) in world.attempts.iter().enumerate() {
        let own = format!("attempts/{attempt}");
        for (method, path) in [(Method::GET, own.clone()), (Method::POST, format!("{own}/replay"))] {
            let answer = world.call(method, &path, "secret_of_7").await;
            if number == 0 {
                assert_eq!(answer.status, 200, "{}", answer.text);
            } else {
                answer.error(404, "WEBHOOK_ATTEMPT_NOT_FOUND");
            }
        }
    }
    let beyond = world.call(Method::GET, "attempts/99999999999999999999", "secret_of_7").await;
    beyond.error(404, "WEBHOOK_ATTEMPT_NOT_FOUND");
    let path = format!("attempts/{}", world.attempts[0]);
    let own = world.call(Method::GET, &path, "secret_of_7").await.json();
    assert_eq!(own["request"]["headers"], json!([["X-Key", "private"]]));
    assert_eq!(own["answer"], json!({"status": 500, "headers": [], "body": "said"}));
}

#[tokio::test]
async fn a_token_of_no_app_sees_every_app_and_none_of_its_secrets() {
    let world = World::start().await;
    let token = &world.app.token;
    for (query, found) in [
        ("", vec![3, 2, 1, 0]),
        ("?clientId=app-8", vec![3, 2]),
        ("?eventType=customer.created", vec![2, 0]),
        ("?delivered=no&clientId=app-7", vec![0]),
        ("?from_date=2030-01-01", vec![]),
        ("?to_date=2030-01-01&limit=1", vec![3]),
    ] {
        assert_eq!(world.listed(query, token).await, found, "{query}");
    }
    let page = world.call(Method::GET, "attempts?limit=3", token).await;
    assert!(!page.text.contains("private"), "{}", page.text);
    let next = page.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(world.listed(&format!("?after={next}"), token).await, [0]);
    let customers = world.app.token_with("read_customers").await;
    assert_eq!(world.listed("", &customers).await, [2, 0]);
    for query in ["eventType=customer.renamed", "clientId=7", "eventId=1", "delivered=maybe", "after=x"] {
        let answer = world.call(Method::GET, &format!("attempts?{query}"), token).await;
        let message = answer.error(400, "WRONG_PARAMETER");
        assert!(message.contains(": it must be "), "{message}");
    }
}

#[tokio::test]
async fn what_failed_is_sent_again_once() {
    let world = World::start().await;
    let token = &world.app.token;
    for _ in 0..2 {
        let answer = world.call(Method::POST, "replay?clientId=app-7", token).await;
        assert_eq!(answer.json(), json!({"replayCount": 1}));
    }
    let due = world.app.due(world.apps[0]).await;
    assert_eq!((due.len(), due[0].event.event_type), (1, CustomerCreated));
    assert_eq!(world.app.due(world.apps[1]).await, []);
    let misspelt = world.call(Method::POST, "replay?clientid=app-7", token).await;
    let message = misspelt.error(400, "WRONG_PARAMETER");
    assert!(message.starts_with("There is no parameter 'clientid' here; there are clientId, "), "{message}");
    let replayed = world.call(Method::POST, "replay", "secret_of_8").await;
    assert_eq!(replayed.json(), json!({"replayCount": 0}), "its scopes do not open what failed");
}

#[tokio::test]
async fn an_app_is_told_of_events_that_it_makes_up_and_may_know() {
    let world = World::start().await;
    let customer = world.app.create_customer("anna@example.com").await;
    let id: i64 = customer.rsplit('/').next().unwrap().parse().unwrap();
    let trigger =
        async |query: &str, token: &str| world.call(Method::POST, &format!("trigger?{query}"), token).await;
    let updated = format!("eventType=customer.updated&entityId={id}");
    let answer = trigger(&updated, "secret_of_7").await.json();
    assert_eq!(answer["webhookCount"], 1);
    let event = world.app.due(world.apps[0]).await.remove(0).event;
    assert_eq!((answer["eventId"].as_str().unwrap(), event.entity), (&*event.id.to_string(), id));
    assert_eq!(event.customer_email.as_deref(), Some("anna@example.com"));
    trigger("eventType=customer.updated&entityId=99", "secret_of_7").await.json();
    assert!(world.app.due(world.apps[0]).await.iter().any(|due| due.event.entity == 99));

    let token = &world.app.token;
    trigger("eventType=order.created", "secret_of_7").await.error(403, "INSUFFICIENT_APP_SCOPE");
    for (query, token) in [
        ("eventType=order.created&clientId=app-7", token.as_str()),
        ("eventType=order.created&clientId=app-8", "secret_of_7"),
    ] {
        trigger(query, token).await.error(403, "INSUFFICIENT_APP_SCOPE");
    }
    for query in [
        "",
        "eventType=order.created",
        "eventType=order.renamed&clientId=app-8",
        "eventType=order.created&clientId=app-9",
        "eventType=order.created&clientId=app-8&entityId=-1",
    ] {
        trigger(query, token).await.error(400, "WRONG_PARAMETER");
    }
    assert_eq!(trigger("eventType=application.installed", "secret_of_8").await.status, 200);
    let event = world.app.due(world.apps[1]).await.remove(0).event;
    assert_eq!((event.event_type, event.entity), (ApplicationInstalled, 1003));
}
