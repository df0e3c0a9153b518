//! Creating, reading, listing, changing and deleting customers.

use axum::http::Method;

use crate::support::TestApp;

#[tokio::test]
async fn no_change_is_before_the_one_before_when_the_clock_is_set_back() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    let contact = app.create_contact(&customer, r#"{"type": "PHONE", "contact": "1"}"#).await;
    let times = async || app.get(&format!("{customer}?responseFields=registered,updated")).await.text;
    let before = times().await;
    app.clock.set_by(-3_600);
    for (method, path, body) in [
        (Method::POST, format!("{customer}/contacts"), r#"{"type": "PHONE", "contact": "2"}"#),
        (Method::PUT, format!("{customer}/contacts/{contact}"), r#"{"note": "n"}"#),
        (Method::DELETE, format!("{customer}/contacts/{contact}"), ""),
        (Method::PUT, customer.clone(), r#"{"name": "B"}"#),
        (Method::POST, "/customers_update".to_owned(), r#"{"mode": "ALL", "customer": {"taxExempt": true}}"#),
        (Method::POST, "/orders".to_owned(), r#"{"email": "anna@example.com", "total": 1}"#),
    ] {
        assert_eq!(app.call(method.clone(), &path).body(body).send().await.status, 200, "{method} {path}");
        assert_eq!(times().await, before, "{method} {path}");
    }
}

#[tokio::test]
async fn created_customer_is_answered_with_its_id_and_path() {
    let app = TestApp::start().await;
    let answer = app
        .post(
            "/customers",
            r#"{"email": "anna@example.com", "name": "A", "billingPerson": {"name": "Anna"}, "password": "x",
                "favorites": ["ignored"], "contacts": [{"type": "PHONE", "contact": "1", "orderBy": 3}]}"#,
        )
        .await;
    let id = answer.json()["id"].to_string();
    assert_eq!(answer.text, format!(r#"{{"id":{id}}}"#));
    assert_eq!(answer.header("location"), format!("/api/v3/1003/customers/{id}"));
    let customer = app.get(&format!("/customers/{id}")).await;
    // Ids are the engine's to give.
    let mut text = customer.text.replacen(&format!("\"id\":{id}"), "\"id\":CUSTOMER", 1);
    for (contact, name) in customer.json()["contacts"].as_array().unwrap().iter().zip(["FIRST", "SECOND"]) {
        text = text.replacen(&format!("\"id\":{}", contact["id"]), &format!("\"id\":{name}"), 1);
    }
    insta::assert_snapshot!(text, @r#"{"id":CUSTOMER,"name":"Anna","email":"anna@example.com","totalOrderCount":0,"customerGroupId":0,"customerGroupName":"General","billingPerson":{"name":"Anna"},"shippingAddresses":[],"taxId":"","taxIdValid":true,"taxExempt":false,"b2b_b2c":"b2c","fiscalCode":"","electronicInvoicePecEmail":"","electronicInvoiceSdiCode":"","privateAdminNotes":"","stats":{"numberOfOrders":0,"salesValue":0,"averageOrderValue":0},"favorites":[],"registered":"2025-03-26 11:07:12 +0000","updated":"2025-03-26 11:07:12 +0000","contacts":[{"id":FIRST,"contact":"anna@example.com","type":"EMAIL","default":true,"orderBy":0,"timestamp":"2025-03-26 11:07:12 +0000"},{"id":SECOND,"contact":"1","type":"PHONE","default":false,"orderBy":3,"timestamp":"2025-03-26 11:07:12 +0000"}]}"#);
}

#[tokio::test]
async fn a_name_is_left_out_when_unknown() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    assert!(app.get(&customer).await.json().get("name").is_none());
}

#[tokio::test]
async fn an_email_contact_that_is_sent_stands_for_the_own_one() {
    let app = TestApp::start().await;
    let answer = app
        .post(
            "/customers",
            r#"{"email": "anna@example.com", "contacts": [{"type": "EMAIL", "contact": "Anna@Example.com"}]}"#,
        )
        .await;
    let customer = format!("/customers/{}", answer.json()["id"]);
    assert_eq!(app.contacts(&customer).await, ["EMAIL Anna@Example.com 0"]);
}

#[tokio::test]
async fn a_primary_phone_is_the_default_contact_of_its_type() {
    let app = TestApp::start().await;
    let body = r#"{"email": "anna@example.com", "primaryPhone": " +1 2 ", "contacts": [
        {"type": "PHONE", "contact": "+3 4", "default": true}]}"#;
    let customer = format!("/customers/{}", app.post("/customers", body).await.json()["id"]);
    let defaults = async || -> Vec<String> {
        let answer = app.get(&customer).await.json();
        assert!(answer.get("primaryPhone").is_none(), "it is never shown");
        let contacts = answer["contacts"].as_array().unwrap().iter();
        let defaults = contacts.filter(|contact| contact["default"] == true);
        defaults.map(|contact| contact["contact"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(defaults().await, ["anna@example.com", "+1 2"]);
    app.put(&customer, r#"{"primaryPhone": "+34"}"#).await.json();
    assert_eq!(defaults().await, ["+3 4", "anna@example.com"]);
    for says_nothing in [r#"{"primaryPhone": null}"#, r#"{"primaryPhone": ""}"#] {
        assert_eq!(app.put(&customer, says_nothing).await.text, r#"{"updateCount":0}"#);
    }
    app.put(&customer, r#"{"primaryPhone": 5}"#).await.error(400, "WRONG_PARAMETER");
    assert_eq!(app.contacts(&customer).await.len(), 3);
}

#[tokio::test]
async fn an_email_in_use_is_a_conflict() {
    let app = TestApp::start().await;
    app.create_customer("anna@example.com").await;
    let answer = app.post("/customers", r#"{"email": "ANNA@example.com"}"#).await;
    assert_eq!(
        answer.error(409, "CONSTRAINT_VIOLATION"),
        "Customer with email 'ANNA@example.com' already exists"
    );
}

#[tokio::test]
async fn a_wrong_contact_is_named_by_its_place_and_nothing_is_created() {
    let app = TestApp::start().await;
    let body =
        r#"{"email": "anna@example.com", "contacts": [{"type": "PHONE", "contact": "1"}, {"type": "FAX"}]}"#;
    let message = app.post("/customers", body).await.error(400, "WRONG_PARAMETER");
    assert_eq!(
        message,
        "Parameter 'contacts[1].contact' is missing: it must be a text of 1 to 1024 characters"
    );
    assert_eq!(app.get("/customers").await.json()["total"], 0);
}

#[tokio::test]
async fn a_deleted_customer_is_gone_with_its_contacts() {
    let app = TestApp::start().await;
    let customer = app.create_customer("anna@example.com").await;
    assert_eq!(app.delete(&customer).await.text, r#"{"deleteCount":1}"#);
    for path in [customer.clone(), format!("{customer}/contacts")] {
        app.get(&path).await.error(404, "CUSTOMER_NOT_FOUND");
    }
    app.delete(&customer).await.error(404, "CUSTOMER_NOT_FOUND");
    assert_ne!(app.create_customer("anna@example.com").await, customer);
}

#[tokio::test]
async fn customers_are_listed_in_pages() {
    let app = TestApp::start().await;
    for number in 0..5 {
        app.create_customer(&format!("{number}@example.com")).await;
    }
    let page = async |query: &str| {
        let answer = app.get(&format!("/customers{query}")).await.json();
        let items = answer["items"].as_array().unwrap().iter();
        let emails: Vec<_> = items.map(|item| item["email"].as_str().unwrap()[..1].to_owned()).collect();
        format!(
            "{} {} {} {} {} {}",
            answer["total"],
            answer["allCustomerCount"],
            answer["count"],
            answer["offset"],
            answer["limit"],
            emails.concat()
        )
    };
    assert_eq!(page("").await, "5 5 5 0 100 01234");
    assert_eq!(page("?limit=2").await, "5 5 2 0 2 01");
    assert_eq!(page("?limit=2&offset=4").await, "5 5 1 4 2 4");
    assert_eq!(page("?offset=9007199254740991&limit=1000").await, "5 5 0 9007199254740991 100 ");
    for query in ["limit=0", "limit=x", "offset=-1", "offset=1.5"] {
        app.get(&format!("/customers?{query}")).await.error(400, "WRONG_PARAMETER");
    }
}

/// A customer of whom everything is known.
const EVERYTHING: &str = r#"{"email": "anna@example.com", "taxId": "7", "taxIdValid": false, "taxExempt": true,
    "b2b_b2c": "b2b", "fiscalCode": "8", "electronicInvoicePecEmail": "9", "electronicInvoiceSdiCode": "10",
    "privateAdminNotes": " 11 ", "acceptMarketing": false, "lang": "en", "externalReferenceId": "their 12",
    "billingPerson": {"name": "Anna van den Berg", "companyName": "Example Inc", "street": "1 Broadway\nFloor 2",
        "city": "New York", "countryCode": "us", "postalCode": "10004", "stateOrProvinceCode": "NY", "phone": "+1 212"},
    "shippingAddresses": [
        {"id": 99, "name": "Anna", "city": "Oslo", "countryCode": "NO", "stateOrProvinceCode": "somewhere"},
        {"name": "Berta", "city": "Bergen", "defaultAddress": true, "note": "ring twice", "orderBy": 0}]}"#;

#[tokio::test]
async fn everything_that_was_said_of_a_customer_is_answered() {
    let app = TestApp::start().await;
    let id = app.post("/customers", EVERYTHING).await.json()["id"].to_string();
    let mut customer = app.get(&format!("/customers/{id}")).await.json();
    customer["id"] = "CUSTOMER".into();
    customer["contacts"][0]["id"] = "CONTACT".into();
    for (place, name) in [(0, "SECOND"), (1, "FIRST")] {
        customer["shippingAddresses"][place]["id"] = name.into();
    }
    let shown = serde_json::to_string_pretty(&customer).unwrap();
    insta::assert_snapshot!("everything_that_was_said_of_a_customer", shown);
}

#[tokio::test]
async fn a_change_answers_with_a_count_and_keeps_the_rest() {
    let app = TestApp::start().await;
    let path = format!("/customers/{}", app.post("/customers", EVERYTHING).await.json()["id"]);
    let before = app.get(&path).await.json();
    app.clock.advance(60);
    assert_eq!(app.put(&path, r#"{"id": 1, "unknown": 2}"#).await.text, r#"{"updateCount":0}"#);
    assert_eq!(app.get(&path).await.json(), before);
    let change = r#"{"taxId": null, "billingPerson": {"city": "Albany"}, "acceptMarketing": null}"#;
    assert_eq!(app.put(&path, change).await.text, r#"{"updateCount":1}"#);
    let mut expected = before;
    expected["taxId"] = "".into();
    expected["billingPerson"]["city"] = "Albany".into();
    expected["updated"] = "2025-03-26 11:08:12 +0000".into();
    expected.as_object_mut().unwrap().remove("acceptMarketing");
    assert_eq!(app.get(&path).await.json(), expected);
    let unknown = app.put("/customers/77", change).await;
    assert_eq!(unknown.error(404, "CUSTOMER_NOT_FOUND"), "Customer #77 not found");
}

#[tokio::test]
async fn lists_take_the_place_of_what_is_there() {
    let app = TestApp::start().await;
    let path = format!("/customers/{}", app.post("/customers", EVERYTHING).await.json()["id"]);
    let before = app.get(&path).await.json();
    let contact = before["contacts"][0]["id"].to_string();
    let address = before["shippingAddresses"][0]["id"].to_string();
    let body = format!(
        r#"{{"contacts": [{{"id": {contact}, "note": "n"}}, {{"type": "PHONE", "contact": "1"}}],
            "shippingAddresses": [{{"id": {address}, "city": "Rome"}}]}}"#
    );
    assert_eq!(app.put(&path, &body).await.text, r#"{"updateCount":1}"#);
    assert_eq!(app.contacts(&path).await, ["EMAIL anna@example.com 0*", "PHONE 1 1"]);
    let after = app.get(&path).await.json();
    let addresses = after["shippingAddresses"].as_array().unwrap();
    assert_eq!((addresses.len(), &addresses[0]["city"]), (1, &"Rome".into()));

    for (body, message) in [
        (r#"{"contacts": [{"id": 1234567}]}"#, "the customer has no contact #1234567"),
        (r#"{"shippingAddresses": [{"id": 1234567}]}"#, "the customer has no address #1234567"),
    ] {
        let error = app.put(&path, body).await.error(400, "WRONG_PARAMETER");
        assert!(error.ends_with(message), "{error}");
    }
    assert_eq!(app.get(&path).await.json(), after);
}

#[tokio::test]
async fn what_another_customer_has_is_a_conflict_and_changes_nothing() {
    let app = TestApp::start().await;
    app.post("/customers", EVERYTHING).await;
    let path = app.create_customer("berta@example.com").await;
    let before = app.get(&path).await.text;
    let email = app.put(&path, r#"{"name": "B", "email": "ANNA@example.com"}"#).await;
    assert_eq!(
        email.error(409, "CONSTRAINT_VIOLATION"),
        "Customer with email 'ANNA@example.com' already exists"
    );
    let reference = app.put(&path, r#"{"name": "B", "externalReferenceId": "their 12"}"#).await;
    assert_eq!(
        reference.error(409, "EXTERNAL_ID_ALREADY_USED"),
        "Customer with externalReferenceId 'their 12' already exists"
    );
    assert_eq!(app.get(&path).await.text, before);
}

#[tokio::test]
async fn deleted_customers_are_listed_with_their_dates() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for name in ["anna", "berta", "clara"] {
        let path = app.create_customer(&format!("{name}@example.com")).await;
        ids.push(path.rsplit('/').next().unwrap().parse::<i64>().unwrap());
        app.clock.advance(3_600);
        app.delete(&path).await;
    }
    let listed = async |query: &str| {
        let answer = app.get(&format!("/customers/deleted{query}")).await.json();
        let items = answer["items"].as_array().unwrap();
        let found: Vec<i64> = items.iter().map(|item| item["id"].as_i64().unwrap()).collect();
        assert_eq!(answer["count"], found.len());
        (answer["total"].as_i64().unwrap(), found)
    };
    assert_eq!(listed("").await, (3, ids.clone()));
    assert_eq!(listed("?limit=1&offset=1").await, (3, vec![ids[1]]));
    assert_eq!(listed("?from_date=2025-03-26%2013:00:00").await, (2, ids[1..].to_vec()));
    assert_eq!(listed("?to_date=2025-03-26%2013:07:12").await, (2, ids[..2].to_vec()));
    let first = &app.get("/customers/deleted").await.json()["items"][0];
    assert_eq!(first["date"], "2025-03-26 12:07:12 +0000");
    app.get("/customers/deleted?from_date=soon").await.error(400, "WRONG_PARAMETER");
    app.clock.advance(200 * 24 * 3_600);
    assert_eq!(listed("").await, (0, vec![]), "they are forgotten after six months");
}
