//! What is there to watch a server with: each metric that the dashboard, the alerts and the documentation name exists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use harness::{PATIENCE, Program, Shop, create_customer, eventually};

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

/// The metrics of a server that has served a call and counted its events.
fn metrics_of(program: Program) -> BTreeSet<String> {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    create_customer(&client, "anna@example.com");
    eventually("everything is measured", PATIENCE, || {
        let shown = client.get("/metrics").unwrap().body.as_str().unwrap().to_owned();
        let described = shown.lines().filter_map(|line| line.strip_prefix("# HELP "));
        let described: BTreeSet<_> =
            described.map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        let metrics = metrics_in(&shown);
        let complete = ["shopfolk_events_rows", "shopfolk_background_run_duration_seconds"];
        let complete = complete.iter().all(|metric| metrics.contains(*metric));
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
