//! The store's profile, and when what it has changed last.

use crate::support::TestApp;

#[tokio::test]
async fn profile_says_what_a_store_is_before_anybody_says_more() {
    let app = TestApp::start().await;
    insta::assert_snapshot!(app.get("/profile").await.text, @r#"{"generalInfo":{"storeId":1003,"storeUrl":""},"account":{"accountName":"A shop","accountEmail":"","availableFeatures":[],"registrationDate":"2025-03-26 11:07:12 +0000"},"settings":{"storeName":"A shop"},"languages":{"enabledLanguages":["en"],"defaultLanguage":"en"},"formatsAndUnits":{"timezone":"UTC","currency":"USD"}}"#);
}

#[tokio::test]
async fn changed_profile_keeps_what_it_is_sent() {
    let app = TestApp::start().await;
    let body = r#"{"generalInfo": {"storeId": 7, "storeUrl": "https://tea.example"},
        "account": {"accountName": "Anna", "accountEmail": "anna@example.com", "availableFeatures": ["X"], "registrationDate": "x"},
        "settings": {"storeName": "Tea", "closed": false, "hideOutOfStockProductsInStorefront": {"a": [1, null]}},
        "languages": {"enabledLanguages": ["de", "en"], "defaultLanguage": "de", "x": 1},
        "formatsAndUnits": {"timezone": "Europe/Berlin", "currency": "EUR", "weightUnit": "GRAM"},
        "company": {"companyName": "Tea and more", "city": "Bonn"}, "zones": [1]}"#;
    assert_eq!(app.put("/profile", body).await.text, r#"{"updateCount":1}"#);
    insta::assert_snapshot!(app.get("/profile").await.text, @r#"{"generalInfo":{"storeId":1003,"storeUrl":"https://tea.example"},"account":{"accountName":"Anna","accountEmail":"anna@example.com","availableFeatures":[],"registrationDate":"2025-03-26 11:07:12 +0000"},"settings":{"storeName":"Tea","closed":false,"hideOutOfStockProductsInStorefront":{"a":[1,null]}},"languages":{"enabledLanguages":["de","en"],"defaultLanguage":"de"},"formatsAndUnits":{"timezone":"Europe/Berlin","currency":"EUR","weightUnit":"GRAM"},"company":{"city":"Bonn","companyName":"Tea and more"}}"#);
    let change =
        r#"{"settings": {"closed": null, "storeName": null}, "company": {"city": "Köln"}, "account": null}"#;
    assert_eq!(app.put("/profile", change).await.text, r#"{"updateCount":1}"#);
    let shown = app.get("/profile?responseFields=settings,company,account(accountName)").await.text;
    insta::assert_snapshot!(shown, @r#"{"account":{"accountName":"Anna"},"settings":{"storeName":"Tea","hideOutOfStockProductsInStorefront":{"a":[1,null]}},"company":{"city":"Köln","companyName":"Tea and more"}}"#);
    let whole = app.get("/profile").await.text;
    assert_eq!(app.put("/profile", &whole).await.text, r#"{"updateCount":1}"#);
    assert_eq!(app.get("/profile").await.text, whole, "sending the answer back changes nothing");
}

#[tokio::test]
async fn profile_that_cannot_be_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let before = app.get("/profile").await.text;
    let large = format!(r#"{{"settings": {{"a": "{}"}}}}"#, "x".repeat(70_000));
    for (body, message) in [
        ("[]", "must be a JSON object"),
        (r#"{"settings": 1}"#, "'settings'"),
        (r#"{"settings": {"storeName": ""}}"#, "'settings.storeName'"),
        (r#"{"settings": {"storeName": 1}}"#, "'settings.storeName'"),
        (r#"{"account": {"accountEmail": "nobody"}}"#, "'account.accountEmail'"),
        (r#"{"languages": {"enabledLanguages": "de"}}"#, "'languages.enabledLanguages'"),
        (r#"{"languages": {"enabledLanguages": ["de", 1]}}"#, "'languages.enabledLanguages[1]'"),
        (r#"{"languages": {"defaultLanguage": "!"}}"#, "'languages.defaultLanguage'"),
        (r#"{"formatsAndUnits": {"currency": 1}}"#, "'formatsAndUnits.currency'"),
        (&large, "at most 65536 bytes"),
    ] {
        let error = app.put("/profile", body).await.error(400, "WRONG_PARAMETER");
        assert!(error.contains(message), "{body}: {error}");
    }
    assert_eq!(app.get("/profile").await.text, before);
}

#[tokio::test]
async fn latest_stats_follow_what_changes() {
    let app = TestApp::start().await;
    let stats = async |field: &str| app.get("/latest-stats").await.json()[field].as_str().unwrap().to_owned();
    insta::assert_snapshot!(app.get("/latest-stats").await.text, @r#"{"productsUpdated":"2025-03-26 11:07:12 +0000","ordersUpdated":"2025-03-26 11:07:12 +0000","profileUpdated":"2025-03-26 11:07:12 +0000","categoriesUpdated":"2025-03-26 11:07:12 +0000","discountCouponsUpdated":"2025-03-26 11:07:12 +0000","abandonedSalesUpdated":"2025-03-26 11:07:12 +0000","customersUpdated":"2025-03-26 11:07:12 +0000","subscriptionsUpdated":"2025-03-26 11:07:12 +0000"}"#);
    let created = stats("productsUpdated").await;
    app.clock.advance(60);
    let customer = app.create_customer("anna@example.com").await;
    let then = stats("customersUpdated").await;
    assert!(then > created, "{then}");
    assert_eq!(stats("ordersUpdated").await, created);
    app.clock.advance(60);
    app.put("/profile", r#"{"company": {"city": "Bonn"}}"#).await.json();
    assert!(stats("profileUpdated").await > then);
    assert_eq!(stats("customersUpdated").await, then);
    app.clock.advance(60);
    let order = app.post("/orders", r#"{"email": "anna@example.com"}"#).await.json()["orderId"].to_string();
    let ordered = stats("ordersUpdated").await;
    app.clock.advance(60);
    app.delete(&format!("/orders/{}", order.trim_matches('"'))).await.json();
    assert!(stats("ordersUpdated").await > ordered);
    app.clock.advance(60);
    let before = stats("customersUpdated").await;
    app.delete(&customer).await.json();
    assert!(stats("customersUpdated").await > before, "the last customer is gone");
}
