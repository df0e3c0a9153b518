//! Orders over HTTP.

use crate::support::TestApp;

#[tokio::test]
async fn recorded_order_is_answered_with_what_was_sent() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let customer_id = customer.rsplit('/').next().unwrap();
    let body = format!(
        r#"{{"customerId": {customer_id}, "total": 12.50, "createDate": "2025-03-01", "id": "ignored", "shippingPerson": {{"name": "A"}},
            "items": [{{"productId": 7, "name": "Tea", "quantity": 2}}, {{"name": "a gift"}}]}}"#
    );
    let answer = app.post("/orders", &body).await;
    let (number, key) =
        (answer.json()["id"].to_string(), answer.json()["orderId"].as_str().unwrap().to_owned());
    assert_eq!(answer.text, format!(r#"{{"id":{number},"orderId":"{key}"}}"#));
    assert_eq!(answer.header("location"), format!("/api/v3/1003/orders/{key}"));
    let by_key = app.get(&format!("/orders/{key}")).await.text;
    assert_eq!(app.get(&format!("/orders/{number}")).await.text, by_key);
    assert_eq!(app.get(&format!("/orders/{}", key.to_lowercase())).await.text, by_key);
    let shown = by_key
        .replace(&key, "KEY")
        .replace(&format!("Number\":{number},"), "Number\":NUMBER,")
        .replace(&format!("internalId\":{number},"), "internalId\":NUMBER,")
        .replace(&format!("customerId\":{customer_id},"), "customerId\":CUSTOMER,");
    insta::assert_snapshot!(shown, @r#"{"id":"KEY","orderNumber":NUMBER,"internalId":NUMBER,"createDate":"2025-03-01 00:00:00 +0000","customerId":CUSTOMER,"email":"anna@example.com","total":12.5,"shippingPerson":{"name":"A"},"items":[{"productId":7,"name":"Tea","quantity":2},{"name":"a gift"}]}"#);
}

#[tokio::test]
async fn statistics_of_the_customer_follow() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let mut keys = Vec::new();
    for (total, date) in [("10.10", "2025-01-02"), ("20", "2025-03-04"), ("0.05", "2025-02-03")] {
        let body = format!(r#"{{"email": "ANNA@example.com", "total": {total}, "createDate": "{date}"}}"#);
        keys.push(app.post("/orders", &body).await.json()["orderId"].as_str().unwrap().to_owned());
    }
    let stats = async || app.get(&format!("{customer}?responseFields=totalOrderCount,stats")).await.text;
    assert_eq!(
        stats().await,
        r#"{"totalOrderCount":3,"stats":{"numberOfOrders":3,"salesValue":30.15,"averageOrderValue":10.05,"firstOrderDate":"2025-01-02 00:00:00 +0000","lastOrderDate":"2025-03-04 00:00:00 +0000"}}"#
    );
    assert_eq!(app.delete(&format!("/orders/{}", keys[1])).await.text, r#"{"deleteCount":1}"#);
    let listed = app.get("/customers").await.json()["items"][0]["stats"].to_string();
    assert!(listed.contains(r#""salesValue":10.15"#) && listed.contains("2025-02-03"), "{listed}");
    app.delete(&format!("/orders/{}", keys[1])).await.error(404, "ORDER_NOT_FOUND");
    for key in [&keys[0], &keys[2]] {
        app.delete(&format!("/orders/{key}")).await.json();
    }
    assert_eq!(
        stats().await,
        r#"{"totalOrderCount":0,"stats":{"numberOfOrders":0,"salesValue":0,"averageOrderValue":0}}"#
    );
}

#[tokio::test]
async fn orders_are_listed_in_pages_by_who_ordered() {
    let app = TestApp::start().await;
    let anna = app.create_customer("anna@example.com").await;
    let anna = anna.rsplit('/').next().unwrap();
    for (email, total) in [("anna@example.com", 1), ("guest@example.org", 2), ("anna@example.com", 3)] {
        app.post("/orders", &format!(r#"{{"email": "{email}", "total": {total}}}"#)).await.json();
    }
    assert_eq!(app.get("/customers").await.json()["total"], 2, "the guest is a customer now");
    let totals = async |query: &str| {
        let answer = app.get(&format!("/orders?{query}")).await.json();
        let items = answer["items"].as_array().unwrap().iter();
        let totals: Vec<_> = items.map(|item| item["total"].to_string()).collect();
        format!("{} {} {}", answer["total"], answer["count"], totals.concat())
    };
    assert_eq!(totals("").await, "3 3 321");
    assert_eq!(totals("limit=1&offset=1").await, "3 1 2");
    assert_eq!(totals("email=ANNA@example.com").await, "2 2 31");
    assert_eq!(totals(&format!("customerId={anna}")).await, "2 2 31");
    assert_eq!(totals("customer=GUEST").await, "1 1 2");
    assert_eq!(totals("keywords=.org").await, "1 1 2");
    let fields = app.get("/orders?responseFields=items(total)&limit=1").await;
    assert_eq!(fields.text, r#"{"items":[{"total":3}]}"#);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let items = vec!["{}"; 1_001].join(",");
    let items = format!(r#"{{"email": "a@example.com", "items": [{items}]}}"#);
    for (body, message) in [
        ("{}", "'email'"),
        (r#"{"email": "nobody"}"#, "'email'"),
        (r#"{"customerId": 99}"#, "there is no customer #99"),
        (r#"{"customerId": "1"}"#, "'customerId'"),
        (r#"{"email": "a@example.com", "total": "1"}"#, "'total'"),
        (r#"{"email": "a@example.com", "total": -1}"#, "'total'"),
        (r#"{"email": "a@example.com", "total": 1000000001}"#, "'total'"),
        (r#"{"email": "a@example.com", "createDate": "soon"}"#, "'createDate'"),
        (r#"{"email": "a@example.com", "items": [{"productId": 1.5}]}"#, "'items[0].productId'"),
        (r#"{"email": "a@example.com", "items": [7]}"#, "'items[0]'"),
        (r#"{"email": "a@example.com", "total": 1, "total": 2}"#, "Malformed JSON"),
        (&items, "1001 entries"),
    ] {
        let error = app.post("/orders", body).await.error(400, "WRONG_PARAMETER");
        assert!(error.contains(message), "{body}: {error}");
    }
    for query in ["email=nobody", "customerId=x", "keywords=%01", "limit=0"] {
        app.get(&format!("/orders?{query}")).await.error(400, "WRONG_PARAMETER");
    }
    for path in ["/orders/AAAAA", "/orders/99", "/orders/neither-key-nor-number"] {
        app.get(path).await.error(404, "ORDER_NOT_FOUND");
        app.delete(path).await.error(404, "ORDER_NOT_FOUND");
    }
    assert_eq!(app.get("/orders").await.json()["total"], 0);
    assert_eq!(app.get("/customers").await.json()["total"], 0);
}
