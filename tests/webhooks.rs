//! Webhooks of the program, to receivers that are programs of others and to one that gets everything wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use harness::{Client, Program, Server, Shop, eventually};

on_each_engine! {
    the_lab_finds_everything_that_a_receiver_gets_wrong,
    a_day_of_retries_passes_in_a_moment,
}

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// An app that is let into a store.
struct App {
    store: String,
    client_id: String,
    secret: String,
    token: String,
}

impl App {
    fn install(program: &Program, store: u64, webhook: &str, scopes: &str) -> Self {
        let create = [
            "app",
            "create",
            "--name",
            "An app",
            "--scopes",
            scopes,
            "--redirect-url",
            "https://app.example/",
            "--webhook-url",
            webhook,
            "--json",
        ];
        let run = |arguments: &[&str]| -> Value {
            let mut command = program.command(arguments);
            command.env("SHOPFOLK_KEY", KEY);
            serde_json::from_str(&harness::Outcome::of(&mut command).succeeded().stdout).unwrap()
        };
        let created = run(&create);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let client_id = text(&created["clientId"]);
        let store = store.to_string();
        let installed = run(&["app", "install", "--app", &client_id, "--store", &store, "--json"]);
        Self {
            store,
            client_id,
            secret: text(&created["clientSecret"]),
            token: text(&installed["secretToken"]),
        }
    }

    /// What the lab says of it, with which exit status.
    fn tried(&self, program: &Program) -> (i32, Value) {
        let run = program.run(&["lab", "run", "--app", &self.client_id, "--store", &self.store, "--json"]);
        let report = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
        (run.status, report)
    }
}

/// The key under which secrets are kept.
const KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

fn serve(program: &Program) -> Server {
    let mut command = program.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--webhook-allow-private",
        "--rate-limit",
        "off",
    ]);
    Server::start_command(command.env("SHOPFOLK_KEY", KEY))
}

/// The trials of a report that failed, each with the names of its faults.
fn failed(report: &Value) -> Value {
    let of = |trial: &Value| {
        let faults = trial["faults"].as_array().unwrap().iter();
        (trial["name"].clone(), faults.map(|fault| fault["fault"].clone()).collect::<Vec<_>>())
    };
    let trials = report["trials"].as_array().unwrap().iter().map(of);
    json!(trials.filter(|(_, faults)| !faults.is_empty()).collect::<Vec<_>>())
}

/// A request as a receiver sees it.
struct Webhook {
    stream: TcpStream,
    body: Value,
}

impl Webhook {
    fn next(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        Self { body: read_body(&stream).unwrap(), stream }
    }

    fn answer(mut self, status: &str) {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        self.stream.write_all(answer.as_bytes()).unwrap();
    }
}

/// A receiver that takes its time, and keeps what it has heard of each customer.
#[derive(Default)]
struct Ledger(Mutex<BTreeMap<u64, Vec<(String, String)>>>);

impl Ledger {
    /// Answers whoever connects.
    fn serve(self: &Arc<Self>, listener: TcpListener) {
        let ledger = Arc::clone(self);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (ledger, stream) = (Arc::clone(&ledger), stream.unwrap());
                // A sender that is killed breaks its connections.
                thread::spawn(move || while ledger.hear(&stream).is_some() {});
            }
        });
    }

    fn hear(&self, stream: &TcpStream) -> Option<()> {
        let body = read_body(stream)?;
        thread::sleep(Duration::from_millis(30));
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        if let Some(customer) = body["entityId"].as_u64() {
            let event = (text("eventId"), text("eventType"));
            let mut customers = self.0.lock().unwrap();
            let heard = customers.entry(customer).or_default();
            // At least once: what comes again is known.
            if !heard.contains(&event) {
                heard.push(event);
            }
        }
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()
    }

    /// Whether it was told that a customer came to be, and then of so many changes.
    fn has(&self, customer: u64, changes: usize) -> bool {
        let customers = self.0.lock().unwrap();
        let Some(heard) = customers.get(&customer) else { return false };
        let types: Vec<&str> = heard.iter().map(|(_, event_type)| event_type.as_str()).collect();
        let in_order: Vec<&str> =
            std::iter::once("customer.created").chain(vec!["customer.updated"; changes]).collect();
        assert!(in_order.starts_with(&types), "customer {customer}: {types:?}");
        types == in_order
    }
}

/// Reads a request and answers its body; `None` when the connection ends.
fn read_body(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("Content-Length").then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap()];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// How many webhooks a node has delivered.
fn delivered(server: &Server) -> u64 {
    let shown = Client::new(server.address, "").get("/metrics").unwrap().body;
    let metrics = shown.as_str().unwrap();
    let counter = "shopfolk_webhook_attempts_total{outcome=\"delivered\"} ";
    metrics.lines().find_map(|line| line.strip_prefix(counter)?.parse().ok()).unwrap()
}

#[test]
fn a_sender_that_is_killed_at_any_moment_loses_no_webhook() {
    // Another node takes over after twenty seconds.
    let rounds = std::env::var("SHOPFOLK_TEST_ROUNDS").map_or(2, |text| text.parse().unwrap());
    let shop = Shop::with(Program::on_postgres());
    let program = &shop.program;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    App::install(program, harness::STORE, &url, "read_customers");
    let ledger = Arc::<Ledger>::default();
    ledger.serve(listener);
    let mut servers: Vec<Server> = (0..3).map(|_| serve(program)).collect();
    let mut told = Vec::new();
    for round in 0..rounds {
        let before: Vec<u64> = servers.iter().map(delivered).collect();
        for number in 0..40 {
            let client = shop.client(&servers[number % 3]);
            let customer = harness::create_customer(&client, &format!("{round}-{number}@example.com"));
            for phone in ["+1 1", "+1 2"] {
                let contact = json!({ "type": "PHONE", "contact": phone });
                client.post(&harness::contacts(customer), &contact).unwrap();
            }
            told.push(customer);
        }
        let sender = eventually("somebody sends", PATIENCE, || {
            servers.iter().zip(&before).position(|(server, before)| delivered(server) > *before)
        });
        std::mem::replace(&mut servers[sender], serve(program)).kill();
    }
    eventually("everything is told", PATIENCE, || {
        told.iter().all(|&customer| ledger.has(customer, 2)).then_some(())
    });
    assert_eq!(program.run(&["check"]).succeeded().stdout, "");
}

/// Takes whatever comes, changes the customer each time, and asks the API more than once before it answers.
fn get_everything_wrong(listener: TcpListener, api: SocketAddr, token: String) {
    let client = Client::new(api, &token);
    for number in 0_u64.. {
        let webhook = Webhook::next(&listener);
        if webhook.body["eventType"] == "customer.created" {
            let path = format!("{}/{}", harness::customers(), webhook.body["entityId"]);
            for change in ["a", "b", "c"] {
                let name = format!("Changed {change} {number}");
                // The customer may be gone by then.
                let _ = client.put(&path, &json!({ "name": name }));
            }
        }
        webhook.answer("200 OK");
    }
}

fn the_lab_finds_everything_that_a_receiver_gets_wrong(program: Program) {
    let shop = Shop::with(program);
    let program = &shop.program;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let app = App::install(program, harness::STORE, &url, "read_customers,update_customers");
    let server = serve(program);
    let (api, token) = (server.address, app.token.clone());
    thread::spawn(move || get_everything_wrong(listener, api, token));
    let (status, report) = app.tried(program);
    assert_eq!(status, 1, "{report:#}");
    let expected = json!([
        ["a valid webhook", ["changedTheSame"]],
        ["names of headers in lower case", ["changedTheSame"]],
        ["a wrong signature", ["acceptedBadSignature", "changedTheSame"]],
        ["no signature", ["acceptedBadSignature", "changedTheSame"]],
        ["the same webhook twice", ["changedTheSame", "handledTwice"]],
        ["webhooks out of order", ["changedTheSame"]],
        ["a webhook that comes a day late", ["changedTheSame"]],
        ["a webhook that is lost and comes with the next try", ["changedTheSame"]],
        ["an API that answers late", ["tooSlow", "changedTheSame"]],
    ]);
    assert_eq!(failed(&report), expected, "{report:#}");
    let client = Client::new(server.address, &app.token);
    let left = client.get(&harness::customers()).unwrap().body;
    assert_eq!(left["total"], 0, "the customers of the lab are gone: {left:#}");
    let shown = program.run(&["lab", "show", "--app", &app.client_id]).succeeded().stdout;
    assert!(shown.contains("is not tried"), "{shown}");
}

fn a_day_of_retries_passes_in_a_moment(program: Program) {
    let shop = Shop::with(program);
    let program = &shop.program;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let app = App::install(program, harness::STORE, &url, "read_customers,create_customers");
    let server = serve(program);
    thread::spawn(move || {
        loop {
            let webhook = Webhook::next(&listener);
            let is_installed = webhook.body["eventType"] == "application.installed";
            webhook.answer(if is_installed { "200 OK" } else { "500 Internal Server Error" });
        }
    });
    let client = Client::new(server.address, &app.token);
    client.post(&harness::customers(), &json!({ "email": "anna@example.com" })).unwrap();
    let attempts = || client.get("/api/v3/1003/webhooks/attempts?eventType=customer.created").unwrap().body;
    eventually("the first try", PATIENCE, || (attempts()["count"] == 1).then_some(()));
    let store = harness::STORE.to_string();
    program.run(&["clock", "advance", "24h", "--store", &store]).succeeded();
    let attempts = attempts();
    assert_eq!(attempts["count"], 28, "{attempts:#}");
    assert_eq!(attempts["items"][0]["next"], Value::Null, "it is given up");
}

/// A receiver that is a program of its own, until it is dropped.
struct Receiver {
    child: Child,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the receivers are.
fn receivers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/receivers")
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

const LANGUAGES: [&str; 3] = ["node", "go", "php"];

/// The command that runs the receiver in a language at a port.
fn receiver_command(program: &Program, language: &str, port: u16) -> Command {
    let run = |runner: &OsStr, arguments: &[&str]| {
        let mut command = Command::new(runner);
        command.args(arguments);
        command
    };
    let port = port.to_string();
    match language {
        "go" => {
            let executable = program.directory().join("receiver");
            let output = executable.to_str().unwrap();
            let mut built = run("go".as_ref(), &["build", "-o", output, "receiver.go"]);
            harness::Outcome::of(built.current_dir(receivers())).succeeded();
            run(executable.as_os_str(), &[&port])
        }
        "php" => run("php".as_ref(), &["-S", &format!("127.0.0.1:{port}"), "receiver.php"]),
        _ => run("node".as_ref(), &["receiver.js", &port]),
    }
}

#[allow(clippy::print_stderr, reason = "who runs the tests is told what is left out")]
/// The receivers of those languages that are installed, each told of a store of its own.
fn start_receivers(program: &Program) -> Vec<(&'static str, App, Receiver)> {
    let mut started = Vec::new();
    for (store, language) in (1..).zip(LANGUAGES) {
        let mut probe = Command::new(language);
        if probe
            .arg("help")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            eprintln!("left out: {language} is not installed");
            continue;
        }
        program.run(&["store", "create", "--id", &store.to_string(), "--name", language]).succeeded();
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}/hooks");
        let app = App::install(program, store, &url, "read_customers");
        let mut command = receiver_command(program, language, port);
        command.env("CLIENT_SECRET", &app.secret);
        command.current_dir(receivers()).stdout(Stdio::null()).stderr(Stdio::null());
        let receiver = Receiver { child: command.spawn().unwrap() };
        eventually("a receiver", PATIENCE, || TcpStream::connect(("127.0.0.1", port)).ok());
        started.push((language, app, receiver));
    }
    started
}

#[test]
fn receivers_in_other_languages_pass_or_are_told_what_they_forgot() {
    let program = Program::new();
    program.run(&["store", "create", "--id", "1003", "--name", "A shop"]).succeeded();
    let receivers = start_receivers(&program);
    let _server = serve(&program);
    thread::scope(|scope| {
        for (language, app, _) in &receivers {
            let program = &program;
            scope.spawn(move || {
                let (status, report) = app.tried(program);
                // The one in PHP takes what has no signature that it could compare.
                let expected = match *language {
                    "php" => (1, json!([["no signature", ["acceptedBadSignature"]]])),
                    _ => (0, json!([])),
                };
                assert_eq!((status, failed(&report)), expected, "{language}: {report:#}");
            });
        }
    });
}
