//! `serve --demo`: the store of the API reference, at once, and gone without a trace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use harness::{Client, Program, Server, contacts, eventually};

const TOKEN: &str = "secret_token";
const SUPPORT: u64 = 177_737_165;
const TEST: u64 = 277_137_633;

on_each_engine! {
    the_examples_of_the_reference_are_there,
    calls_of_the_reference_get_the_answers_of_the_reference,
    a_named_database_is_kept_and_not_filled_again,
    the_command_that_is_shown_creates_a_contact,
    the_webhook_of_the_demo_is_told_of_changes,
}

/// A demo that keeps its temporary files in the program's directory, or what it has on the program's server.
fn demo(program: &Program) -> Command {
    let mut command = program.bare();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", program.directory());
    if program.is_on_postgres() {
        command.env("SHOPFOLK_DATABASE", program.database_url());
    }
    command
}

/// Answers webhooks with 200 until one has this text in it, and answers that one's head.
fn webhook_with(receiver: &TcpListener, text: &str) -> String {
    loop {
        let (stream, _) = receiver.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        if String::from_utf8(body).unwrap().contains(text) {
            return head;
        }
    }
}

fn the_webhook_of_the_demo_is_told_of_changes(program: Program) {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", receiver.local_addr().unwrap());
    // Without a key there is no app on PostgreSQL.
    let mut demo = demo(&program);
    let server = Server::start_command(demo.args(["--webhook", &url]).env("SHOPFOLK_KEY", "5a".repeat(32)));
    let client = Client::new(server.address, TOKEN);
    client.post("/api/v3/1003/customers", &json!({"email": "nora@example.com"})).unwrap();
    let head = webhook_with(&receiver, "nora@example.com");
    assert!(head.starts_with("POST /hooks?eventtype=customer.created HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nX-Ecwid-Webhook-Signature: "), "{head}");
}

fn files(program: &Program) -> usize {
    fs::read_dir(program.directory()).unwrap().count()
}

/// An answer without its dates.
fn without_dates(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(fields) => {
            fields.retain(|name, _| {
                !["createdDate", "lastModifiedDate", "registered", "updated", "timestamp"]
                    .contains(&name.as_str())
            });
            fields.values_mut().for_each(|value| *value = without_dates(value.take()));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = without_dates(value.take())),
        _ => {}
    }
    answer
}

/// Requests and answers as the published reference has them, dates aside, in an order in which each can be made.
fn calls_of_the_reference_get_the_answers_of_the_reference(program: Program) {
    let server = Server::start_command(&mut demo(&program));
    let client = Client::new(server.address, TOKEN);
    let card = json!({
        "key": "6r0fUGw", "title": "Offline card ID", "entityTypes": ["CUSTOMERS"], "type": "TEXT",
        "shownOnOrderDetails": false, "linkedWithCheckoutField": false
    });
    let address = json!([{
        "id": 193_416_515, "name": "test", "companyName": "test", "street": "test", "city": "test", "countryCode": "GE",
        "countryName": "Georgia", "stateOrProvinceCode": "TB", "stateOrProvinceName": "Tbilisi", "phone": "00000000000",
        "defaultAddress": true, "orderBy": 0, "addressFormatted": "test, test, test Tbilisi, Georgia"
    }]);
    for (method, path, body, expected) in [
        (
            "GET",
            "customer_groups",
            None,
            json!({"total": 2, "count": 2, "offset": 0, "limit": 100,
                   "items": [{"id": 0, "name": "General"}, {"id": 9_367_001, "name": "VIP"}]}),
        ),
        (
            "GET",
            "customer_groups?responseFields=total,items(id)",
            None,
            json!({"total": 2, "items": [{"id": 0}, {"id": 9_367_001}]}),
        ),
        ("GET", "customer_groups/9367001", None, json!({"id": 9_367_001, "name": "VIP"})),
        ("GET", "customer_groups/9367001?responseFields=name", None, json!({"name": "VIP"})),
        ("GET", "store_extrafields/customers", None, json!({"items": [card]})),
        ("GET", "store_extrafields/customers/6r0fUGw", None, card.clone()),
        (
            "GET",
            "customers/277137633?responseFields=totalOrderCount,customerGroupName,shippingAddresses,stats,favorites",
            None,
            json!({"totalOrderCount": 0, "customerGroupName": "General", "shippingAddresses": address,
                   "stats": {"numberOfOrders": 0, "salesValue": 0, "averageOrderValue": 0}, "favorites": []}),
        ),
        (
            "GET",
            "customers?responseFields=total,count,offset,limit,items(id,billingPerson,acceptMarketing)",
            None,
            json!({"total": 2, "count": 2, "offset": 0, "limit": 100, "items": [
                {"id": SUPPORT, "acceptMarketing": false,
                 "billingPerson": {"name": "Support team", "firstName": "Support", "lastName": "team"}},
                {"id": TEST, "billingPerson": {"name": "test"}},
            ]}),
        ),
        (
            "PUT",
            "store_extrafields/customers/6r0fUGw",
            Some(json!({"title": "Personal card ID", "shownOnOrderDetails": true})),
            json!({"updateCount": 1}),
        ),
        ("PUT", "customer_groups/9367001", Some(json!({"name": "Gold"})), json!({"updateCount": 1})),
        ("DELETE", "customer_groups/9367001", None, json!({"deleteCount": 1})),
        ("DELETE", "store_extrafields/customers/6r0fUGw", None, json!({"deleteCount": 1})),
    ] {
        let answer =
            client.send(method.parse().unwrap(), &format!("/api/v3/1003/{path}"), body.as_ref()).unwrap();
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        assert_eq!(without_dates(answer.body), expected, "{method} {path}");
    }
}

fn the_examples_of_the_reference_are_there(program: Program) {
    let server = Server::start_command(&mut demo(&program));
    let client = Client::new(server.address, TOKEN);
    let shown = |contact: &Value| {
        json!([contact["id"], contact["type"], contact["contact"], contact["default"], contact["orderBy"]])
    };
    for (customer, email, name, expected) in [
        (
            SUPPORT,
            "ec.apps@lightspeedhq.com",
            "Support team",
            json!([
                [113_861_381, "EMAIL", "ec.apps@lightspeedhq.com", true, 0],
                [199_463_289, "PHONE", "+01231231231", false, 5],
            ]),
        ),
        (
            TEST,
            "test@example.com",
            "test",
            json!([
                [176_135_453, "PHONE", "00000000000", true, 0],
                [176_135_454, "EMAIL", "test@example.com", true, 1],
            ]),
        ),
    ] {
        let found = client.get(&format!("{}/{customer}", harness::customers())).unwrap().body;
        assert_eq!((&found["email"], &found["name"]), (&email.into(), &name.into()));
        let listed = client.get(&contacts(customer)).unwrap().body;
        let listed: Vec<Value> = listed["items"].as_array().unwrap().iter().map(shown).collect();
        assert_eq!(Value::from(listed), expected);
    }
    let created = client.post(&contacts(SUPPORT), &json!({ "type": "PHONE", "contact": "1" })).unwrap().body;
    assert!(created["id"].as_u64().unwrap() > 199_463_289, "{created}");
    let answer = client.post(&harness::customers(), &json!({ "email": "new@example.com" })).unwrap().body;
    assert!(answer["id"].as_u64().unwrap() > TEST, "{answer}");
    assert_eq!(client.get("/api/v3/1003/profile").unwrap().status, 200);
}

#[test]
fn the_database_is_gone_after_the_end() {
    let program = Program::new();
    let server = Server::start_command(&mut demo(&program));
    assert_eq!(files(&program), 1);
    server.stop();
    assert_eq!(files(&program), 0);
}

fn a_named_database_is_kept_and_not_filled_again(program: Program) {
    let url = program.database_url();
    let server = Server::start_command(demo(&program).args(["--database", &url]));
    let client = Client::new(server.address, TOKEN);
    let kept = contacts(SUPPORT) + "/199463289";
    assert_eq!(client.put(&kept, &json!({ "note": "kept" })).unwrap().status, 200);
    server.stop();

    let server = Server::start_command(demo(&program).env("SHOPFOLK_DATABASE", &url));
    let client = Client::new(server.address, TOKEN);
    assert_eq!(client.get(&kept).unwrap().body["note"], "kept");
    server.stop();
    program.run(&["check"]).succeeded();
}

fn the_command_that_is_shown_creates_a_contact(program: Program) {
    let server = Server::start_command(&mut demo(&program));
    let said = eventually("the command is shown", harness::PATIENCE, || {
        let said = server.said();
        said.contains("-d '{").then_some(said)
    });
    let (_, command) = said.split_once("curl ").unwrap();
    let quoted: Vec<&str> = command.split('\'').skip(1).step_by(2).collect();
    let [url, authorization, content_type, body, ..] = quoted.as_slice() else { panic!("{command}") };
    assert_eq!(
        (*authorization, *content_type),
        ("Authorization: Bearer secret_token", "Content-Type: application/json")
    );
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let answer = Client::new(server.address, TOKEN).post(path, &body).unwrap();
    assert_eq!((answer.status, &answer.body["createCount"]), (200, &json!(1)));
}

#[test]
fn demos_that_start_at_once_on_one_server_fill_it_once() {
    let program = Program::on_postgres();
    let servers: Vec<Server> = thread::scope(|scope| {
        let starting: Vec<_> =
            (0..3).map(|_| scope.spawn(|| Server::start_command(&mut demo(&program)))).collect();
        starting.into_iter().map(|starting| starting.join().unwrap()).collect()
    });
    let mut ids: Vec<u64> = Vec::new();
    for (number, server) in servers.iter().enumerate() {
        let client = Client::new(server.address, TOKEN);
        assert_eq!(client.get(&harness::customers()).unwrap().body["total"], 2 + number);
        ids.push(harness::create_customer(&client, &format!("{number}@example.com")));
    }
    assert!(ids.iter().all(|&id| id > TEST), "{ids:?}");
    program.run(&["check"]).succeeded();
}
