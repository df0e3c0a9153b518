//! What is there to watch a server with: each metric that the dashboard, the alerts and the documentation name exists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use harness::{Client, PATIENCE, Program, STORE, Shop, create_customer, eventually};

/// The words of a text that name a metric.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let metrics = words.filter(|word| word.starts_with("shopfolk_"));
    metrics.map(base).collect()
}

/// A histogram is shown under three names.
fn base(name: &str) -> String {
    let ends = ["_bucket", "_sum", "_count"];
    ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
}

/// Lets in an app that is told of events, which its address does not let happen.
fn let_an_app_in(program: &Program) {
    let run = |arguments: &[&str]| program.run(arguments).succeeded().stdout;
    let webhook = ["--webhook-url", "http://127.0.0.1:1024/"];
    let app = ["app", "create", "--name", "App", "--scopes", "read_customers", "--json"];
    let created: Value = serde_json::from_str(&run(&[&app[..], &webhook].concat())).unwrap();
    run(&["app", "install", "--app", created["clientId"].as_str().unwrap(), "--store", &STORE.to_string()]);
}

/// The metrics of a server that has served a call, counted its events, and tried to tell an app of it.
fn metrics_of(program: Program) -> BTreeSet<String> {
    let shop = Shop::with(program);
    // On PostgreSQL an app needs a key.
    let tells = !shop.program.is_on_postgres();
    if tells {
        let_an_app_in(&shop.program);
    }
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    create_customer(&client, "anna@example.com");
    eventually("everything is measured", PATIENCE, || {
        let shown = client.get("/metrics").unwrap().body.as_str().unwrap().to_owned();
        let described = shown.lines().filter_map(|line| line.strip_prefix("# HELP "));
        let described: BTreeSet<_> =
            described.map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        let metrics = metrics_in(&shown);
        let always = ["shopfolk_events_rows", "shopfolk_background_run_duration_seconds"];
        let of_webhooks = ["shopfolk_webhook_answer_duration_seconds"].into_iter().filter(|_| tells);
        let complete = always.into_iter().chain(of_webhooks).all(|metric| metrics.contains(metric));
        complete.then(|| {
            assert_eq!(metrics, described, "every metric says what it is");
            metrics
        })
    })
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap()
}

#[test]
fn each_metric_that_is_told_of_exists_and_each_that_exists_is_told_of() {
    let mut there = metrics_of(Program::new());
    there.extend(metrics_of(Program::on_postgres()));
    for path in ["deploy/grafana-dashboard.json", "deploy/prometheus-rules.yaml"] {
        let named = metrics_in(&read(path));
        assert!(named.len() > 5, "{path}: {named:?}");
        assert!(named.is_subset(&there), "{path}: {:?}", named.difference(&there));
    }
    let operations = read("docs/operations.md");
    let table: String = operations.lines().filter(|line| line.starts_with("| `shopfolk_")).collect();
    assert_eq!(metrics_in(&table), there);
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let shop = Shop::new();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listen = address.to_string();
    let arguments = ["serve", "--listen", &listen, "--log-level", "info", "--rate-limit", "off"];
    let mut command = shop.program.command(&arguments);
    // What is said goes into a pipe, and stays there.
    let mut server = command.stderr(Stdio::piped()).spawn().unwrap();
    let client = Client::new(address, &shop.token);
    eventually("it answers", PATIENCE, || client.get("/healthz").ok());
    for _ in 0..6_000 {
        assert_eq!(client.get("/api/v3/1003/profile").unwrap().status, 200);
    }
    eventually("lines are dropped", PATIENCE, || {
        let shown = client.get("/metrics").unwrap().body.as_str().unwrap().to_owned();
        let dropped = shown.lines().find_map(|line| line.strip_prefix("shopfolk_log_lines_dropped_total "));
        (dropped.unwrap() != "0").then_some(())
    });
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    let ended = eventually("it ends", PATIENCE, || server.try_wait().unwrap());
    assert!(ended.success(), "{ended}");
}
