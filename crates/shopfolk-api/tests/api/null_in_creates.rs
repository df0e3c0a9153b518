//! `null` in a create is the same as nothing, in every field that the OpenAPI document describes.

use axum::http::Method;
use serde_json::{Value, json};
use shopfolk_api::Clock as _;
use shopfolk_model::{Actor, EmailAddress, Money, OrderKey, ScopeSet, TokenKind};
use shopfolk_operations::RecordOrder;
use shopfolk_store::Engine as _;
use shopfolk_store_sqlite::SqliteEngine;

use crate::support::{Answer, Call, STORE, TestApp, store};

/// A create, the path to what is created from, and a body that has every field.
struct Create {
    operation: &'static str,
    path: &'static str,
    body: Value,
}

fn creates() -> Vec<Create> {
    let person = json!({
        "name": "Anna Berg", "companyName": "C", "street": "S", "city": "X", "countryCode": "US", "postalCode": "1",
        "stateOrProvinceCode": "NY", "phone": "+1 2", "firstName": "Anna", "lastName": "Berg",
        "countryName": "United States of America", "stateOrProvinceName": "New York"
    });
    let mut address = person.clone();
    for (name, value) in
        [("id", json!(7)), ("note", json!("n")), ("createdDate", json!(5)), ("defaultAddress", json!(true))]
    {
        address[name] = value;
    }
    address["orderBy"] = json!(3);
    let contact = json!({
        "contact": "https://t.me/anna", "type": "TELEGRAM", "handle": "mine", "note": "n", "default": true,
        "orderBy": 2, "timestamp": 5
    });
    vec![
        Create {
            operation: "create_customer",
            path: "/customers",
            body: json!({
                "email": "anna@example.com", "name": "Anna", "customerGroupId": 0, "billingPerson": person,
                "shippingAddresses": [address], "password": "p", "primaryPhone": "+1 2", "taxId": "1", "taxIdValid": false, "taxExempt": true,
                "b2b_b2c": "b2b", "fiscalCode": "f", "electronicInvoicePecEmail": "e", "electronicInvoiceSdiCode": "i",
                "privateAdminNotes": "n", "acceptMarketing": true, "lang": "en", "externalReferenceId": "x",
                "extrafields": [{"key": "KEY", "title": "Size", "value": "40"}], "contacts": [contact]
            }),
        },
        Create { operation: "create_contact", path: "/customers/CUSTOMER/contacts", body: contact },
        Create {
            operation: "create_customer_group",
            path: "/customer_groups",
            body: json!({"name": "VIP", "externalReferenceId": "v"}),
        },
        Create {
            operation: "create_customer_extra_field",
            path: "/store_extrafields/customers",
            body: json!({"title": "Birthday", "type": "DATETIME", "shownOnOrderDetails": true}),
        },
        Create {
            operation: "create_order",
            path: "/orders",
            body: json!({
                "email": "first@example.com", "customerId": "CUSTOMER", "total": 5, "createDate": 7,
                "items": [{"productId": 7, "name": "Tea", "quantity": null}], "unknown": null
            }),
        },
    ]
}

/// The pointers to all fields of a body that a schema describes, those of the objects in it too.
fn fields(document: &Value, schema: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fields(document, document.pointer(&reference[1..]).unwrap(), at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().flat_map(|choice| fields(document, choice, at)).collect();
    }
    if schema["items"].is_object() {
        return fields(document, &schema["items"], &format!("{at}/0"));
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .flat_map(|(name, inner)| {
            let at = format!("{at}/{name}");
            let inner = fields(document, inner, &at);
            std::iter::once(at).chain(inner)
        })
        .collect()
}

fn without(body: &Value, field: &str) -> Value {
    let (object, name) = field.rsplit_once('/').unwrap();
    let mut body = body.clone();
    body.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    body
}

fn with_null(body: &Value, field: &str) -> Value {
    let mut body = body.clone();
    *body.pointer_mut(field).unwrap_or_else(|| panic!("the body has no {field}")) = Value::Null;
    body
}

/// A store with a customer and an extra field.
struct Shop<'a> {
    app: &'a TestApp,
    id: i64,
    token: String,
    customer: String,
    key: String,
}

impl<'a> Shop<'a> {
    async fn open(app: &'a TestApp, id: i64) -> Self {
        app.create_store(id).await;
        let (token, _) = app.create_token(id, TokenKind::Secret, ScopeSet::ALL).await;
        let mut shop = Self { app, id, token, customer: String::new(), key: String::new() };
        let customer = shop.post("/customers", json!({"email": "first@example.com"})).await.json();
        shop.customer = customer["id"].to_string();
        let field = shop.post("/store_extrafields/customers", json!({"title": "Size"})).await.json();
        field["key"].as_str().unwrap().clone_into(&mut shop.key);
        shop
    }

    fn call(&self, method: Method, path: &str) -> Call {
        self.app.bare(method, path).token(&self.token)
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let path = format!("/api/v3/{}{}", self.id, path.replace("CUSTOMER", &self.customer));
        let body = body.to_string().replace("\"CUSTOMER\"", &self.customer).replace("KEY", &self.key);
        self.call(Method::POST, &path).body(body).send().await
    }

    /// What came of a create: how it was answered, and what is there now, without what is drawn.
    async fn outcome(&self, create: &Create, body: Value) -> (u16, String) {
        let answer = self.post(create.path, body).await;
        let status = answer.status.as_u16();
        if status != 200 {
            return (status, answer.text);
        }
        let path = answer.header("location").to_owned();
        // Keys of orders and extra fields are drawn; ids are the same in every store.
        let drawn = path.rsplit('/').next().filter(|id| id.parse::<i64>().is_err()).unwrap_or(&self.key);
        let shown = self.call(Method::GET, &path).send().await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        (status, shown.text.replace(drawn, "KEY").replace(&self.key, "KEY"))
    }
}

#[tokio::test]
async fn null_in_a_create_equals_absent_in_every_field() {
    let document: Value =
        serde_json::from_str(&shopfolk_api::openapi::<SqliteEngine>().to_json().unwrap()).unwrap();
    let calls: Vec<_> = document["paths"].as_object().unwrap().values().map(|path| &path["post"]).collect();
    let app = TestApp::start().await;
    let mut stores = 2_000..;
    for create in creates() {
        let call = calls.iter().find(|call| call["operationId"] == create.operation).unwrap();
        let schema = &call["requestBody"]["content"]["application/json"]["schema"];
        let fields = fields(&document, schema, "");
        assert!(fields.len() > 1, "{} has fields", create.operation);
        for field in fields {
            let mut outcomes = Vec::new();
            for body in [with_null(&create.body, &field), without(&create.body, &field)] {
                let shop = Shop::open(&app, stores.next().unwrap()).await;
                outcomes.push(shop.outcome(&create, body).await);
            }
            assert_eq!(outcomes[0], outcomes[1], "{} {field}", create.operation);
        }
    }
}

#[tokio::test]
async fn an_order_never_shows_null_for_its_total() {
    let app = TestApp::start().await;
    let body = r#"{"email": "anna@example.com", "total": null, "items": [{"name": null}], "note": null}"#;
    let path = app.post("/orders", body).await.header("location").to_owned();
    let path = path.strip_prefix("/api/v3/1003").unwrap();
    let fields = "responseFields=total,items,note";
    assert_eq!(app.get(&format!("{path}?{fields}")).await.text, r#"{"total":0,"items":[{}],"note":null}"#);
}

#[tokio::test]
async fn an_order_that_was_kept_with_a_null_is_shown_without_it() {
    let app = TestApp::start().await;
    let kept = RecordOrder {
        customer: None,
        email: EmailAddress::new("anna@example.com").ok(),
        total: Money::from_units(0),
        created: app.clock.now(),
        products: Vec::new(),
        document: r#"{"email":null,"total":null,"items":null,"note":null}"#.to_owned(),
        keys: vec![OrderKey::new("AAAAA").unwrap()],
        now: app.clock.now(),
    };
    app.engine.write(store(STORE), Actor::CommandLine, kept).await.unwrap();
    assert_eq!(
        app.get("/orders/AAAAA?responseFields=email,total,items,note").await.text,
        r#"{"email":"anna@example.com","total":0,"note":null}"#
    );
}
