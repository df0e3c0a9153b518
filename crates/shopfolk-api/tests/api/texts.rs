//! Texts over HTTP: in every script and spelling, compared as people read them.

use serde_json::{Value, json};

use shopfolk_api::Clock as _;

use crate::support::TestApp;

async fn customer(app: &TestApp, body: &Value) -> String {
    format!("/customers/{}", app.post("/customers", &body.to_string()).await.json()["id"])
}

async fn total(app: &TestApp, query: &[(&str, &str)]) -> i64 {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    app.get(&format!("/customers?{query}")).await.json()["total"].as_i64().unwrap()
}

#[tokio::test]
async fn addresses_of_every_script_are_taken_and_found() {
    let app = TestApp::start().await;
    let addresses = [
        "संपर्क@उदाहरण.भारत",
        "ग्राहक@example.com",
        "வாடிக்கையாளர்@எடுத்துக்காட்டு.இந்தியா",
        "ลูกค้า@ตัวอย่าง.ไทย",
        "a@نامه\u{200C}ای.com",
        "a@col·legi.cat",
        "a@東京・駅.jp",
        "cafe\u{301}@example.com",
    ];
    for (number, email) in (1..).zip(addresses) {
        // The order of a guest makes a customer of it.
        app.post("/orders", &json!({"email": email, "total": 5}).to_string()).await.json();
        assert_eq!(total(&app, &[("email", email), ("useExactEmailMatch", "true")]).await, 1, "{email}");
        assert_eq!(total(&app, &[]).await, number);
        let contact = json!({"type": "EMAIL", "contact": email}).to_string();
        assert_eq!(
            app.post(&format!("/customers/{number}/contacts"), &contact).await.json()["createCount"],
            0
        );
    }
    for email in ["a@xn--zzzzzz.com", "\u{200B}@example.com", "a@-.com"] {
        let body = json!({"email": email}).to_string();
        let message = app.post("/customers", &body).await.error(400, "WRONG_PARAMETER");
        assert!(message.contains("'email'"), "{message}");
        app.post("/orders", &json!({"email": email, "total": 5}).to_string())
            .await
            .error(400, "WRONG_PARAMETER");
    }
    customer(&app, &json!({"email": "a@münchen.de"})).await;
    let same = json!({"email": "A@xn--mnchen-3ya.de"}).to_string();
    app.post("/customers", &same).await.error(409, "CONSTRAINT_VIOLATION");
}

#[tokio::test]
async fn names_are_found_and_unique_in_every_spelling() {
    let app = TestApp::start().await;
    let body = json!({
        "email": "anna@example.com", "name": "Cafe\u{301} 감나무",
        "billingPerson": {"companyName": "ＡＣＭＥ", "city": "Hi\u{1EBF}u", "phone": "+٩٦٦ ٥٠ ١٢٣"}
    });
    customer(&app, &body).await;
    for (name, value) in [
        ("name", "caf\u{e9}"),
        ("name", "cafe"),
        ("keyword", "\u{1100}\u{1161}\u{11B7}"),
        ("companyName", "acme"),
        ("city", "hieu"),
        ("city", "Hie\u{302}\u{301}u"),
        ("phone", "0096650"),
        ("phone", "٩٦٦٥٠"),
    ] {
        assert_eq!(total(&app, &[(name, value)]).await, 1, "{name}={value}");
    }
    assert_eq!(total(&app, &[("name", "\u{200B}")]).await, 1, "nothing is asked");
    for (path, field, one, others) in [
        ("/customer_groups", "name", "Caf\u{e9}", ["Cafe\u{301}", "CAFÉ"]),
        ("/store_extrafields/customers", "title", "Gr\u{f6}ße", ["Gro\u{308}ße", "GRÖSSE"]),
    ] {
        app.post(path, &json!({field: one}).to_string()).await.json();
        for other in others {
            app.post(path, &json!({field: other}).to_string()).await.error(409, "CONSTRAINT_VIOLATION");
        }
    }
    let found = app.get("/customer_groups?keyword=cafe").await.json();
    assert_eq!(found["total"], 1);
}

#[tokio::test]
async fn what_cannot_be_seen_is_empty_and_ends_of_lines_are_newlines() {
    let app = TestApp::start().await;
    let anna = customer(&app, &json!({"email": "anna@example.com", "name": "\u{200B}"})).await;
    assert!(app.get(&anna).await.json().get("name").is_none());
    let contacts = format!("{anna}/contacts");
    let contact = |text: &str| json!({"type": "OTHER", "contact": text, "note": "a\r\nb\rc"}).to_string();
    app.post(&contacts, &contact("\u{200B}\u{202A}")).await.error(400, "WRONG_PARAMETER");
    let created = app.post(&contacts, &contact("x")).await.json();
    assert_eq!(created["note"], "a\nb\nc");
    let phone = |text: &str| json!({"type": "PHONE", "contact": text}).to_string();
    assert_eq!(app.post(&contacts, &phone("+49 176 123")).await.json()["createCount"], 1);
    for same in ["\u{202A}+49 176 123", "tel:+49176123", "＋４９ 176 123"] {
        assert_eq!(app.post(&contacts, &phone(same)).await.json()["createCount"], 0, "{same}");
    }
    let notes = json!({"privateAdminNotes": "1\r\n2"}).to_string();
    app.put(&anna, &notes).await.json();
    assert_eq!(app.get(&anna).await.json()["privateAdminNotes"], "1\n2");
}

#[tokio::test]
async fn null_leaves_lists_and_an_email_that_changes_is_a_contact() {
    let app = TestApp::start().await;
    let anna =
        customer(&app, &json!({"email": "d1@example.com", "shippingAddresses": [{"city": "X"}]})).await;
    app.put(&anna, r#"{"contacts": null, "shippingAddresses": null, "taxExempt": true}"#).await.json();
    let shown = app.get(&anna).await.json();
    assert_eq!(
        (shown["contacts"].as_array().unwrap().len(), shown["shippingAddresses"].as_array().unwrap().len()),
        (1, 1)
    );
    let own = format!("{anna}/contacts/{}", shown["contacts"][0]["id"]);
    app.put(&own, r#"{"contact": "d2@example.com"}"#).await.json();
    app.put(&anna, r#"{"email": "d3@example.com"}"#).await.json();
    let shown = app.get(&anna).await.json();
    let contacts: Vec<_> = shown["contacts"].as_array().unwrap().iter().map(|one| &one["contact"]).collect();
    assert_eq!(contacts, ["d2@example.com", "d3@example.com"]);
    // Sending back the whole customer changes nothing.
    app.put(&anna, &shown.to_string()).await.json();
    assert_eq!(app.get(&anna).await.json()["contacts"], shown["contacts"]);
    app.put(&anna, r#"{"contacts": []}"#).await.json();
    assert_eq!(app.get(&anna).await.json()["contacts"], json!([]));
}

#[tokio::test]
async fn renamed_groups_and_deleted_groups_and_fields_move_updated() {
    let app = TestApp::start().await;
    let group = app.post("/customer_groups", r#"{"name": "VIP"}"#).await.json()["id"].clone();
    let field = app.post("/store_extrafields/customers", r#"{"title": "Size"}"#).await.json()["key"].clone();
    let value = json!([{"key": field, "value": "XL"}]);
    let body = json!({"email": "a@example.com", "customerGroupId": group, "extrafields": value});
    let anna = customer(&app, &body).await;
    customer(&app, &json!({"email": "b@example.com"})).await;
    let groups = format!("/customer_groups/{group}");
    let fields = format!("/store_extrafields/customers/{}", field.as_str().unwrap());
    for (change, body) in [(&groups, Some(r#"{"name": "Gold"}"#)), (&fields, None), (&groups, None)] {
        app.clock.advance(60);
        match body {
            Some(body) => app.put(change, body).await.json(),
            None => app.delete(change).await.json(),
        };
        let now = app.clock.now().to_string();
        assert_eq!(app.get(&anna).await.json()["updated"], Value::from(now.clone()), "{change}");
        assert_eq!(total(&app, &[("updatedFrom", &now)]).await, 1, "{change}");
    }
}

#[tokio::test]
async fn type_that_does_not_fit_the_values_is_refused() {
    let app = TestApp::start().await;
    let field = app.post("/store_extrafields/customers", r#"{"title": "Size"}"#).await.json()["key"].clone();
    let path = format!("/store_extrafields/customers/{}", field.as_str().unwrap());
    let with =
        |value: &str| json!({"email": "a@example.com", "extrafields": [{"key": field, "value": value}]});
    let anna = customer(&app, &with("XL")).await;
    let message = app.put(&path, r#"{"type": "DATETIME"}"#).await.error(409, "CONSTRAINT_VIOLATION");
    assert!(message.contains("1 of its values"), "{message}");
    assert_eq!(app.get(&path).await.json()["type"], "TEXT");
    app.put(&anna, &with("2025-01-02").to_string()).await.json();
    app.put(&path, r#"{"type": "DATETIME"}"#).await.json();
    app.put(&anna, &with("XL").to_string()).await.error(400, "WRONG_PARAMETER");
}

#[tokio::test]
async fn descending_order_is_the_exact_reverse() {
    let app = TestApp::start().await;
    for name in ["a", "b", "c", "d"] {
        let body = json!({"email": format!("{name}@example.com"), "name": "Same"});
        customer(&app, &body).await;
    }
    for field in [
        "NAME",
        "REGISTERED_DATE",
        "UPDATED_DATE",
        "ORDER_COUNT",
        "SALES_VALUE",
        "FIRST_ORDER_DATE",
        "LAST_ORDER_DATE",
    ] {
        let ids = async |direction: &str| {
            let found = app.get(&format!("/customers_ids?sortBy={field}_{direction}")).await.json();
            found["ids"].as_array().unwrap().clone()
        };
        let mut reversed = ids("DESC").await;
        reversed.reverse();
        assert_eq!(ids("ASC").await, reversed, "{field}");
    }
}
