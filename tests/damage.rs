//! Rows that were damaged past the program: each costs itself and nothing around it, and everybody is told which it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use serde_json::{Value, json};

use harness::client::Answer;
use harness::{Client, PATIENCE, Program, STORE, Server, Shop, customers, eventually};

on_each_engine! {
    a_damaged_row_costs_itself_and_not_the_page,
    a_damaged_contact_costs_its_customer_nothing_else,
    a_damaged_row_is_named_when_it_is_asked_for,
    every_row_of_a_page_can_be_damaged,
}

const CUSTOMERS: u64 = 6;

/// A row, and what is done to it.
struct Damage {
    table: &'static str,
    customer: u64,
    /// The number that names the row, where it has one of its own.
    row: u64,
    sql: &'static str,
}

const DAMAGES: [Damage; 3] = [
    Damage {
        table: "customers",
        customer: 2,
        row: 2,
        sql: "UPDATE customers SET email = 'nobody' WHERE store_id = 1003 AND customer_id = 2",
    },
    Damage {
        table: "customer_details",
        customer: 3,
        row: 3,
        sql: r#"UPDATE customer_details SET document = '{"taxId": [' WHERE store_id = 1003 AND customer_id = 3"#,
    },
    Damage {
        table: "contacts",
        customer: 5,
        row: 9,
        sql: "UPDATE contacts SET contact_type = 99 WHERE store_id = 1003 AND contact_id = 9",
    },
];

impl Damage {
    /// The call for what cannot be read.
    fn path(&self) -> String {
        let customer = format!("{}/{}", customers(), self.customer);
        if self.table == "contacts" { format!("{customer}/contacts/{}", self.row) } else { customer }
    }

    /// Takes what cannot be read from the customers of a page.
    fn take_from(&self, page: &mut Vec<Value>) {
        if self.table == "contacts" {
            let customer = page.iter_mut().find(|customer| customer["id"] == self.customer).unwrap();
            let contacts = customer["contacts"].as_array_mut().unwrap();
            contacts.retain(|contact| contact["id"] != self.row);
        } else {
            page.retain(|customer| customer["id"] != self.customer);
        }
    }

    /// Whether a line names the table, and the row or its customer.
    fn is_named_by(&self, line: &str) -> bool {
        line.contains(self.table) && self.has_its_number_in(line)
    }

    /// Whether the number of the row or its customer is a word of the line.
    fn has_its_number_in(&self, line: &str) -> bool {
        let numbers = [self.row, self.customer].map(|number| number.to_string());
        let mut words = line.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.any(|word| numbers.iter().any(|number| number == word))
    }

    /// Waits for a line in the log that names it, and has this text.
    fn assert_is_told_by(&self, server: &Server, text: &str) {
        let names = || server.said().lines().any(|line| line.contains(text) && self.is_named_by(line));
        let what = format!("the log names {}", self.table);
        eventually(&what, PATIENCE, || names().then_some(()));
    }
}

/// A store with customers of whom there is a row in each of the tables. The contacts of each have two numbers after those
/// of the one before.
fn shop(program: Program) -> Shop {
    let shop = Shop::with(program);
    let line = |number: u64| {
        let phone = format!("+1 555 010{number}");
        let line = json!({
            "email": format!("person{number}@example.com"),
            "name": format!("Person {number}"),
            "taxId": format!("T{number}"),
            "contacts": [{ "type": "PHONE", "contact": phone }],
        });
        line.to_string() + "\n"
    };
    let lines: String = (1..=CUSTOMERS).map(line).collect();
    let store = STORE.to_string();
    shop.program.run_with_input(&["import", "--store", &store, "-"], lines.as_bytes()).succeeded();
    shop
}

fn a_damaged_row_costs_itself_and_not_the_page(program: Program) {
    let shop = shop(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let whole = page(&client, "");
    assert_eq!(
        (ids(&whole), whole.header("x-shopfolk-damaged")),
        ((1..=CUSTOMERS).collect(), ""),
        "{whole:?}"
    );
    let mut left = items(&whole);
    for (damage, number) in DAMAGES.iter().zip(1..) {
        shop.program.execute(damage.sql);
        damage.take_from(&mut left);
        for query in ["", "?sortBy=EMAIL_ASC", "?taxExempt=false"] {
            let found = page(&client, query);
            assert_eq!(items(&found), left, "{query}");
            assert_eq!(found.header("x-shopfolk-damaged"), number.to_string(), "{query}: {found:?}");
        }
        damage.assert_is_told_by(&server, "");
        // A page that has nothing of it does not tell of it.
        assert_eq!(page(&client, "?limit=1").header("x-shopfolk-damaged"), "");
    }
    let counted = metric(&client, "shopfolk_damaged_rows_total");
    assert!(counted >= 18.0, "each time that a row was left out counts: {counted}");
    // Those that are whole are read and written as before.
    for customer in left.iter().filter(|customer| customer["id"] != DAMAGES[2].customer) {
        let path = format!("{}/{}", customers(), customer["id"]);
        assert_eq!(client.get(&path).unwrap().body, *customer);
        assert_eq!(client.put(&path, &json!({ "name": "Another" })).unwrap().status, 200);
    }
}

fn a_damaged_contact_costs_its_customer_nothing_else(program: Program) {
    let shop = shop(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let damage = &DAMAGES[2];
    let path = format!("{}/{}", customers(), damage.customer);
    let mut expected = vec![client.get(&path).unwrap().body];
    shop.program.execute(damage.sql);
    damage.take_from(&mut expected);
    let found = client.get(&path).unwrap();
    assert_eq!((found.status, found.header("x-shopfolk-damaged")), (200, "1"), "{found:?}");
    assert_eq!(found.body, expected[0]);
    let listed = client.get(&format!("{path}/contacts")).unwrap();
    assert_eq!((listed.status, listed.header("x-shopfolk-damaged")), (200, "1"), "{listed:?}");
    // No list takes the place of contacts of which one cannot be seen.
    let replaced = client.put(&path, &json!({ "contacts": [] })).unwrap();
    assert_eq!((replaced.status, replaced.code()), (500, "INTERNAL_ERROR"), "{replaced:?}");
}

fn a_damaged_row_is_named_when_it_is_asked_for(program: Program) {
    let shop = shop(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    for damage in &DAMAGES {
        shop.program.execute(damage.sql);
        let alone = client.get(&damage.path()).unwrap();
        assert_eq!((alone.status, alone.code()), (500, "INTERNAL_ERROR"), "{alone:?}");
        let request = alone.header("x-request-id");
        let message = alone.body["errorMessage"].as_str().unwrap();
        assert!(!request.is_empty() && message.contains(request), "{alone:?}");
        damage.assert_is_told_by(&server, request);
    }
    let checked = shop.program.run(&["check"]);
    assert_eq!(checked.status, 1, "{checked:?}");
    for damage in &DAMAGES {
        assert!(
            checked.stdout.lines().any(|line| damage.has_its_number_in(line)),
            "{}: {checked:?}",
            damage.sql
        );
    }
}

fn every_row_of_a_page_can_be_damaged(program: Program) {
    let shop = shop(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    shop.program.execute("UPDATE customers SET email = 'nobody' WHERE store_id = 1003");
    let found = page(&client, "");
    assert_eq!((ids(&found), found.header("x-shopfolk-damaged")), (vec![], "6"), "{found:?}");
    let checked = shop.program.run(&["check"]);
    assert_eq!(checked.status, 1, "{checked:?}");
    for number in 1..=CUSTOMERS {
        let damage = Damage { table: "customers", customer: number, row: number, sql: "" };
        assert!(checked.stdout.lines().any(|line| damage.has_its_number_in(line)), "{number}: {checked:?}");
    }
}

fn page(client: &Client, query: &str) -> Answer {
    let answer = client.get(&format!("{}{query}", customers())).unwrap();
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    answer
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.body["items"].as_array().unwrap().clone()
}

fn ids(answer: &Answer) -> Vec<u64> {
    items(answer).iter().map(|customer| customer["id"].as_u64().unwrap()).collect()
}

/// The sum over all labels of a metric.
fn metric(client: &Client, name: &str) -> f64 {
    let metrics = client.get("/metrics").unwrap();
    let text = metrics.body.as_str().unwrap();
    let values =
        text.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit(' ').next());
    values.map(|value| value.parse::<f64>().unwrap()).sum()
}
