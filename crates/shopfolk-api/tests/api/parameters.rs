//! Parameters in queries: those that the published API has, those that nobody knows, and those that are there twice.

use crate::support::TestApp;

/// An app with two orders, and the key and number of the first.
async fn app_with_orders() -> (TestApp, String, String, String) {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let first = r#"{"email": "anna@example.com", "total": 1, "createDate": "2025-01-02"}"#;
    let first = app.post("/orders", first).await.json();
    let second = r#"{"email": "bert@example.com", "total": 20, "createDate": "2025-03-04"}"#;
    app.post("/orders", second).await.json();
    let key = first["orderId"].as_str().unwrap().to_owned();
    let id = customer.rsplit('/').next().unwrap().to_owned();
    (app, key, first["id"].to_string(), id)
}

#[tokio::test]
async fn orders_are_found_by_what_the_published_api_finds_them_by() {
    let (app, key, number, customer) = app_with_orders().await;
    let totals = async |query: &str| {
        let answer = app.get(&format!("/orders?{query}")).await.json();
        let items = answer["items"].as_array().unwrap().iter();
        let totals: Vec<_> = items.map(|item| item["total"].to_string()).collect();
        format!("{} {}", answer["total"], totals.join(" "))
    };
    for query in [
        format!("orderNumber={number}"),
        format!("vendorOrderNumber={}", key.to_lowercase()),
        format!("ids={key}"),
        format!("ids[]={number},{key}"),
        format!("ids={key}&orderNumber={number}"),
        format!("customerIdOrEmail={customer}"),
        "customerIdOrEmail=ANNA@example.com".to_owned(),
        "createdTo=2025-02-01".to_owned(),
        "createdFrom=2025-01-02&createdTo=2025-01-02 00:00:00 UTC".replace(' ', "+"),
        "totalTo=19.99".to_owned(),
    ] {
        assert_eq!(totals(&query).await, "1 1", "{query}");
    }
    for query in ["createdFrom=2025-02-01", "totalFrom=1.01", "totalFrom=20&totalTo=20"] {
        assert_eq!(totals(query).await, "1 20", "{query}");
    }
    for query in ["orderNumber=999", "ids=ZZZZZ,neither", "vendorOrderNumber=x", "totalFrom=21"] {
        assert_eq!(totals(query).await, "0 ", "{query}");
    }
    for query in ["", "orderNumber=&ids=&totalFrom=", "nobodyKnows=1&paymentStatus="] {
        assert_eq!(totals(query).await, "2 20 1", "{query}");
    }
    let both = app.get("/orders?email=a@example.com&customerIdOrEmail=7").await.error(400, "WRONG_PARAMETER");
    assert!(both.contains("leave one of them out"), "{both}");
    for query in ["orderNumber=x", "customerIdOrEmail=nobody", "totalFrom=x", "createdFrom=soon"] {
        app.get(&format!("/orders?{query}")).await.error(400, "WRONG_PARAMETER");
    }
}

#[tokio::test]
async fn published_parameter_that_is_not_supported_is_refused() {
    let (app, ..) = app_with_orders().await;
    for path in ["/orders?paymentStatus=PAID", "/orders?productId[]=7", "/orders?refererId=1&limit=1"] {
        let error = app.get(path).await.error(400, "WRONG_PARAMETER");
        assert!(error.contains("is not supported"), "{path}: {error}");
    }
    assert_eq!(app.get("/customers?nobodyKnows=1").await.json()["total"], 2);
}

#[tokio::test]
async fn parameter_that_is_there_twice_is_refused() {
    let (app, ..) = app_with_orders().await;
    for path in ["/customers?name=a&name=b", "/customers?limit=1&limit[]=1", "/profile?x=1&x=1"] {
        let error = app.get(path).await.error(400, "WRONG_PARAMETER");
        assert!(error.contains("more than once"), "{path}: {error}");
    }
    let update = r#"{"mode": "ALL_FILTERED", "delete": true}"#;
    for query in ["email=anna&email=bert", "emial=anna&name=x", "emial=", "name="] {
        app.post(&format!("/customers_update?{query}"), update).await.error(400, "WRONG_PARAMETER");
    }
    assert_eq!(app.get("/customers").await.json()["total"], 2, "nobody is deleted");
}

#[tokio::test]
async fn parameter_without_effect_is_taken_everywhere() {
    let (app, ..) = app_with_orders().await;
    for name in ["usePrecalculatedOrderCount", "checkOnlyCustomerId"] {
        assert_eq!(app.get(&format!("/customers?{name}=true")).await.json()["total"], 2);
        app.get(&format!("/customers?{name}=perhaps")).await.error(400, "WRONG_PARAMETER");
        let (path, change) = (
            format!("/customers_update?email=anna&{name}=true"),
            r#"{"mode": "ALL_FILTERED", "customer": {"taxExempt": true}}"#,
        );
        assert_eq!(app.post(&path, change).await.text, r#"{"updateCount":1}"#);
    }
}

#[tokio::test]
async fn fixed_words_of_orders_are_no_keys() {
    let empty = TestApp::start().await;
    empty.get("/orders/last").await.error(404, "ORDER_NOT_FOUND");
    let (app, key, _, customer) = app_with_orders().await;
    assert_eq!(app.get("/orders/last?responseFields=total").await.text, r#"{"total":20}"#);
    let of_anna = app.get(&format!("/customers/{customer}/orders?responseFields=total,items(id)")).await.text;
    assert_eq!(of_anna, format!(r#"{{"total":1,"items":[{{"id":"{key}"}}]}}"#));
    app.get("/customers/99/orders").await.error(404, "CUSTOMER_NOT_FOUND");
}
