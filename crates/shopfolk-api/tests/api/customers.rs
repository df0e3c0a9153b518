//! Creating, reading, listing and deleting customers.

use crate::support::TestApp;

#[tokio::test]
async fn created_customer_is_answered_with_its_id_and_path() {
    let app = TestApp::start().await;
    let answer = app
        .post(
            "/customers",
            r#"{"email": "anna@example.com", "name": "A", "billingPerson": {"name": "Anna"}, "password": "x",
                "taxId": "ignored", "contacts": [{"type": "PHONE", "contact": "1", "orderBy": 3}]}"#,
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
    insta::assert_snapshot!(text, @r#"{"id":CUSTOMER,"name":"Anna","email":"anna@example.com","registered":"2025-03-26 11:07:12 +0000","updated":"2025-03-26 11:07:12 +0000","contacts":[{"id":FIRST,"contact":"anna@example.com","type":"EMAIL","default":true,"orderBy":0,"timestamp":"2025-03-26 11:07:12 +0000"},{"id":SECOND,"contact":"1","type":"PHONE","default":false,"orderBy":3,"timestamp":"2025-03-26 11:07:12 +0000"}]}"#);
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
