//! The calls on contacts, and their rules.

use axum::http::Method;
use serde_json::json;

use crate::support::TestApp;

const PHONE: &str = r#"{"type": "PHONE", "contact": "+1 234"}"#;

#[tokio::test]
async fn created_contact_is_answered_whole_with_its_path() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let answer = app
        .post(
            &format!("{customer}/contacts"),
            r#"{"contact": " https://www.facebook.com/myshop_page ", "type": "FACEBOOK", "note": "a note",
                "default": true, "orderBy": 7, "timestamp": "2024-01-02 03:04:05 +0100"}"#,
        )
        .await;
    let id = answer.json()["id"].to_string();
    insta::assert_snapshot!(
        answer.text.replace(&format!("\"id\":{id}"), "\"id\":ID"),
        @r#"{"createCount":1,"id":ID,"contact":"https://www.facebook.com/myshop_page","type":"FACEBOOK","handle":"myshop_page","note":"a note","default":true,"orderBy":7,"timestamp":"2024-01-02 02:04:05 +0000"}"#
    );
    let path = format!("/api/v3/1003{customer}/contacts/{id}");
    assert_eq!(answer.header("location"), path);
    let found = app.bare(Method::GET, &path).token(&app.token).send().await;
    assert_eq!(found.text, answer.text.replace("\"createCount\":1,", ""));
}

#[tokio::test]
async fn what_is_left_out_takes_its_default() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let answer = app.post(&format!("{customer}/contacts"), PHONE).await;
    let id = answer.json()["id"].to_string();
    insta::assert_snapshot!(
        answer.text.replace(&format!("\"id\":{id}"), "\"id\":ID"),
        @r#"{"createCount":1,"id":ID,"contact":"+1 234","type":"PHONE","default":false,"orderBy":1,"timestamp":"2025-03-26 11:07:12 +0000"}"#
    );
}

#[tokio::test]
async fn repeated_create_answers_with_what_is_there() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    for (first, again) in [
        (PHONE, r#"{"type": "PHONE", "contact": "+1-2-34", "note": "ignored", "default": true}"#),
        (
            r#"{"type": "URL", "contact": "https://Example.com/A"}"#,
            r#"{"type": "URL", "contact": "HTTPS://example.com/A/"}"#,
        ),
        (
            r#"{"type": "EMAIL", "contact": "b@example.com"}"#,
            r#"{"type": "EMAIL", "contact": "B@Example.com"}"#,
        ),
    ] {
        let first = app.post(&format!("{customer}/contacts"), first).await;
        let again = app.post(&format!("{customer}/contacts"), again).await;
        assert_eq!(again.text, first.text.replace("\"createCount\":1", "\"createCount\":0"));
        assert_eq!(again.header("location"), first.header("location"));
    }
}

#[tokio::test]
async fn contacts_are_listed_by_place_then_id() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    for body in [
        r#"{"type": "PHONE", "contact": "1", "orderBy": 5}"#,
        r#"{"type": "PHONE", "contact": "2"}"#,
        r#"{"type": "PHONE", "contact": "3", "orderBy": true}"#,
        r#"{"type": "PHONE", "contact": "4", "orderBy": false}"#,
        r#"{"type": "PHONE", "contact": "5", "orderBy": 5.0}"#,
    ] {
        app.create_contact(&customer, body).await;
    }
    assert_eq!(
        app.contacts(&customer).await,
        ["EMAIL anna@example.com 0*", "PHONE 4 0", "PHONE 3 1", "PHONE 1 5", "PHONE 5 5", "PHONE 2 6"]
    );
}

#[tokio::test]
async fn a_new_default_takes_it_from_the_old_one() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    app.create_contact(&customer, r#"{"type": "PHONE", "contact": "1", "default": true}"#).await;
    let second = app.create_contact(&customer, r#"{"type": "PHONE", "contact": "2", "default": true}"#).await;
    assert_eq!(app.contacts(&customer).await, ["EMAIL anna@example.com 0*", "PHONE 1 1", "PHONE 2 2*"]);
    let path = format!("{customer}/contacts/{second}");
    app.put(&path, r#"{"default": false}"#).await;
    assert_eq!(app.contacts(&customer).await[1..], ["PHONE 1 1", "PHONE 2 2"]);
}

#[tokio::test]
async fn a_change_keeps_what_it_leaves_out() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let id = app
        .create_contact(&customer, r#"{"type": "TELEGRAM", "contact": "https://t.me/anna", "note": "n"}"#)
        .await;
    let path = format!("{customer}/contacts/{id}");
    let answer = app.put(&path, r#"{"orderBy": 9, "timestamp": 0, "unknown": 1}"#).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"updateCount":1}"#));
    let changed = json!({
        "id": id, "contact": "https://t.me/anna", "type": "TELEGRAM", "handle": "anna", "note": "n",
        "default": false, "orderBy": 9, "timestamp": "1970-01-01 00:00:00 +0000",
    });
    assert_eq!(app.get(&path).await.json(), changed);

    app.put(&path, r#"{"note": null, "handle": ""}"#).await;
    let contact = app.get(&path).await.json();
    assert!(contact.get("note").is_none() && contact.get("handle").is_none(), "{contact}");
}

#[tokio::test]
async fn a_change_that_says_nothing_counts_nothing() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let id = app.create_contact(&customer, PHONE).await;
    let before = app.get(&customer).await.text;
    app.clock.advance(10);
    for body in ["{}", r#"{"id": 1, "more": [1]}"#, r#"{"contact": null, "type": null, "default": null}"#] {
        let answer = app.put(&format!("{customer}/contacts/{id}"), body).await;
        assert_eq!(answer.text, r#"{"updateCount":0}"#, "{body}");
    }
    assert_eq!(app.get(&customer).await.text, before);
    app.put(&format!("{customer}/contacts/999999"), "{}").await.error(404, "CUSTOMER_CONTACT_NOT_FOUND");
}

#[tokio::test]
async fn a_changed_type_takes_no_default_away_unless_told_to() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    app.create_contact(&customer, r#"{"type": "PHONE", "contact": "1", "default": true}"#).await;
    let viber = app.create_contact(&customer, r#"{"type": "VIBER", "contact": "2", "default": true}"#).await;
    let path = format!("{customer}/contacts/{viber}");
    app.put(&path, r#"{"type": "PHONE"}"#).await;
    assert_eq!(app.contacts(&customer).await[1..], ["PHONE 1 1*", "PHONE 2 2"]);
    app.put(&path, r#"{"default": true}"#).await;
    assert_eq!(app.contacts(&customer).await[1..], ["PHONE 1 1", "PHONE 2 2*"]);
}

#[tokio::test]
async fn a_change_into_another_contact_is_a_conflict() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let first = app.create_contact(&customer, PHONE).await;
    let second = app.create_contact(&customer, r#"{"type": "PHONE", "contact": "2"}"#).await;
    let answer = app.put(&format!("{customer}/contacts/{second}"), r#"{"contact": "+1-234"}"#).await;
    assert_eq!(
        answer.error(409, "CONSTRAINT_VIOLATION"),
        format!("The customer already has this contact: PHONE '+1 234' is contact #{first}")
    );
}

#[tokio::test]
async fn a_change_to_an_email_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let id = app.create_contact(&customer, PHONE).await;
    let answer = app.put(&format!("{customer}/contacts/{id}"), r#"{"type": "EMAIL"}"#).await;
    let message = answer.error(400, "WRONG_PARAMETER");
    assert!(message.starts_with("Wrong value '+1 234' of parameter 'contact': it must be a valid e-mail"));
}

#[tokio::test]
async fn a_deleted_contact_is_gone_at_once() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let id = app.create_contact(&customer, r#"{"type": "PHONE", "contact": "1", "default": true}"#).await;
    app.create_contact(&customer, r#"{"type": "PHONE", "contact": "2"}"#).await;
    let path = format!("{customer}/contacts/{id}");
    assert_eq!(app.delete(&path).await.text, r#"{"deleteCount":1}"#);
    for answer in [app.delete(&path).await, app.get(&path).await, app.put(&path, "{}").await] {
        assert_eq!(
            answer.error(404, "CUSTOMER_CONTACT_NOT_FOUND"),
            format!("Customer contact #{id} not found")
        );
    }
    assert_eq!(app.contacts(&customer).await[1..], ["PHONE 2 2"]);
}

#[tokio::test]
async fn the_customer_is_looked_at_before_the_contact() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let other = app.create_customer("bert@example.com").await;
    let id = app.create_contact(&other, PHONE).await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        for contact in [id.to_string(), "7".to_owned(), "9".repeat(30)] {
            let call = |customer: &str| {
                app.call(method.clone(), &format!("{customer}/contacts/{contact}")).body("{}").send()
            };
            let message = call("/customers/12").await.error(404, "CUSTOMER_NOT_FOUND");
            assert_eq!(message, "Customer #12 not found");
            let message = call(&customer).await.error(404, "CUSTOMER_CONTACT_NOT_FOUND");
            assert_eq!(message, format!("Customer contact #{contact} not found"));
        }
        let call = |path: &str| app.call(method.clone(), path).body("{}").send();
        call(&format!("{customer}/contacts/x")).await.error(400, "WRONG_PARAMETER");
        call("/customers/x/contacts/1").await.error(400, "WRONG_PARAMETER");
        call("/customers/2147483648/contacts/1").await.error(404, "CUSTOMER_NOT_FOUND");
    }
    for method in [Method::GET, Method::POST] {
        app.call(method, "/customers/12/contacts").body(PHONE).send().await.error(404, "CUSTOMER_NOT_FOUND");
    }
}

#[tokio::test]
async fn contact_after_the_five_hundredth_is_refused() {
    let app = TestApp::start().await;
    let contacts: Vec<_> =
        (0..499).map(|number| format!(r#"{{"type": "OTHER", "contact": "{number}"}}"#)).collect();
    let body = format!(r#"{{"email": "a@example.com", "contacts": [{}]}}"#, contacts.join(","));
    let customer = format!("/customers/{}", app.post("/customers", &body).await.json()["id"]);
    assert_eq!(app.contacts(&customer).await.len(), 500);
    let message = app.post(&format!("{customer}/contacts"), PHONE).await.error(409, "CONSTRAINT_VIOLATION");
    assert_eq!(message, "A customer can have at most 500 contacts, this one has that many");
    let again = app.post(&format!("{customer}/contacts"), r#"{"type": "OTHER", "contact": "7"}"#).await;
    assert_eq!(again.json()["createCount"], 0);
}

#[tokio::test]
async fn every_write_moves_the_time_of_the_customer() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let updated = async || app.get(&customer).await.json()["updated"].as_str().unwrap().to_owned();
    app.clock.advance(1);
    let id = app.create_contact(&customer, PHONE).await;
    assert_eq!(updated().await, "2025-03-26 11:07:13 +0000");
    app.clock.advance(1);
    app.put(&format!("{customer}/contacts/{id}"), r#"{"note": "n"}"#).await;
    assert_eq!(updated().await, "2025-03-26 11:07:14 +0000");
    app.clock.advance(1);
    app.delete(&format!("{customer}/contacts/{id}")).await;
    assert_eq!(updated().await, "2025-03-26 11:07:15 +0000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_creates_keep_the_rules() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let customer = app.create_customer("anna@example.com").await;
    let creates = (0..40).map(|number| {
        let (app, customer) = (std::sync::Arc::clone(&app), customer.clone());
        tokio::spawn(async move {
            let body = format!(r#"{{"type": "PHONE", "contact": "{}", "default": true}}"#, number % 20);
            app.post(&format!("{customer}/contacts"), &body).await.json()["createCount"].as_i64().unwrap()
        })
    });
    let mut count = 0;
    for create in creates.collect::<Vec<_>>() {
        count += create.await.unwrap();
    }
    let contacts = app.contacts(&customer).await;
    assert_eq!((count, contacts.len()), (20, 21));
    assert_eq!(
        contacts.iter().filter(|contact| contact.starts_with("PHONE") && contact.ends_with('*')).count(),
        1
    );
    let places: std::collections::BTreeSet<_> =
        contacts.iter().filter_map(|contact| contact.trim_end_matches('*').rsplit(' ').next()).collect();
    assert_eq!(places.len(), 21);
}

#[tokio::test]
async fn contacts_are_ordered_by_one_call_or_not_at_all() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    app.post(&format!("{customer}/contacts"), PHONE).await;
    let contacts = format!("{customer}/contacts");
    let listed = async || {
        let list = app.get(&contacts).await.json();
        let ids = list["items"].as_array().unwrap().iter().map(|contact| contact["id"].clone());
        ids.collect::<Vec<_>>()
    };
    let order = format!("{contacts}/order");
    let before = listed().await;
    for wrong in [
        json!({}),
        json!({"ids": "1"}),
        json!({"ids": []}),
        json!({"ids": [before[0]]}),
        json!({"ids": [before[0], before[1], before[0]]}),
        json!({"ids": [before[0], before[1], 1]}),
    ] {
        let message = app.put(&order, &wrong.to_string()).await.error(400, "WRONG_PARAMETER");
        assert!(message.contains("'ids'"), "{message}");
    }
    assert_eq!(listed().await, before);
    let after = [before[1].clone(), before[0].clone()];
    let body = json!({ "ids": after }).to_string();
    assert_eq!(app.put(&order, &body).await.text, r#"{"updateCount":1}"#);
    assert_eq!(listed().await, after);
    assert_eq!(app.put(&order, &body).await.text, r#"{"updateCount":0}"#);
    app.put("/customers/999/contacts/order", &body).await.error(404, "CUSTOMER_NOT_FOUND");
}
