//! What a release answers to reads of a database.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Client;
use crate::harness::STORE;

/// What is asked besides each customer, group, extra field and order by itself.
const QUERIES: [&str; 9] = [
    "profile",
    "customers?offset=2&limit=3",
    "customers/filters",
    "customers/locations?name=a",
    "customers/products?name=pp",
    "customers/deleted?to_date=2200-01-01",
    "customer_groups",
    "store_extrafields/customers",
    "orders",
];

/// Searches, of which the ids are kept.
const SEARCHES: [&str; 27] = [
    "customers?",
    "customers?sortBy=NAME_ASC",
    "customers?sortBy=EMAIL_DESC",
    "customers?sortBy=SALES_VALUE_DESC&minOrderCount=1",
    "customers?sortBy=LAST_ORDER_DATE_ASC",
    "customers?keyword=m%C3%BCller",
    "customers?name=anna",
    "customers?email=example.org",
    "customers?email=anna@example.com&useExactEmailMatch=true",
    "customers?phone=5550101",
    "customers?city=rome",
    "customers?postalCode=10001",
    "customers?stateOrProvinceCode=NY",
    "customers?companyName=sons",
    "customers?countryCodes=IT,DE",
    "customers?customerGroupIds=0,1",
    "customers?acceptMarketing=true",
    "customers?lang=de",
    "customers?taxExempt=true",
    "customers?b2b_b2c=b2b",
    "customers?minOrderCount=1&maxSalesValue=1000",
    "customers?purchasedProductIds=101",
    "customers?contact=anna&contactType=FACEBOOK,URL",
    "customers?contact=pigeon",
    "customers?contactType=PHONE",
    "orders?keywords=example.com",
    "orders?customer=anna",
];

/// The answers, each with the path that was asked for, and the token with which it was asked.
pub struct Answers {
    pub token: String,
    answers: Vec<Value>,
}

impl Answers {
    pub fn ask(client: &Client, token: &str) -> Self {
        let searches = SEARCHES.iter().map(|query| format!("{query}&responseFields=total,items(id)"));
        let queries = QUERIES.iter().map(ToString::to_string).chain(searches);
        let mut answers: Vec<Value> = queries.map(|query| ask(client, &query)).collect();
        for (list, key) in [
            ("customers", "id"),
            ("customer_groups", "id"),
            ("store_extrafields/customers", "key"),
            ("orders", "id"),
        ] {
            for item in items(client, list) {
                let key = item[key].to_string().replace('"', "");
                answers.push(ask(client, &format!("{list}/{key}")));
                if list == "customers" {
                    let contacts = format!("{list}/{key}/contacts");
                    answers.push(ask(client, &contacts));
                    let last = items(client, &contacts).pop();
                    answers.extend(last.map(|contact| ask(client, &format!("{contacts}/{}", contact["id"]))));
                }
            }
        }
        Self { token: token.to_owned(), answers }
    }

    pub fn write(&self, file: &Path) {
        let first = json!({ "token": self.token });
        let lines = [&first].into_iter().chain(&self.answers).map(|line| line.to_string() + "\n");
        fs::write(file, lines.collect::<String>()).unwrap();
    }

    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let token = lines.next().unwrap()["token"].as_str().unwrap().to_owned();
        Self { token, answers: lines.collect() }
    }

    /// Asks again: everything that was answered then is answered now. A newer release may say more.
    pub fn assert_given_by(&self, client: &Client) {
        for before in &self.answers {
            let path = before["path"].as_str().unwrap();
            let now = ask(client, path);
            let (now, before) = (in_order(now), in_order(before.clone()));
            assert!(has(&now, &before), "{path} was answered with\n{before}\nand is now with\n{now}");
        }
    }
}

/// An answer with the places to which goods are sent in order: they came in none when the databases were written.
fn in_order(mut answer: Value) -> Value {
    if let Some(places) = answer["body"].get_mut("shippingAddresses").and_then(Value::as_array_mut) {
        places.sort_by_key(Value::to_string);
    }
    answer
}

fn ask(client: &Client, path: &str) -> Value {
    let answer = client.get(&format!("/api/v3/{STORE}/{path}")).unwrap();
    json!({ "path": path, "status": answer.status, "body": answer.body })
}

fn items(client: &Client, path: &str) -> Vec<Value> {
    match &ask(client, path)["body"] {
        Value::Array(items) => items.clone(),
        list => list["items"].as_array().unwrap().clone(),
    }
}

/// Whether a value is another one, or has fields besides.
fn has(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            before.iter().all(|(name, before)| now.get(name).is_some_and(|now| has(now, before)))
        }
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len() && now.iter().zip(before).all(|(now, before)| has(now, before))
        }
        _ => now == before,
    }
}
