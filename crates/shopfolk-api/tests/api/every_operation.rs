//! Walks every operation of the OpenAPI document as those who must not get in, and as one who may.

use axum::http::Method;
use serde_json::Value;
use shopfolk_model::{Scope, ScopeSet, TokenKind, WebhookEvent};
use shopfolk_store_sqlite::SqliteEngine;

use crate::support::{Answer, Call, STORE, TestApp};

/// An operation on the store, with the scopes it needs and a body that it takes.
struct Case {
    operation: &'static str,
    scopes: &'static str,
    body: &'static str,
}

/// What has to stand in the query of an operation.
const QUERIES: &[(&str, &str)] = &[
    ("trigger_webhook", "?clientId=app-7&eventType=application.installed"),
    ("delete_batch", "?ticketId=0f8fad5b-d9cb-469f-a165-70867728950e"),
    ("cancel_batches", "?groupId=1"),
];

const CASES: &[Case] = &[
    Case { operation: "get_profile", scopes: "", body: "" },
    Case {
        operation: "update_profile",
        scopes: "update_store_profile",
        body: r#"{"settings": {"storeName": "B"}}"#,
    },
    Case { operation: "get_latest_stats", scopes: "read_store_profile", body: "" },
    Case {
        operation: "update_customers",
        scopes: "update_customers",
        body: r#"{"mode": "ALL", "customer": {"taxExempt": true}}"#,
    },
    Case { operation: "get_customer_filters", scopes: "read_customers", body: "" },
    Case { operation: "list_customer_locations", scopes: "read_customers", body: "" },
    Case { operation: "list_customer_ids", scopes: "read_customers", body: "" },
    Case { operation: "list_customers", scopes: "read_customers", body: "" },
    Case {
        operation: "create_customer",
        scopes: "create_customers",
        body: r#"{"email": "new@example.com"}"#,
    },
    Case { operation: "get_customer", scopes: "read_customers", body: "" },
    Case {
        operation: "update_customer",
        scopes: "read_customers,update_customers",
        body: r#"{"name": "B"}"#,
    },
    Case { operation: "list_deleted_customers", scopes: "read_customers", body: "" },
    Case { operation: "delete_customer", scopes: "read_customers,update_customers", body: "" },
    Case { operation: "list_customer_groups", scopes: "read_customers", body: "" },
    Case { operation: "get_customer_group", scopes: "read_customers", body: "" },
    Case { operation: "create_customer_group", scopes: "create_customers", body: r#"{"name": "B"}"# },
    Case {
        operation: "update_customer_group",
        scopes: "read_customers,update_customers",
        body: r#"{"name": "B"}"#,
    },
    Case { operation: "delete_customer_group", scopes: "read_customers,update_customers", body: "" },
    Case { operation: "get_application", scopes: "", body: "" },
    Case { operation: "delete_application", scopes: "", body: "" },
    Case { operation: "list_customer_extra_fields", scopes: "read_customers_extrafields", body: "" },
    Case { operation: "get_customer_extra_field", scopes: "read_customers_extrafields", body: "" },
    Case {
        operation: "create_customer_extra_field",
        scopes: "update_customers_extrafields",
        body: r#"{"title": "B"}"#,
    },
    Case {
        operation: "update_customer_extra_field",
        scopes: "update_customers_extrafields",
        body: r#"{"title": "B"}"#,
    },
    Case { operation: "delete_customer_extra_field", scopes: "delete_customers_extrafields", body: "" },
    Case { operation: "list_orders", scopes: "read_orders", body: "" },
    Case { operation: "list_orders_of_customer", scopes: "read_orders", body: "" },
    Case { operation: "get_last_order", scopes: "read_orders", body: "" },
    Case { operation: "get_order", scopes: "read_orders", body: "" },
    Case {
        operation: "create_order",
        scopes: "create_orders",
        body: r#"{"email": "anna@example.com", "total": 1}"#,
    },
    Case { operation: "delete_order", scopes: "update_orders", body: "" },
    Case { operation: "list_customer_products", scopes: "read_customers", body: "" },
    Case {
        operation: "create_contact",
        scopes: "create_customers",
        body: r#"{"type": "PHONE", "contact": "2"}"#,
    },
    Case { operation: "order_contacts", scopes: "update_customers", body: r#"{"ids": [{contacts}]}"# },
    Case { operation: "list_contacts", scopes: "read_customers", body: "" },
    Case { operation: "get_contact", scopes: "read_customers", body: "" },
    Case { operation: "update_contact", scopes: "update_customers", body: r#"{"note": "n"}"# },
    Case { operation: "delete_contact", scopes: "update_customers", body: "" },
    Case { operation: "list_webhook_attempts", scopes: "", body: "" },
    Case { operation: "get_webhook_attempt", scopes: "", body: "" },
    Case { operation: "replay_webhook_attempt", scopes: "", body: "" },
    Case { operation: "replay_failed_webhooks", scopes: "", body: "" },
    Case { operation: "trigger_webhook", scopes: "", body: "" },
    Case { operation: "create_batch", scopes: "", body: r#"[{"path": "profile", "method": "GET"}]"# },
    Case { operation: "get_batches", scopes: "", body: "" },
    Case { operation: "delete_batch", scopes: "", body: "" },
    Case { operation: "cancel_batches", scopes: "", body: "" },
];

/// Operations that are no store's and need no token. This list may only shrink.
const OPEN: &[&str] = &["get_health", "get_readiness", "get_metrics"];

struct Operation {
    method: Method,
    template: String,
    id: String,
    scopes: Vec<String>,
}

fn operations() -> Vec<Operation> {
    let document: Value =
        serde_json::from_str(&shopfolk_api::openapi::<SqliteEngine>().to_json().unwrap()).unwrap();
    let mut operations = Vec::new();
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scopes = operation["security"][0]["token"].as_array().cloned().unwrap_or_default();
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                template: template.clone(),
                id: operation["operationId"].as_str().unwrap().to_owned(),
                scopes: scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect(),
            });
        }
    }
    operations
}

/// A customer with a contact, in a fresh app for each operation.
struct Shop {
    app: TestApp,
    path: String,
    method: Method,
    body: String,
}

impl Shop {
    async fn of(operation: &Operation, case: &Case) -> Self {
        let app = TestApp::start().await;
        let customer = app.create_customer("anna@example.com").await;
        let contact = app.create_contact(&customer, r#"{"type": "PHONE", "contact": "1"}"#).await;
        let group = app.post("/customer_groups", r#"{"name": "A"}"#).await.json()["id"].to_string();
        let field = app.post("/store_extrafields/customers", r#"{"title": "A"}"#).await.json();
        let order = app.post("/orders", r#"{"email": "anna@example.com"}"#).await.json();
        let told = app.install_app(7, "read_customers").await;
        let attempt = app.attempt(told, WebhookEvent::ApplicationInstalled, 200).await;
        let path = operation
            .template
            .replace("/customers/{customerId}", &customer)
            .replace("{contactId}", &contact.to_string())
            .replace("{orderId}", order["orderId"].as_str().unwrap())
            .replace("{attemptId}", &attempt.to_string())
            .replace("{groupId}", &group)
            .replace("{key}", field["key"].as_str().unwrap());
        let query = QUERIES.iter().find(|(of, _)| *of == operation.id).map_or("", |(_, query)| query);
        let path = format!("{path}{query}");
        let contacts = app.get(&format!("{customer}/contacts")).await.json();
        let ids: Vec<_> =
            contacts["items"].as_array().unwrap().iter().map(|contact| contact["id"].to_string()).collect();
        let body = case.body.replace("{contacts}", &ids.join(","));
        Self { app, path, method: operation.method.clone(), body }
    }

    fn call(&self, store: i64) -> Call {
        let path = self.path.replace("{storeId}", &store.to_string());
        self.app.bare(self.method.clone(), &path).body(self.body.clone())
    }

    async fn with(&self, token: &str) -> Answer {
        self.call(STORE).token(token).send().await
    }

    async fn token(&self, kind: TokenKind, scopes: ScopeSet) -> String {
        self.app.create_token(STORE, kind, scopes).await.0
    }
}

fn without(scope: Scope) -> ScopeSet {
    ScopeSet::ALL.iter().filter(|&other| other != scope).collect()
}

#[tokio::test]
async fn every_operation_lets_in_just_who_may() {
    for operation in operations() {
        if OPEN.contains(&operation.id.as_str()) {
            continue;
        }
        let case = CASES.iter().find(|case| case.operation == operation.id);
        let case = case.unwrap_or_else(|| panic!("no case for {}", operation.id));
        let needed: ScopeSet = case.scopes.parse().unwrap();
        let documented: ScopeSet = operation.scopes.join(",").parse().unwrap();
        assert_eq!(documented, needed, "{}", operation.id);

        let shop = Shop::of(&operation, case).await;
        shop.app.create_store(1004).await;
        let (foreign, _) = shop.app.create_token(1004, TokenKind::Secret, ScopeSet::ALL).await;
        let before = shop.app.get("/customers").await.text;

        shop.call(STORE).send().await.error(403, "INVALID_API_TOKEN");
        shop.with("secret_unknown").await.error(403, "INVALID_API_TOKEN");
        shop.with(&foreign).await.error(403, "INVALID_API_TOKEN");
        shop.call(7).token(&shop.app.token).send().await.error(404, "STORE_NOT_FOUND");
        for scope in needed.iter() {
            let token = shop.token(TokenKind::Secret, without(scope)).await;
            let message = shop.with(&token).await.error(403, "INSUFFICIENT_APP_SCOPE");
            assert!(message.ends_with(scope.name()), "{message}");
        }
        if needed != ScopeSet::EMPTY {
            let token = shop.token(TokenKind::Public, ScopeSet::ALL).await;
            shop.with(&token).await.error(403, "INSUFFICIENT_APP_SCOPE");
            // In its own store that token may, but there is nothing of the other store's there.
            if shop.path.contains(&shop.app_customer()) {
                shop.call(1004).token(&foreign).send().await.error(404, "CUSTOMER_NOT_FOUND");
            }
        }
        shop.app.suspend_store(true).await;
        shop.app.clock.advance(4);
        shop.with(&shop.app.token).await.error(402, "STORE_IS_SUSPENDED");
        shop.app.suspend_store(false).await;
        shop.app.clock.advance(4);

        assert_eq!(shop.app.get("/customers").await.text, before, "{}", operation.id);
        let exact = shop.token(TokenKind::Secret, needed).await;
        assert_eq!(shop.with(&exact).await.status, 200, "{}", operation.id);
    }
}

impl Shop {
    /// The part of the path that names the customer, or what no path contains.
    fn app_customer(&self) -> String {
        let part = self.path.split_once("/customers/").and_then(|(_, rest)| rest.split('/').next());
        let id = part.filter(|part| part.parse::<u64>().is_ok());
        id.unwrap_or("none").to_owned()
    }
}

#[tokio::test]
async fn every_path_takes_just_the_methods_of_the_document() {
    let app = TestApp::start().await;
    for operation in operations() {
        let mut documented: Vec<_> = operations()
            .into_iter()
            .filter(|other| other.template == operation.template)
            .map(|other| other.method.to_string())
            .collect();
        if documented.contains(&"GET".to_owned()) {
            documented.push("HEAD".to_owned());
        }
        documented.sort_unstable();
        let path = operation.template.replace("{storeId}", "1003").replace("{customerId}", "1");
        let path = path.replace("{contactId}", "1");
        let named = |methods: &str| {
            let mut methods: Vec<_> = methods.split(',').map(str::to_owned).collect();
            methods.sort_unstable();
            methods
        };
        let answer = app.bare(Method::PATCH, &path).send().await;
        answer.error(405, "METHOD_NOT_ALLOWED");
        assert_eq!(named(answer.header("allow")), documented, "{}", operation.template);

        let answer = app.bare(Method::OPTIONS, &path).send().await;
        if OPEN.contains(&operation.id.as_str()) {
            answer.error(405, "METHOD_NOT_ALLOWED");
            continue;
        }
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_eq!(
            named(answer.header("access-control-allow-methods")),
            documented,
            "{}",
            operation.template
        );
    }
}
