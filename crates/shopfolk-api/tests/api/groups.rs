//! Customer groups over HTTP.

use crate::support::TestApp;

async fn create(app: &TestApp, body: &str) -> String {
    app.post("/customer_groups", body).await.json()["id"].to_string()
}

#[tokio::test]
async fn created_group_is_answered_with_its_id_and_path() {
    let app = TestApp::start().await;
    let answer = app.post("/customer_groups", r#"{"name": " VIP ", "externalReferenceId": "7"}"#).await;
    let id = answer.json()["id"].to_string();
    assert_eq!(answer.text, format!(r#"{{"id":{id}}}"#));
    assert_eq!(answer.header("location"), format!("/api/v3/1003/customer_groups/{id}"));
    let group = app.get(&format!("/customer_groups/{id}")).await;
    assert_eq!(group.text, format!(r#"{{"id":{id},"name":"VIP","externalReferenceId":"7"}}"#));
}

#[tokio::test]
async fn groups_are_listed_in_pages_with_the_built_in_one_first() {
    let app = TestApp::start().await;
    let first = create(&app, r#"{"name": "Gold"}"#).await;
    let second = create(&app, r#"{"name": "Goldfish"}"#).await;
    let list = async |query: &str| {
        let answer = app.get(&format!("/customer_groups{query}")).await.json();
        let items = answer["items"].as_array().unwrap().iter();
        let names: Vec<_> = items.map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        format!("{} {} {} {}", answer["total"], answer["count"], answer["limit"], names.join(","))
    };
    assert_eq!(list("").await, "3 3 100 General,Gold,Goldfish");
    assert_eq!(list("?limit=5000").await, "3 3 1000 General,Gold,Goldfish");
    assert_eq!(list("?limit=1&offset=1").await, "3 1 1 Gold");
    assert_eq!(list("?keyword=GOLD").await, "2 2 100 Gold,Goldfish");
    assert_eq!(list(&format!("?customerGroupIds=0,%20{second}")).await, "2 2 100 General,Goldfish");
    assert_eq!(list(&format!("?customerGroupId={first}")).await, "1 1 100 Gold");
    for query in ["limit=0", "customerGroupIds=a", "customerGroupId=-1", "keyword=%01"] {
        app.get(&format!("/customer_groups?{query}")).await.error(400, "WRONG_PARAMETER");
    }
}

#[tokio::test]
async fn changed_group_keeps_what_the_change_leaves_out() {
    let app = TestApp::start().await;
    let path =
        format!("/customer_groups/{}", create(&app, r#"{"name": "A", "externalReferenceId": "7"}"#).await);
    assert_eq!(app.put(&path, r#"{"name": "B"}"#).await.text, r#"{"updateCount":1}"#);
    assert_eq!(app.put(&path, r#"{"id": 5}"#).await.text, r#"{"updateCount":0}"#);
    let group = app.get(&path).await.json();
    assert_eq!((&group["name"], &group["externalReferenceId"]), (&"B".into(), &"7".into()));
    app.put(&path, r#"{"externalReferenceId": null}"#).await.json();
    assert!(app.get(&path).await.json().get("externalReferenceId").is_none());
}

#[tokio::test]
async fn deleted_group_is_gone_and_its_customers_are_in_the_built_in_one() {
    let app = TestApp::start().await;
    let group = create(&app, r#"{"name": "VIP"}"#).await;
    let body = format!(r#"{{"email": "anna@example.com", "customerGroupId": {group}}}"#);
    let customer = format!("/customers/{}", app.post("/customers", &body).await.json()["id"]);
    let shown = async || {
        let customer = app.get(&customer).await.json();
        format!("{} {}", customer["customerGroupId"], customer["customerGroupName"])
    };
    assert_eq!(shown().await, format!("{group} \"VIP\""));
    let path = format!("/customer_groups/{group}");
    assert_eq!(app.delete(&path).await.text, r#"{"deleteCount":1}"#);
    assert_eq!(shown().await, "0 \"General\"");
    assert_eq!(
        app.delete(&path).await.error(404, "CUSTOMER_GROUP_NOT_FOUND"),
        format!("Customer group #{group} not found")
    );
    app.put(&customer, r#"{"customerGroupId": null}"#).await.json();
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let group = create(&app, r#"{"name": "VIP", "externalReferenceId": "7"}"#).await;
    let customer = app.create_customer("anna@example.com").await;
    let long = format!(r#"{{"name": "{}"}}"#, "x".repeat(256));
    for body in ["{}", r#"{"name": ""}"#, r#"{"name": 5}"#, r#"{"name": null}"#, &long] {
        app.post("/customer_groups", body).await.error(400, "WRONG_PARAMETER");
    }
    app.post("/customer_groups", r#"{"name": "vip"}"#).await.error(409, "CONSTRAINT_VIOLATION");
    app.post("/customer_groups", r#"{"name": "GENERAL"}"#).await.error(409, "CONSTRAINT_VIOLATION");
    let taken = r#"{"name": "B", "externalReferenceId": "7"}"#;
    app.post("/customer_groups", taken).await.error(409, "EXTERNAL_ID_ALREADY_USED");
    for message in [
        app.put("/customer_groups/0", r#"{"name": "B"}"#).await.error(400, "WRONG_PARAMETER"),
        app.delete("/customer_groups/0").await.error(400, "WRONG_PARAMETER"),
    ] {
        assert!(message.contains("built in"), "{message}");
    }
    for path in ["/customer_groups/99", "/customer_groups/99999999999"] {
        app.get(path).await.error(404, "CUSTOMER_GROUP_NOT_FOUND");
        app.put(path, r#"{"name": "B"}"#).await.error(404, "CUSTOMER_GROUP_NOT_FOUND");
    }
    app.get("/customer_groups/vip").await.error(400, "WRONG_PARAMETER");
    let unknown = app.put(&customer, r#"{"customerGroupId": 99}"#).await.error(400, "WRONG_PARAMETER");
    assert_eq!(unknown, "Wrong value of parameter 'customerGroupId': there is no customer group #99");
    let new = r#"{"email": "b@example.com", "customerGroupId": 99}"#;
    app.post("/customers", new).await.error(400, "WRONG_PARAMETER");
    assert_eq!(app.get("/customer_groups").await.json()["total"], 2);
    assert_eq!(app.get("/customers").await.json()["total"], 1);
    let _ = group;
}
