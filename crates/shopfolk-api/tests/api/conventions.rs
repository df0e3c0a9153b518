//! What holds for every call: fields of the answer, request ids, compression, slashes, methods.

use axum::http::Method;
use serde_json::json;

use crate::support::{Call, STORE, TestApp};

#[tokio::test]
async fn only_the_fields_that_are_asked_for_are_answered() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let list = app.get("/customers?responseFields=total,items(email,contacts(contact,type),nonsense)").await;
    assert_eq!(
        list.text,
        r#"{"total":1,"items":[{"email":"anna@example.com","contacts":[{"contact":"anna@example.com","type":"EMAIL"}]}]}"#
    );
    let one = app.get(&format!("{customer}?responseFields=email")).await;
    assert_eq!(one.json(), json!({"email": "anna@example.com"}));
    let contacts = app.get(&format!("{customer}/contacts?responseFields=items(type)")).await;
    assert_eq!(contacts.json(), json!({"items": [{"type": "EMAIL"}]}));
    let profile = app.get("/profile?responseFields=generalInfo%28storeId%29").await;
    assert_eq!(profile.json(), json!({"generalInfo": {"storeId": STORE}}));
    assert_eq!(app.get("/customers?responseFields=").await.text, app.get("/customers").await.text);
    assert_eq!(app.get("/customers?responseFields=nonsense").await.text, "{}");
    for fields in ["items(id", "items)", "a,,b", "a,", ",a", "items()"] {
        let answer = app.get(&format!("/customers?responseFields={fields}")).await;
        let message = answer.error(400, "WRONG_PARAMETER");
        assert!(
            message.starts_with(&format!("Wrong value '{fields}' of parameter 'responseFields': it must"))
        );
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let app = TestApp::start().await;
    for (method, path) in [
        (Method::GET, "/healthz"),
        (Method::GET, "/nowhere"),
        (Method::PATCH, "/healthz"),
        (Method::GET, "/api/v3/1/profile"),
    ] {
        let call = |app: &TestApp| app.bare(method.clone(), path);
        assert!(!call(&app).send().await.header("x-request-id").is_empty(), "{path}");
        let own = call(&app).header("x-request-id", "my-own_1").send().await;
        assert_eq!(own.header("x-request-id"), "my-own_1", "{path}");
        let own = call(&app).header("x-ecwid-api-request-id", "2").header("x-request-id", "1").send().await;
        assert_eq!(own.header("x-request-id"), "2", "{path}");
        let bad = call(&app).header("x-request-id", "<script>").send().await;
        assert!(!bad.header("x-request-id").contains('<'), "{path}");
    }
}

#[tokio::test]
async fn an_answer_is_compressed_when_asked_for_and_worth_it() {
    let app = TestApp::start().await;
    for number in 0..20 {
        app.create_customer(&format!("{number}@example.com")).await;
    }
    let call = |path: &str| app.call(Method::GET, path).header("accept-encoding", "br, gzip;q=0.8");
    let large = call("/customers").send().await;
    assert_eq!((large.header("content-encoding"), &large.bytes[..2]), ("gzip", &[0x1f, 0x8b][..]));
    assert_eq!(call("/profile").send().await.header("content-encoding"), "");
    assert_eq!(app.get("/customers").await.header("content-encoding"), "");
    let refused = app.call(Method::GET, "/customers").header("accept-encoding", "gzip;q=0").send().await;
    assert_eq!(refused.header("content-encoding"), "");
}

#[tokio::test]
async fn a_slash_at_the_end_is_ignored() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    for path in ["/profile", "/customers", customer.as_str(), &format!("{customer}/contacts")] {
        let with = app.get(&format!("{path}/?a=b")).await;
        assert_eq!((with.status.as_u16(), &with.text), (200, &app.get(path).await.text), "{path}");
    }
    let created = app.post(&format!("{customer}/contacts/"), r#"{"type": "PHONE", "contact": "1"}"#).await;
    assert_eq!(created.json()["createCount"], 1);
    assert_eq!(app.bare(Method::GET, "/healthz/").send().await.status, 200);
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let app = TestApp::start().await;
    let get = app.get("/profile").await;
    let head = app.call(Method::HEAD, "/profile").send().await;
    assert_eq!((head.status, head.text.as_str()), (get.status, ""));
    assert_eq!(head.header("content-length"), get.text.len().to_string());
}

#[tokio::test]
async fn json_comes_under_its_names_or_none() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let call = |number: usize| -> Call {
        app.call(Method::POST, &format!("{customer}/contacts"))
            .body(format!(r#"{{"type": "PHONE", "contact": "{number}"}}"#))
    };
    for (number, name) in
        ["application/json", "text/json;charset=utf-8", "application/vnd.api+json", "APPLICATION/JSON"]
            .into_iter()
            .enumerate()
    {
        assert_eq!(call(number).header("content-type", name).send().await.status, 200, "{name}");
    }
    assert_eq!(call(9).send().await.status, 200);
}
