//! Large bodies and answers: how many bytes of them are held at once.

use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::Value;
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
    let request = Request::builder().uri(format!("/api/v3/{STORE}{path}")).header("host", "shop");
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
    let customer = large_customer(&app, "anna@example.com", 110).await;
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

#[tokio::test]
async fn a_large_list_comes_in_portions_and_is_what_its_entries_are_one_by_one() {
    let (app, _, answers) = app_with_room(1 << 20, 16 << 20).await;
    let mut paths = Vec::new();
    for (name, contacts) in [("small", 1), ("large", 300), ("anna", 60), ("bert", 60), ("cleo", 60)] {
        paths.push(large_customer(&app, &format!("{name}@example.com"), contacts).await);
    }
    let response = unread(&app, "/customers").await;
    assert_eq!((response.status().as_u16(), response.headers().get("content-length")), (200, None));
    let mut body = response.into_body();
    let (mut text, mut portions, mut most) = (Vec::new(), 0, 0);
    while let Some(frame) = body.frame().await {
        most = most.max(answers.held());
        text.extend(frame.unwrap().into_data().unwrap());
        portions += 1;
    }
    assert!(portions >= 5, "{portions}");
    assert!(most <= 600_000, "{most} bytes are held at once, of {}", text.len());
    assert_eq!(answers.held(), 0);
    let list: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((&list["total"], &list["count"], &list["limit"]), (&5.into(), &5.into(), &100.into()));
    for (item, path) in list["items"].as_array().unwrap().iter().zip(&paths) {
        assert_eq!(*item, app.get(path).await.json());
        assert_eq!(item["contacts"], app.get(&format!("{path}/contacts")).await.json()["items"]);
    }
    assert_eq!(list["items"][1]["contacts"].as_array().unwrap().len(), 301);
    let selected = app.get("/customers?responseFields=items(id,contacts(contact))").await.json();
    assert_eq!(selected.as_object().unwrap().len(), 1, "no count that nobody asked for");
    for (item, path) in selected["items"].as_array().unwrap().iter().zip(&paths) {
        assert_eq!(*item, app.get(&format!("{path}?responseFields=id,contacts(contact)")).await.json());
    }
}

#[tokio::test]
async fn an_unread_answer_holds_no_more_than_a_portion() {
    let (app, _, answers) = app_with_room(1 << 20, 16 << 20).await;
    for name in ["anna", "bert", "cleo", "dora"] {
        large_customer(&app, &format!("{name}@example.com"), 100).await;
    }
    let unread: Vec<_> = [unread(&app, "/customers").await, unread(&app, "/customers").await].into();
    assert!(answers.held() <= 2 * 524_288, "{}", answers.held());
    drop(unread);
    assert_eq!(answers.held(), 0);
}

#[tokio::test]
async fn a_customer_who_goes_while_the_contacts_are_read_breaks_the_answer_off() {
    let app = TestApp::start().await;
    let customer = large_customer(&app, "anna@example.com", 400).await;
    let mut body = unread(&app, &customer).await.into_body();
    body.frame().await.unwrap().unwrap();
    app.delete(&customer).await.json();
    assert!(body.collect().await.is_err());
}

#[tokio::test]
async fn rows_that_are_left_out_of_a_streamed_answer_are_counted_in_its_trailer() {
    let app = TestApp::start().await;
    let customer = large_customer(&app, "anna@example.com", 300).await;
    let id = app.get(&format!("{customer}?responseFields=contacts(id)")).await.json();
    let id = id["contacts"][299]["id"].to_string();
    app.put(&format!("{customer}/contacts/{id}"), r#"{"handle":"settled"}"#).await.json();
    let damage = format!("UPDATE contacts SET note = CAST(x'ff' AS TEXT) WHERE contact_id = {id}");
    rusqlite::Connection::open(app.database()).unwrap().execute(&damage, ()).unwrap();
    let response = unread(&app, &customer).await;
    assert_eq!(response.headers()["trailer"], "x-shopfolk-damaged");
    assert_eq!(response.headers().get("x-shopfolk-damaged"), None, "it is not known yet");
    let whole = response.into_body().collect().await.unwrap();
    assert_eq!(whole.trailers().unwrap()["x-shopfolk-damaged"], "1");
    let customer: Value = serde_json::from_slice(&whole.to_bytes()).unwrap();
    assert_eq!(customer["contacts"].as_array().unwrap().len(), 300);
}

#[tokio::test]
async fn large_orders_come_in_portions_and_short_ones_without_their_documents() {
    let app = TestApp::start().await;
    let note = "n".repeat(300_000);
    for number in 0..4 {
        let body = format!(r#"{{"email":"a@example.com","number":{number},"note":"{note}"}}"#);
        app.post("/orders", &body).await.json();
    }
    let response = unread(&app, "/orders").await;
    assert_eq!(response.headers().get("content-length"), None);
    let list: Value =
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    let numbers: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|order| order["number"].clone()).collect();
    assert_eq!((numbers, &list["count"]), (vec![3.into(), 2.into(), 1.into(), 0.into()], &4.into()));
    assert_eq!(list["items"][0]["note"], *note);

    let damage = "UPDATE orders SET document = 'none'";
    rusqlite::Connection::open(app.database()).unwrap().execute(damage, ()).unwrap();
    let ids = app.get("/orders?responseFields=total,items(id,orderNumber,customerId)").await;
    assert_eq!(ids.header("x-shopfolk-damaged"), "", "documents are not read");
    assert_eq!(ids.json()["items"].as_array().unwrap().len(), 4);
    assert_eq!(app.get("/orders?responseFields=total").await.text, r#"{"total":4}"#);
    let whole = app.get("/orders").await;
    assert_eq!((whole.header("x-shopfolk-damaged"), &whole.json()["count"]), ("4", &0.into()));
}
