//! Many writers at once, over HTTP, on one customer: it is always as if one came first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::thread;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use harness::{Client, Program, Shop, contact, contacts, create_customer, list_contacts, rules, seed};

const WRITERS: u64 = 12;

on_each_engine! {
    every_writer_wants_the_default_and_one_has_it,
    equal_contacts_sent_at_once_become_one,
    contacts_added_at_once_get_places_one_after_the_other,
    the_customer_is_never_over_full,
    any_writes_at_once_keep_every_rule,
}

/// Runs so many writers at once, each with connections and a number of its own, and collects what they answer.
fn at_once<T: Send + 'static>(
    client: &Client,
    write: impl Fn(Client, u64) -> T + Send + Sync + Clone + 'static,
) -> Vec<T> {
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let (client, write) = (client.another(), write.clone());
            thread::spawn(move || write(client, number))
        })
        .collect();
    writers.into_iter().map(|writer| writer.join().unwrap()).collect()
}

fn every_writer_wants_the_default_and_one_has_it(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    at_once(&client, move |client, writer| {
        for number in 0..20 {
            let body =
                json!({ "type": "PHONE", "contact": format!("+{writer:02} {number:02}"), "default": true });
            let answer = client.post(&contacts(customer), &body).unwrap();
            assert_eq!((answer.status, &answer.body["createCount"]), (200, &json!(1)), "{answer:?}");
            // A reader never sees two of them either, nor a moment with none.
            let defaults = list_contacts(&client, customer);
            let defaults = defaults.iter().filter(|contact| is_default_phone(contact)).count();
            assert_eq!(defaults, 1);
        }
    });
    let all = list_contacts(&client, customer);
    assert_eq!(all.len(), 1 + 12 * 20);
    rules::assert_places_differ(&all);
    shop.program.run(&["check"]).succeeded();
}

fn is_default_phone(contact: &Value) -> bool {
    contact["type"] == "PHONE" && contact["default"] == true
}

fn equal_contacts_sent_at_once_become_one(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    for round in 0..15 {
        let answers = at_once(&client, move |client, writer| {
            // The same number, written differently.
            let blanks = " ".repeat(usize::try_from(writer % 4).unwrap());
            let body = json!({ "type": "PHONE", "contact": format!("+1{blanks}555 01{round:02}") });
            client.post(&contacts(customer), &body).unwrap().body
        });
        let created = answers.iter().filter(|answer| answer["createCount"] == 1).count();
        assert_eq!(created, 1, "{answers:#?}");
        assert!(answers.iter().all(|answer| answer["id"] == answers[0]["id"]), "{answers:#?}");
    }
    assert_eq!(list_contacts(&client, customer).len(), 1 + 15);
    shop.program.run(&["check"]).succeeded();
}

fn contacts_added_at_once_get_places_one_after_the_other(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    at_once(&client, move |client, writer| {
        for number in 0..20 {
            let body = json!({ "type": "URL", "contact": format!("https://example.com/{writer}/{number}") });
            assert_eq!(client.post(&contacts(customer), &body).unwrap().status, 200);
        }
    });
    let places: Vec<u64> =
        list_contacts(&client, customer).iter().map(|contact| contact["orderBy"].as_u64().unwrap()).collect();
    assert_eq!(places, (0..=12 * 20).collect::<Vec<_>>());
}

fn the_customer_is_never_over_full(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    let created: u64 = at_once(&client, move |client, writer| {
        let mut created = 0;
        for number in 0..50 {
            let body = json!({ "type": "OTHER", "contact": format!("{writer} {number}") });
            match client.post(&contacts(customer), &body).unwrap().status {
                200 => created += 1,
                409 => {}
                other => panic!("{other}"),
            }
        }
        created
    })
    .iter()
    .sum();
    assert_eq!(created, 499);
    assert_eq!(list_contacts(&client, customer).len(), 500);
}

fn any_writes_at_once_keep_every_rule(program: Program) {
    let mut random = StdRng::seed_from_u64(seed());
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    let base: u64 = random.random_range(0..1 << 40);
    at_once(&client, move |client, writer| {
        let mut random = StdRng::seed_from_u64(base + writer);
        for _ in 0..60 {
            any_write(&client, customer, &mut random);
        }
    });
    list_contacts(&client, customer);
    shop.program.run(&["check"]).succeeded();
}

/// A write to whatever is there: what it is refused for is somebody else's doing.
fn any_write(client: &Client, customer: u64, random: &mut StdRng) {
    let kind = ["PHONE", "URL", "OTHER"][random.random_range(0..3)];
    let text = random.random_range(0..30).to_string();
    let body = json!({ "type": kind, "contact": text, "default": random.random_bool(0.3) });
    let there = list_contacts(client, customer);
    let any =
        there.get(random.random_range(0..there.len().max(1))).and_then(|contact| contact["id"].as_u64());
    let answer = match (random.random_range(0..4), any) {
        (0, Some(id)) => client.put(&contact(customer, id), &body).unwrap(),
        (1, Some(id)) => client.delete(&contact(customer, id)).unwrap(),
        _ => client.post(&contacts(customer), &body).unwrap(),
    };
    assert!([200, 404, 409].contains(&answer.status), "{answer:?}");
}
