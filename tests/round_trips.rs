//! Any customers that the API can make, exported in each format, imported into an empty store and into their own: the same, and the
//! same again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;
#[path = "round_trips/people.rs"]
mod people;

use std::fs;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use harness::{Program, STORE, Shop, customer_lines, seed};
use people::People;

on_each_engine! {
    any_customers_come_back_out_of_every_format,
    a_whole_store_comes_back_with_its_groups_fields_and_orders,
    vcards_come_back_as_they_were,
    extra_fields_of_a_table_keep_their_titles_whatever_these_are,
}

const SCOPES: &str = "read_customers,create_customers,update_customers,read_customers_extrafields,\
    update_customers_extrafields,read_orders,create_orders";
/// How many customers of each kind.
const CUSTOMERS: usize = 40;

/// A shop with groups, extra fields, orders and customers of whom anything may be known.
fn filled(program: Program) -> Program {
    let mut shop = Shop::with(program);
    shop.token = shop.program.create_token(SCOPES);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let post = |path: &str, body: &Value| {
        let answer = client.post(&format!("/api/v3/{STORE}/{path}"), body).unwrap();
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        answer.body
    };
    let mut people = People::new(StdRng::seed_from_u64(seed()));
    for number in 0..3 {
        let group =
            json!({ "name": people.text(number, 200), "externalReferenceId": format!("group {number}") });
        people.groups.push(post("customer_groups", &group)["id"].as_u64().unwrap());
    }
    for (number, kind) in ["TEXT", "DATETIME", "TEXT"].into_iter().enumerate() {
        let field =
            json!({ "title": people.text(number, 200), "type": kind, "shownOnOrderDetails": number == 1 });
        let key = post("store_extrafields/customers", &field)["key"].as_str().unwrap().to_owned();
        people.fields.push((key, kind));
    }
    let mut ids = Vec::new();
    for number in 0..CUSTOMERS {
        ids.push(post("customers", &people.customer(number))["id"].as_u64().unwrap());
    }
    // Who has as many contacts and addresses as there can be goes on in further rows of a table for spreadsheets.
    ids.push(post("customers", &people.largest())["id"].as_u64().unwrap());
    for id in ids.iter().step_by(3) {
        let name = people.text(1, 200);
        let order = json!({
            "customerId": id, "total": 12.5, "items": [{ "productId": 7, "name": name, "price": 1.25, "kept": null }],
            "note": name, "createDate": "2020-02-02 02:02:02 +0000", "externalOrderId": format!("O-{id}"),
        });
        post("orders", &order);
    }
    client.delete(&format!("/api/v3/{STORE}/customers/{}", ids[3])).unwrap();
    server.stop();
    shop.program
}

fn export(program: &Program, store: u64, options: &[&str]) -> String {
    program.run(&[&["export", "--store", &store.to_string()], options, &["-"]].concat()).succeeded().stdout
}

/// What an import says, of which every line has to be taken.
fn import(program: &Program, store: u64, file: &str) -> String {
    program.run(&["import", "--store", &store.to_string(), file]).succeeded().stderr
}

fn new_store(program: &Program, store: u64) -> u64 {
    program.run(&["store", "create", "--id", &store.to_string(), "--name", "Another"]).succeeded();
    store
}

/// A record without what a store gives by itself.
fn without_ids(mut record: Value) -> Value {
    fn forget(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in
                    ["id", "key", "updated", "customerGroupId", "customerId", "orderNumber", "internalId"]
                {
                    fields.remove(name);
                }
                fields.values_mut().for_each(forget);
            }
            Value::Array(items) => items.iter_mut().for_each(forget),
            _ => {}
        }
    }
    forget(&mut record);
    record
}

fn records(exported: &str) -> Vec<Value> {
    customer_lines(exported).map(|line| without_ids(serde_json::from_str(line).unwrap())).collect()
}

/// The customers as files of customers alone hold them: without what their orders amount to, without the order in which the extra
/// fields were made, and, out of a table, without the types of those.
fn customers(exported: &str, is_table: bool) -> Vec<Value> {
    let mut customers = records(exported);
    for customer in &mut customers {
        let fields = customer.as_object_mut().unwrap();
        fields.remove("stats");
        fields.remove("totalOrderCount");
        let Some(values) = fields.get_mut("extrafields").and_then(Value::as_array_mut) else { continue };
        values.sort_by_key(|value| value["title"].to_string());
        for value in values {
            let value = value.as_object_mut().unwrap();
            value.remove("orderBy");
            value.remove(if is_table { "type" } else { "" });
        }
    }
    customers
}

fn assert_equal(left: &[Value], right: &[Value], what: &str) {
    assert_eq!(left.len(), right.len(), "{what}");
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left, right, "{what}");
    }
}

fn any_customers_come_back_out_of_every_format(program: Program) {
    let program = filled(program);
    let before = export(&program, STORE, &[]);
    for (number, (file, options)) in [
        ("customers.ndjson", &[][..]),
        ("customers.csv", &[]),
        ("spreadsheet.csv", &["--for", "spreadsheet"]),
    ]
    .into_iter()
    .enumerate()
    {
        let path = program.directory().join(file);
        program.run(&[&["export", "--store", &STORE.to_string()], options, &[file]].concat()).succeeded();
        let store = new_store(&program, number as u64 + 1);
        let said = import(&program, store, file);
        let there = export(&program, store, &[]);
        let is_table = number > 0;
        assert_equal(&customers(&there, is_table), &customers(&before, is_table), file);
        // The same file again changes nobody, there and in its own store.
        for store in [store, STORE] {
            let earlier = export(&program, store, &[]);
            let said = import(&program, store, file);
            assert!(
                said.contains("0 customers created, 0 changed") || said.contains("0 created, 0 changed"),
                "{said}"
            );
            assert_eq!(export(&program, store, &[]), earlier, "{file}: {said}");
        }
        assert!(!said.contains("rejected"), "{file}: {said}");
        fs::remove_file(path).unwrap();
    }
    program.run(&["check"]).succeeded();
}

fn a_whole_store_comes_back_with_its_groups_fields_and_orders(program: Program) {
    let program = filled(program);
    let before = export(&program, STORE, &["--whole"]);
    assert!(
        before.contains("{\"customerGroup\":")
            && before.contains("{\"extraField\":")
            && before.contains("{\"order\":")
    );
    program.run(&["export", "--store", &STORE.to_string(), "--whole", "store.ndjson"]).succeeded();
    let store = new_store(&program, 1);
    import(&program, store, "store.ndjson");
    let there = export(&program, store, &["--whole"]);
    assert_equal(&records(&there), &records(&before), "the whole store");
    for (store, expected) in [(store, &there), (STORE, &before)] {
        import(&program, store, "store.ndjson");
        assert_eq!(&export(&program, store, &["--whole"]), expected);
    }
    program.run(&["check"]).succeeded();
}

/// The cards without what a store gives by itself.
fn cards(program: &Program, store: u64, version: &str) -> String {
    let exported = export(program, store, &["--vcard", version]).replace("\r\n ", "");
    let lines = exported.lines().filter(|line| !line.starts_with("UID") && !line.starts_with("REV:"));
    lines.collect::<Vec<_>>().join("\n")
}

fn vcards_come_back_as_they_were(program: Program) {
    new_store(&program, STORE);
    let people = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients/people.ndjson");
    import(&program, STORE, people);
    for (number, version) in ["4.0", "3.0"].into_iter().enumerate() {
        let (store, file) = (new_store(&program, number as u64 + 1), format!("{version}.vcf"));
        program.run(&["export", "--store", &STORE.to_string(), "--vcard", version, &file]).succeeded();
        import(&program, store, &file);
        assert_eq!(cards(&program, store, version), cards(&program, STORE, version));
        let before = export(&program, store, &[]);
        import(&program, store, &file);
        assert_eq!(export(&program, store, &[]), before, "{version}");
    }
}

/// Titles that are nearly the same, that look like the names of columns, and one that could be a key.
const TITLES: [&str; 9] =
    ["A-B", "A B", "a]b", "[x]", "extrafields[x]", "Nr. #, \"new\"", "Loyalty", "Größe; Farbe", "email"];

fn extra_fields_of_a_table_keep_their_titles_whatever_these_are(program: Program) {
    let mut shop = Shop::with(program);
    shop.token = shop.program.create_token(SCOPES);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let path = |rest: &str| format!("/api/v3/{STORE}/{rest}");
    let mut values = Vec::new();
    for title in TITLES {
        let field = client.post(&path("store_extrafields/customers"), &json!({ "title": title })).unwrap();
        assert_eq!(field.status, 200, "{title}: {field:?}");
        values.push(json!({ "key": field.body["key"], "value": format!("of {title}") }));
    }
    let customer = json!({ "email": "a@shop.example", "extrafields": values });
    assert_eq!(client.post(&path("customers"), &customer).unwrap().status, 200);
    server.stop();
    let program = shop.program;
    let before = export(&program, STORE, &["--whole"]);
    for (number, options) in [&[][..], &["--for", "spreadsheet"]].into_iter().enumerate() {
        let file = format!("{number}.csv");
        program.run(&[&["export", "--store", &STORE.to_string()], options, &[&file]].concat()).succeeded();
        let store = new_store(&program, number as u64 + 1);
        import(&program, store, &file);
        let there: Value =
            serde_json::from_str(customer_lines(&export(&program, store, &[])).next().unwrap()).unwrap();
        let mut found: Vec<_> = there["extrafields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| (field["title"].clone(), field["value"].clone()))
            .collect();
        let mut wanted: Vec<_> =
            TITLES.iter().map(|title| (json!(title), json!(format!("of {title}")))).collect();
        found.sort_by_key(|(title, _)| title.to_string());
        wanted.sort_by_key(|(title, _)| title.to_string());
        assert_eq!(found, wanted, "{file}");
        import(&program, STORE, &file);
        assert_eq!(export(&program, STORE, &["--whole"]), before, "{file}");
    }
}
