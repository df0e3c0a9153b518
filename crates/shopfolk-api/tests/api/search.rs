//! Searching customers over HTTP: every filter, every order, and what is refused.

use serde_json::Value;

use crate::support::TestApp;

const ANNA: &str = r#"{"email": "Anna@example.com", "name": "Anna Möller", "lang": "de", "acceptMarketing": true,
    "taxExempt": true, "billingPerson": {"companyName": "Möbel GmbH", "city": "Köln", "countryCode": "DE",
        "postalCode": "50667", "stateOrProvinceCode": "NW", "phone": "+49 (221) 123"},
    "contacts": [{"type": "FACEBOOK", "contact": "https://www.facebook.com/anna"}]}"#;
const BERT: &str = r#"{"email": "bert@example.org", "name": "bert", "lang": "en", "acceptMarketing": false,
    "b2b_b2c": "b2b", "shippingAddresses": [{"name": "Anna", "city": "Oslo", "countryCode": "NO"}],
    "contacts": [{"type": "WHATSAPP", "contact": "00 47-555 Büro"}]}"#;
const CLARA: &str = r#"{"email": "clara@example.com"}"#;

/// Three customers, created an hour apart.
async fn shop() -> TestApp {
    let app = TestApp::start().await;
    for customer in [ANNA, BERT, CLARA] {
        app.post("/customers", customer).await.json();
        app.clock.advance(3_600);
    }
    for order in [
        r#"{"email": "bert@example.org", "total": 10.5, "createDate": "2025-01-02", "items": [{"productId": 7, "name": "Tea"}]}"#,
        r#"{"email": "bert@example.org", "total": 4.5, "createDate": "2025-03-02", "items": [{"productId": 8, "name": "Cup"}]}"#,
        r#"{"email": "clara@example.com", "total": 40, "createDate": "2025-02-02", "items": [{"productId": 7}]}"#,
    ] {
        app.post("/orders", order).await.json();
    }
    app
}

/// The first letters of the e-mails of those found.
async fn found(app: &TestApp, query: &str) -> String {
    let answer = app.get(&format!("/customers?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let answer = answer.json();
    let items = answer["items"].as_array().unwrap();
    assert_eq!((&answer["total"], &answer["allCustomerCount"]), (&items.len().into(), &3.into()), "{query}");
    let ids = app.get(&format!("/customers_ids?{query}")).await.json();
    let ids_of_items: Vec<Value> = items.iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids["ids"], Value::Array(ids_of_items), "{query}");
    items.iter().map(|item| item["email"].as_str().unwrap()[..1].to_lowercase()).collect()
}

#[tokio::test]
async fn every_filter_finds_whom_it_should() {
    let app = shop().await;
    for (query, expected) in [
        ("", "abc"),
        ("unknown=1", "abc"),
        ("keyword=EXAMPLE.com", "ac"),
        ("keyword=m%C3%96ll", "a"),
        ("name=ER", "ab"),
        ("name=anna", "a"),
        ("email=example.org", "b"),
        ("email=anna@EXAMPLE.com&useExactEmailMatch=true", "a"),
        ("email=nna@example.com&useExactEmailMatch=true", ""),
        ("email=no+address&useExactEmailMatch=1", ""),
        ("phone=221-12", "a"),
        ("phone=47555", "b"),
        ("city=%C3%96L", "a"),
        ("city=oslo", "b"),
        ("postalCode=506", "a"),
        ("stateOrProvinceCode=nw", "a"),
        ("companyName=gmbh", "a"),
        ("countryCodes=DE,%20no", "ab"),
        ("countryCodes=US", ""),
        ("customerGroup=0", "abc"),
        ("customerGroupId=0&customerGroupIds=0,5", "abc"),
        ("customerGroupIds=5", ""),
        ("acceptMarketing=yes", "a"),
        ("acceptMarketing=0", "b"),
        ("lang=DE", "a"),
        ("taxExempt=true", "a"),
        ("taxExempt=off", "bc"),
        ("b2b_b2c=b2b", "b"),
        ("minOrderCount=1", "bc"),
        ("minOrderCount=0&maxOrderCount=1", "ac"),
        ("minSalesValue=15&maxSalesValue=15.0", "b"),
        ("minSalesValue=15.0001", "c"),
        ("purchasedProductIds=7", "bc"),
        ("purchasedProductIds=%208%20,9", "b"),
        ("createdFrom=2025-03-26%2012:07:12", "bc"),
        ("createdTo=2025-03-26%2012:07:12%20%2B0000", "ab"),
        ("updatedFrom=1742994432", "bc"),
        ("updatedFrom=2025-03-26T11:07:12Z&updatedTo=2025-03-26T11:07:12Z", "a"),
        ("contact=FACEBOOK.com", "a"),
        ("contact=b%C3%BCRO&contactType=WHATSAPP,PHONE", "b"),
        ("contact=example&contactType=FACEBOOK", ""),
        ("contactType=EMAIL", "abc"),
        ("name=er&city=oslo", "b"),
        ("name=er&city=oslo&lang=de", ""),
    ] {
        assert_eq!(found(&app, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn every_order_sorts_with_missing_values_last() {
    let app = shop().await;
    for (order, expected) in [
        ("NAME_ASC", "abc"),
        ("name_desc", "bac"),
        ("EMAIL_ASC", "abc"),
        ("EMAIL_DESC", "cba"),
        ("REGISTERED_DATE_ASC", "abc"),
        ("REGISTERED_DATE_DESC", "cba"),
        ("UPDATED_DATE_ASC", "abc"),
        ("UPDATED_DATE_DESC", "cba"),
        ("ORDER_COUNT_ASC", "acb"),
        ("ORDER_COUNT_DESC", "bca"),
        ("SALES_VALUE_ASC", "abc"),
        ("SALES_VALUE_DESC", "cba"),
        ("FIRST_ORDER_DATE_ASC", "bca"),
        ("FIRST_ORDER_DATE_DESC", "cba"),
        ("LAST_ORDER_DATE_ASC", "cba"),
        ("LAST_ORDER_DATE_DESC", "bca"),
        ("", "abc"),
    ] {
        assert_eq!(found(&app, &format!("sortBy={order}")).await, expected, "{order}");
    }
    let page = app.get("/customers?sortBy=EMAIL_DESC&offset=1&limit=1").await.json();
    assert_eq!((&page["total"], &page["count"]), (&3.into(), &1.into()));
    assert_eq!(page["items"][0]["email"], "bert@example.org");
}

#[tokio::test]
async fn wrong_values_are_refused_and_named() {
    let app = shop().await;
    let many = vec!["US"; 1_001].join(",");
    for (parameter, value) in [
        ("name", "a%01"),
        ("keyword", "%00"),
        ("phone", "none"),
        ("useExactEmailMatch", "maybe"),
        ("countryCodes", "DE,XX"),
        ("countryCodes", &many),
        ("customerGroup", "vip"),
        ("customerGroupIds", "1,-2"),
        ("customerGroupId", "1.5"),
        ("acceptMarketing", "2"),
        ("lang", "english-language"),
        ("taxExempt", "2"),
        ("b2b_b2c", "b2g"),
        ("minOrderCount", "-1"),
        ("maxOrderCount", "many"),
        ("minSalesValue", "-1"),
        ("maxSalesValue", "1,5"),
        ("purchasedProductIds", "7,x"),
        ("createdFrom", "soon"),
        ("createdTo", "1969-12-31"),
        ("updatedFrom", "2025-13-01"),
        ("updatedTo", "never"),
        ("contactType", "EMAIL,FAX"),
        ("sortBy", "AGE_ASC"),
        ("sortBy", "NAME"),
    ] {
        for call in ["customers", "customers_ids"] {
            let message =
                app.get(&format!("/{call}?{parameter}={value}")).await.error(400, "WRONG_PARAMETER");
            assert!(message.contains(&format!("'{parameter}'")), "{parameter}={value}: {message}");
        }
    }
    let everybody = app.get("/customers?countryCodes=&lang=&minOrderCount=").await.text;
    assert_eq!(everybody, app.get("/customers").await.text, "an empty value asks nothing");
}

#[tokio::test]
async fn filters_tell_what_there_is() {
    let app = shop().await;
    app.post("/customer_groups", r#"{"name": "VIP"}"#).await.json();
    let filters = app.get("/customers/filters").await.json();
    assert_eq!(filters["total"], 3);
    assert_eq!(filters["storeGroups"][1]["name"], "VIP");
    assert_eq!(filters["languages"], serde_json::json!(["de", "en"]));
    let place = serde_json::json!([{"city": "Oslo", "countryCode": "NO", "countryName": "Norway"}]);
    assert_eq!(filters["shippingAddresses"], place);
    assert_eq!(
        (&filters["repeatedCustomersCount"], &filters["oneTimeCustomersCount"]),
        (&1.into(), &1.into())
    );
    let products = app.get("/customers/products?name=TE").await.text;
    assert_eq!(products, r#"{"items":[{"productId":7,"productName":"Tea"}]}"#);
    let locations = async |query: &str| app.get(&format!("/customers/locations{query}")).await.text;
    let both =
        r#"{"items":[{"country":"Germany","countryCode":"DE"},{"country":"Norway","countryCode":"NO"}]}"#;
    assert_eq!(locations("").await, both);
    assert_eq!(locations("?name=NOR").await, r#"{"items":[{"country":"Norway","countryCode":"NO"}]}"#);
    assert_eq!(locations("?name=nowhere").await, r#"{"items":[]}"#);
    app.get("/customers/locations?name=%01").await.error(400, "WRONG_PARAMETER");
}

#[tokio::test]
async fn mass_change_reaches_whom_it_should() {
    let app = shop().await;
    let vip = app.post("/customer_groups", r#"{"name": "VIP"}"#).await.json()["id"].to_string();
    let ids = app.get("/customers_ids").await.json()["ids"].clone();
    let body = format!(
        r#"{{"mode": "SELECTED", "ids": [{}, {}], "customer": {{"customerGroupId": {vip}}}}}"#,
        ids[0], ids[2]
    );
    assert_eq!(app.post("/customers_update", &body).await.text, r#"{"updateCount":2}"#);
    assert_eq!(found(&app, &format!("customerGroup={vip}")).await, "ac");
    let filtered = r#"{"mode": "all_filtered", "customer": {"taxExempt": true, "acceptMarketing": true}}"#;
    assert_eq!(app.post("/customers_update?city=oslo", filtered).await.text, r#"{"updateCount":1}"#);
    assert_eq!(found(&app, "taxExempt=true&acceptMarketing=true").await, "ab");
    let all = r#"{"mode": "ALL", "customer": {"taxExempt": false, "customerGroupId": null}}"#;
    assert_eq!(app.post("/customers_update", all).await.text, r#"{"updateCount":3}"#);
    assert_eq!(found(&app, "taxExempt=false&customerGroup=0").await, "abc");
    let delete = r#"{"mode": "ALL_FILTERED", "delete": true}"#;
    assert_eq!(app.post("/customers_update?city=oslo", delete).await.text, r#"{"updateCount":1}"#);
    assert_eq!(app.get("/customers?responseFields=total").await.text, r#"{"total":2}"#);
    assert_eq!(app.get("/customers/deleted").await.json()["total"], 1);
}

#[tokio::test]
async fn mass_change_that_could_be_a_mistake_is_refused() {
    let app = shop().await;
    let before = app.get("/customers").await.text;
    let some = r#""customer": {"taxExempt": true}"#;
    let many = vec!["1"; 1_001].join(",");
    for (query, body, message) in [
        ("", format!("{{{some}}}"), "'mode'"),
        ("", format!(r#"{{"mode": "SOME", {some}}}"#), "'mode'"),
        ("", format!(r#"{{"mode": "SELECTED", {some}}}"#), "'ids'"),
        ("", format!(r#"{{"mode": "SELECTED", "ids": [], {some}}}"#), "'ids'"),
        ("", format!(r#"{{"mode": "SELECTED", "ids": [1.5], {some}}}"#), "'ids[0]'"),
        ("", format!(r#"{{"mode": "SELECTED", "ids": [{many}], {some}}}"#), "1001 entries"),
        ("?city=oslo", format!(r#"{{"mode": "SELECTED", "ids": [1], {some}}}"#), "no filters"),
        ("?city=oslo", format!(r#"{{"mode": "ALL", {some}}}"#), "no filters"),
        ("", format!(r#"{{"mode": "ALL", "ids": [1], {some}}}"#), "'ids'"),
        ("", format!(r#"{{"mode": "ALL_FILTERED", {some}}}"#), "needs a filter"),
        ("?city=", format!(r#"{{"mode": "ALL_FILTERED", {some}}}"#), "needs a filter"),
        ("?customerGroup=x", format!(r#"{{"mode": "ALL_FILTERED", {some}}}"#), "'customerGroup'"),
        ("", r#"{"mode": "ALL"}"#.to_owned(), "'customer'"),
        ("", r#"{"mode": "ALL", "customer": {}}"#.to_owned(), "says nothing"),
        ("", format!(r#"{{"mode": "ALL", "delete": true, {some}}}"#), "at once"),
        ("", r#"{"mode": "ALL", "customer": {"customerGroupId": 99}}"#.to_owned(), "group #99"),
        ("", r#"{"mode": "ALL", "customer": {"taxExempt": 1}}"#.to_owned(), "'customer.taxExempt'"),
    ] {
        let error = app.post(&format!("/customers_update{query}"), &body).await.error(400, "WRONG_PARAMETER");
        assert!(error.contains(message), "{body}: {error}");
    }
    let unknown = format!(r#"{{"mode": "SELECTED", "ids": [1, 2147483647], {some}}}"#);
    app.post("/customers_update", &unknown).await.error(404, "CUSTOMER_NOT_FOUND");
    assert_eq!(app.get("/customers").await.text, before);
}

#[tokio::test]
async fn fields_that_are_left_out_are_not_in_the_answer() {
    let app = shop().await;
    let answer = app.get("/customers?responseFields=total,count&city=oslo").await;
    assert_eq!(answer.text, r#"{"total":1,"count":1}"#);
    let answer = app.get("/customers?responseFields=count,items(name)&limit=2").await;
    assert_eq!(answer.text, r#"{"count":2,"items":[{"name":"Anna Möller"},{"name":"bert"}]}"#);
    let answer = app.get("/customers?responseFields=items(contacts(type))&name=bert").await;
    assert_eq!(answer.text, r#"{"items":[{"contacts":[{"type":"WHATSAPP"},{"type":"EMAIL"}]}]}"#);
}
