//! Large bodies and answers: how many bytes of them are held at once.

use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use shopfolk_api::{ApiSettings, ByteBudget};
use tokio::sync::mpsc;
use tower::ServiceExt;

use crate::support::{STORE, TestApp};

const SPACES: usize = 100_000;

/// An app that holds so many bytes of bodies, and of answers.
async fn app_with_room(bodies: u32, answers: u32) -> (TestApp, ByteBudget, ByteBudget) {
    let (bodies, answers) = (ByteBudget::of(bodies), ByteBudget::of(answers));
    let settings = ApiSettings {
        rate_limit: None,
        bodies: bodies.clone(),
        answers: answers.clone(),
        ..ApiSettings::default()
    };
    (TestApp::start_with(settings).await, bodies, answers)
}

/// A customer with so many contacts, each with a note of some kilobytes.
async fn large_customer(app: &TestApp, email: &str, contacts: usize) -> String {
    let note = "ü".repeat(2_000);
    let contact = |number| format!(r#"{{"type":"OTHER","contact":"c{number}","note":"{note}"}}"#);
    let mut id = String::new();
    for first in (0..contacts).step_by(200) {
        let list: Vec<_> = (first..contacts.min(first + 200)).map(contact).collect();
        if first == 0 {
            let body = format!(r#"{{"email":"{email}","contacts":[{}]}}"#, list.join(","));
            id = app.post("/customers", &body).await.json()["id"].to_string();
        } else {
            for contact in list {
                app.post(&format!("/customers/{id}/contacts"), &contact).await.json();
            }
        }
    }
    format!("/customers/{id}")
}

/// The answer, of which nothing is read yet.
async fn unread(app: &TestApp, path: &str) -> Response {
    let request = Request::builder().uri(format!("/api/v3/{STORE}{path}"));
    let request =
        request.header("authorization", format!("Bearer {}", app.token)).body(Body::empty()).unwrap();
    app.router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn bodies_beyond_the_budget_are_refused_and_small_ones_are_served() {
    let (app, bodies, _) = app_with_room(150_000, 1 << 20).await;
    let (send, mut receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let slow = Body::from_stream(futures_util::stream::poll_fn(move |context| receive.poll_recv(context)));
    let length = (SPACES + r#"{"email":"slow@example.com"}"#.len()).to_string();
    let slow = app.call(Method::POST, "/customers").header("content-length", &length).body(slow).send();
    let slow = tokio::spawn(slow);
    send.send(Ok(Bytes::from(vec![b' '; SPACES]))).await.unwrap();
    while bodies.held() == 0 {
        tokio::task::yield_now().await;
    }

    let large = format!(r#"{}{{"email":"large@example.com"}}"#, " ".repeat(SPACES));
    let message = app.post("/customers", &large).await.error(503, "UNAVAILABLE");
    assert!(message.contains("large bodies"), "{message}");
    app.create_customer("small@example.com").await;

    send.send(Ok(Bytes::from(r#"{"email":"slow@example.com"}"#))).await.unwrap();
    drop(send);
    assert_eq!(slow.await.unwrap().status, 200, "whoever holds a part finishes");
    assert_eq!(bodies.held(), 0);
    assert_eq!(app.post("/customers", &large).await.status, 200);
    assert_eq!(bodies.held(), 0);
}

#[tokio::test]
async fn an_answer_counts_until_it_is_read() {
    let (app, _, answers) = app_with_room(1 << 20, 600_000).await;
    let customer = large_customer(&app, "anna@example.com", 100).await;
    let first = unread(&app, &customer).await;
    assert_eq!(first.status(), 200);
    let held = answers.held();
    assert!(held > 400_000, "{held}");
    let message = app.get(&customer).await.error(503, "UNAVAILABLE");
    assert!(message.contains("large answers"), "{message}");
    assert_eq!(app.get(&format!("{customer}?responseFields=id,email")).await.status, 200);
    let whole = first.into_body().collect().await.unwrap().to_bytes();
    drop(whole);
    assert_eq!(answers.held(), 0);
    assert_eq!(app.get(&customer).await.status, 200);
}
