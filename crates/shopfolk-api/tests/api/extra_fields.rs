//! Extra fields of customers over HTTP.

use crate::support::TestApp;

const FIELDS: &str = "/store_extrafields/customers";

async fn create(app: &TestApp, body: &str) -> String {
    let answer = app.post(FIELDS, body).await.json();
    assert_eq!(answer["createCount"], 1, "{answer}");
    answer["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn created_field_is_answered_with_its_key() {
    let app = TestApp::start().await;
    let answer =
        app.post(FIELDS, r#"{"title": "Birthday", "type": "datetime", "shownOnOrderDetails": true}"#).await;
    let key = answer.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(answer.text, format!(r#"{{"createCount":1,"key":"{key}"}}"#));
    assert_eq!(answer.header("location"), format!("/api/v3/1003{FIELDS}/{key}"));
    let field = app.get(&format!("{FIELDS}/{key}")).await.text.replace(&key, "KEY");
    insta::assert_snapshot!(field, @r#"{"key":"KEY","title":"Birthday","entityTypes":["CUSTOMERS"],"type":"DATETIME","shownOnOrderDetails":true,"linkedWithCheckoutField":false,"createdDate":"2025-03-26 11:07:12 +0000","lastModifiedDate":"2025-03-26 11:07:12 +0000"}"#);
    let other = create(&app, r#"{"title": "Size"}"#).await;
    let items = app.get(FIELDS).await.json()["items"].clone();
    assert_eq!(
        (&items[0]["key"], &items[1]["key"], &items[1]["type"]),
        (&key.into(), &other.into(), &"TEXT".into())
    );
}

#[tokio::test]
async fn changed_field_keeps_what_the_change_leaves_out() {
    let app = TestApp::start().await;
    let path = format!("{FIELDS}/{}", create(&app, r#"{"title": "A"}"#).await);
    app.clock.advance(60);
    assert_eq!(app.put(&path, r#"{"shownOnOrderDetails": true}"#).await.text, r#"{"updateCount":1}"#);
    assert_eq!(app.put(&path, r#"{"key": "x"}"#).await.text, r#"{"updateCount":0}"#);
    let field = app.get(&path).await.json();
    assert_eq!((&field["title"], &field["shownOnOrderDetails"]), (&"A".into(), &true.into()));
    assert_eq!(field["lastModifiedDate"], "2025-03-26 11:08:12 +0000");
}

#[tokio::test]
async fn values_are_set_by_key_or_title_and_shown_with_the_customer() {
    let app = TestApp::start().await;
    let size = create(&app, r#"{"title": "Size"}"#).await;
    let birthday = create(&app, r#"{"title": "Birthday", "type": "DATETIME"}"#).await;
    let body = format!(
        r#"{{"email": "anna@example.com", "extrafields": [{{"key": "{birthday}", "value": "1990-02-03"}},
            {{"title": "size", "value": " XL "}}]}}"#
    );
    let customer = format!("/customers/{}", app.post("/customers", &body).await.json()["id"]);
    let shown = app.get(&format!("{customer}?responseFields=extrafields")).await.text;
    let shown = shown.replace(&size, "SIZE").replace(&birthday, "BIRTHDAY");
    insta::assert_snapshot!(shown, @r#"{"extrafields":[{"key":"SIZE","title":"Size","value":"XL","type":"TEXT","orderBy":0,"entityTypes":["CUSTOMERS"]},{"key":"BIRTHDAY","title":"Birthday","value":"1990-02-03","type":"DATETIME","orderBy":1,"entityTypes":["CUSTOMERS"]}]}"#);
    app.put(&customer, &format!(r#"{{"extrafields": [{{"key": "{size}", "value": null}}]}}"#)).await.json();
    let items = app.get("/customers").await.json()["items"][0]["extrafields"].clone();
    assert_eq!((items.as_array().unwrap().len(), &items[0]["key"]), (1, &birthday.clone().into()));
    assert_eq!(app.delete(&format!("{FIELDS}/{birthday}")).await.text, r#"{"deleteCount":1}"#);
    assert!(app.get(&customer).await.json().get("extrafields").is_none());
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let key = create(&app, r#"{"title": "Birthday", "type": "DATETIME"}"#).await;
    let customer = app.create_customer("anna@example.com").await;
    for body in [
        "{}",
        r#"{"title": ""}"#,
        r#"{"title": "A", "type": "NUMBER"}"#,
        r#"{"title": "A", "shownOnOrderDetails": 1}"#,
    ] {
        app.post(FIELDS, body).await.error(400, "WRONG_PARAMETER");
    }
    app.post(FIELDS, r#"{"title": "BIRTHDAY"}"#).await.error(409, "CONSTRAINT_VIOLATION");
    for path in [format!("{FIELDS}/aaaaaaa"), format!("{FIELDS}/too-long-for-a-key")] {
        app.get(&path).await.error(404, "EXTRA_FIELD_NOT_FOUND");
        app.put(&path, "{}").await.error(404, "EXTRA_FIELD_NOT_FOUND");
        app.delete(&path).await.error(404, "EXTRA_FIELD_NOT_FOUND");
    }
    let before = app.get(&customer).await.text;
    for (entry, message) in [
        (r#"{"key": "aaaaaaa", "value": "x"}"#.to_owned(), "there is no extra field 'aaaaaaa'"),
        (r#"{"title": "Colour", "value": "x"}"#.to_owned(), "there is no extra field 'Colour'"),
        (r#"{"value": "x"}"#.to_owned(), "is missing"),
        (format!(r#"{{"key": "{key}", "value": "soon"}}"#), "must be UNIX seconds or a date"),
        (r#"{"key": "short", "value": "x"}"#.to_owned(), "'extrafields[0].key'"),
        (format!(r#"{{"key": "{key}", "value": 5}}"#), "'extrafields[0].value'"),
    ] {
        let body = format!(r#"{{"name": "B", "extrafields": [{entry}]}}"#);
        let error = app.put(&customer, &body).await.error(400, "WRONG_PARAMETER");
        assert!(error.contains(message) && error.contains("extrafields"), "{error}");
    }
    assert_eq!(app.get(&customer).await.text, before);
}
