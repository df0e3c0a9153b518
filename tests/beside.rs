//! Commands beside a running server on the same database, and what the server lets out: nothing that opens a store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use harness::{Client, Program, RawConnection, SCOPES, STORE, Server, Shop, customers, eventually};

on_each_engine! {
    a_token_works_at_once_and_is_dead_within_5_seconds_of_being_revoked,
    a_store_is_suspended_and_resumed_under_a_running_server,
    commands_and_a_server_work_on_one_database,
    the_day_of_the_last_use_is_listed,
}

mod through_pgbouncer {
    use super::Program;

    #[test]
    fn a_token_works_at_once_and_is_dead_within_5_seconds_of_being_revoked() {
        if let Some(program) = Program::through_pgbouncer() {
            super::a_token_works_at_once_and_is_dead_within_5_seconds_of_being_revoked(program);
        }
    }

    #[test]
    fn a_store_is_suspended_and_resumed_under_a_running_server() {
        if let Some(program) = Program::through_pgbouncer() {
            super::a_store_is_suspended_and_resumed_under_a_running_server(program);
        }
    }
}

/// Within this a running server has seen what a command did.
const SEEN: Duration = Duration::from_secs(5);

/// As many servers as the database takes.
fn servers(shop: &Shop) -> Vec<Server> {
    let count = if shop.program.is_on_postgres() { 3 } else { 1 };
    (0..count).map(|_| shop.serve(&[])).collect()
}

/// Waits until every server answers with this status; keeps using the token meanwhile, as an app would.
fn becomes(servers: &[Server], token: &str, status: u16, since: Instant) {
    let clients: Vec<_> = servers.iter().map(|server| Client::new(server.address, token)).collect();
    eventually(&format!("status {status}"), SEEN.saturating_sub(since.elapsed()), || {
        // All are asked, or one that was not would have nothing to forget.
        let statuses: Vec<_> =
            clients.iter().map(|client| client.get(&customers()).unwrap().status).collect();
        statuses.iter().all(|&found| found == status).then_some(())
    });
}

fn a_token_works_at_once_and_is_dead_within_5_seconds_of_being_revoked(program: Program) {
    let shop = Shop::with(program);
    let servers = servers(&shop);
    let other = shop.program.create_token(SCOPES);
    becomes(&servers, &shop.token, 200, Instant::now());
    for server in &servers {
        assert_eq!(Client::new(server.address, &other).get(&customers()).unwrap().status, 200);
    }
    let store = STORE.to_string();
    let tokens = shop.program.run(&["token", "list", "--store", &store, "--json"]).succeeded().stdout;
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    let id = tokens[1]["id"].to_string();

    shop.program.run(&["token", "revoke", "--store", &store, "--id", &id]).succeeded();
    becomes(&servers, &other, 403, Instant::now());
    for server in &servers {
        let refused = Client::new(server.address, &other).get(&customers()).unwrap();
        assert_eq!(refused.code(), "INVALID_API_TOKEN");
        assert_eq!(shop.client(server).get(&customers()).unwrap().status, 200, "the others go on");
    }
}

fn a_store_is_suspended_and_resumed_under_a_running_server(program: Program) {
    let shop = Shop::with(program);
    let servers = servers(&shop);
    for server in &servers {
        assert_eq!(shop.client(server).get(&customers()).unwrap().status, 200);
    }
    let store = STORE.to_string();
    shop.program.run(&["store", "suspend", "--id", &store]).succeeded();
    becomes(&servers, &shop.token, 402, Instant::now());
    assert_eq!(shop.client(&servers[0]).get(&customers()).unwrap().code(), "STORE_IS_SUSPENDED");
    shop.program.run(&["store", "resume", "--id", &store]).succeeded();
    becomes(&servers, &shop.token, 200, Instant::now());
}

fn commands_and_a_server_work_on_one_database(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    for number in 0..10 {
        harness::create_customer(&client, &format!("{number}@example.com"));
        let id = (2_000 + number).to_string();
        shop.program.run(&["store", "create", "--id", &id, "--name", "Another"]).succeeded();
        shop.program.run(&["check"]).succeeded();
    }
    assert_eq!(client.get(&customers()).unwrap().body["total"], 10);
    assert_eq!(client.get("/api/v3/2009/profile").unwrap().code(), "INVALID_API_TOKEN");
    assert_eq!(client.get("/api/v3/2010/profile").unwrap().code(), "STORE_NOT_FOUND");
}

fn the_day_of_the_last_use_is_listed(program: Program) {
    let shop = Shop::with(program);
    let server = shop.serve(&[]);
    assert_eq!(shop.client(&server).get(&customers()).unwrap().status, 200);
    let store = STORE.to_string();
    eventually("the last use is noted", harness::PATIENCE, || {
        let tokens = shop.program.run(&["token", "list", "--store", &store, "--json"]).succeeded().stdout;
        let tokens: Value = serde_json::from_str(&tokens).unwrap();
        tokens[0]["lastUsed"].as_str().map(|day| assert_eq!(day.len(), "2025-03-26".len()))
    });
}

#[test]
fn no_token_is_in_any_log_or_file() {
    for arguments in [&["--log", "text"][..], &["--log", "json"], &["--log", "text", "--allow-query-token"]] {
        let shop = Shop::new();
        let allowed = arguments.contains(&"--allow-query-token");
        let server = shop.serve(&[arguments, &["--log-level", "debug"]].concat());
        let client = shop.client(&server);
        let token = &shop.token;
        let customer = harness::create_customer(&client, "anna@example.com");
        client.post(&harness::contacts(customer), &json!({ "type": "PHONE", "contact": "1" })).unwrap();

        let anybody = Client::new(server.address, "secret_another0token0of0mine00000000");
        assert_eq!(anybody.get(&customers()).unwrap().status, 403);
        // In the query, spelled in every way that a server might take apart; and where it does not belong.
        for query in [
            format!("?token={token}"),
            format!("?limit=1&token={token}&offset=0"),
            format!("?%74oken={token}"),
            format!("?limit={token}"),
        ] {
            let mut connection = RawConnection::open(server.address);
            let request = format!("GET {}{query} HTTP/1.1\r\nHost: shop\r\n\r\n", customers());
            connection.send(request.as_bytes()).unwrap();
            let status = connection.answer().status;
            let expected = if allowed && !query.contains("limit=secret") { 200 } else { 403 };
            assert_eq!(status, expected, "{query}");
        }
        for path in [format!("/api/v3/{STORE}/{token}"), format!("/{token}/x?y={token}")] {
            assert_eq!(client.get(&path).unwrap().status, 404);
        }

        // Every request is in the log, and no token.
        eventually("the requests are logged", harness::PATIENCE, || {
            (server.said().lines().count() >= 8).then_some(())
        });
        let while_serving = files(&shop.program);
        let said = server.stop();
        let secret = token.strip_prefix("secret_").unwrap();
        for secret in [secret, "another0token0of0mine00000000"] {
            assert!(!said.contains(secret), "{said}");
        }
        for (name, bytes) in while_serving.into_iter().chain(files(&shop.program)) {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "in {name}");
        }
        if arguments.contains(&"json") {
            for line in said.lines() {
                assert!(serde_json::from_str::<Value>(line).is_ok_and(|event| event.is_object()), "{line}");
            }
        }
    }
}

/// The database and what lies beside it.
fn files(program: &Program) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(program.directory()).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

#[test]
fn the_metrics_tell_of_requests_commits_and_connections() {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    harness::create_customer(&client, "anna@example.com");
    eventually("every metric is there", harness::PATIENCE, || {
        let metrics = client.get("/metrics").unwrap();
        assert_eq!(metrics.status, 200);
        let metrics = metrics.body.as_str().unwrap().to_owned();
        [
            "shopfolk_http_requests_total{",
            "shopfolk_http_request_duration_seconds_bucket{",
            "shopfolk_commit_batch_size_bucket{le=\"1\"}",
            "shopfolk_write_queue_depth",
            "shopfolk_events_rows",
            "shopfolk_connections 1",
        ]
        .iter()
        .all(|name| metrics.contains(name))
        .then_some(())
    });
}
