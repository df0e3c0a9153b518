//! Batches of the built program: answered as each request would be alone, and each request done once whatever becomes of the
//! server meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use harness::{Client, PATIENCE, Program, STORE, Server, Shop, customer_ids, eventually};

on_each_engine! {
    requests_of_a_batch_run_one_after_the_other,
    killed_server_leaves_each_create_done_once,
}

fn path(rest: &str) -> String {
    format!("/api/v3/{STORE}/batch{rest}")
}

/// Sends a batch, and answers its ticket.
fn send(client: &Client, query: &str, requests: &[Value]) -> String {
    let answer = client.post(&path(query), &json!(requests)).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["ticket"].as_str().unwrap().to_owned()
}

/// How far a batch is, if somebody says.
fn look(client: &Client, ticket: &str) -> Option<Value> {
    client
        .get(&path(&format!("?ticket={ticket}")))
        .ok()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.body)
}

fn completed(client: &Client, ticket: &str) -> Value {
    eventually("the batch is completed", PATIENCE, || {
        look(client, ticket).filter(|batch| batch["status"] == "COMPLETED")
    })
}

fn create(number: usize) -> Value {
    let body = json!({"email": format!("{number}@example.com"), "name": "Anna"});
    json!({"id": number.to_string(), "path": "customers", "method": "POST", "body": body})
}

fn requests_of_a_batch_run_one_after_the_other(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let first =
        send(&client, "", &[create(1), json!({"path": "/customers?email=1@example.com", "method": "GET"})]);
    // The second waits for the first, and finds whom that created.
    let second = send(&client, "?stopOnFirstFailure=false", &[create(1), create(2)]);
    let answers = completed(&client, &second);
    let codes: Vec<_> =
        answers["responses"].as_array().unwrap().iter().map(|one| &one["httpStatusCode"]).collect();
    assert_eq!(codes, [409, 200]);
    let answers = completed(&client, &first);
    assert_eq!(
        answers["responses"][1]["httpBody"]["items"][0]["id"],
        answers["responses"][0]["httpBody"]["id"]
    );
    let listed = client.get(&path("?status=COMPLETED")).unwrap().body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let deleted = client.delete(&path(&format!("?ticketId={first}"))).unwrap();
    assert_eq!(deleted.body["deleteCount"], 1);
    assert_eq!(client.get(&path(&format!("?ticket={first}"))).unwrap().code(), "BATCH_NOT_FOUND");
    server.stop();
    shop.program.run(&["check"]).succeeded();
}

fn killed_server_leaves_each_create_done_once(program: Program) {
    const CREATES: usize = 400;
    let shop = Shop::with(program);
    let creates: Vec<Value> = (0..CREATES).map(create).collect();
    let mut server = shop.serve(&[]);
    // Where there can be another node, it takes over.
    let other: Option<Server> = shop.program.is_on_postgres().then(|| shop.serve(&[]));
    let ticket = send(&shop.client(&server), "", &creates);
    let parallel =
        send(&shop.client(&server), "?allowParallelMode=true", &[create(CREATES), create(CREATES + 1)]);
    for least in [20, 150] {
        let client = shop.client(&server);
        eventually("some requests are answered", PATIENCE, || {
            look(&client, &ticket).filter(|batch| batch["completedRequests"].as_u64().unwrap() >= least)
        });
        server.kill();
        server = shop.serve(&[]);
    }
    let client = shop.client(other.as_ref().unwrap_or(&server));
    let batch = completed(&client, &ticket);
    let ids: BTreeSet<u64> = batch["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["httpBody"]["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), CREATES, "each was created once, and said so");
    completed(&client, &parallel);
    assert!(customer_ids(&client).is_superset(&ids));
    assert_eq!(customer_ids(&client).len(), CREATES + 2);
    server.stop();
    drop(other);
    shop.program.run(&["check"]).succeeded();
}
