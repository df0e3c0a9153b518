//! The PostgreSQL server is away, slow or full of others: clear words, quick refusals, and no restart afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use shopfolk_test_postgres::{PostgresServer, StopMode};

use harness::postgres::HeldLock;
use harness::{PATIENCE, Program, RawConnection, Shop, contacts, create_customer, eventually, list_contacts};

/// A call is given up after about 10 seconds; and a while for a busy machine.
const GIVEN_UP: Duration = Duration::from_secs(20);

#[test]
fn a_server_that_is_not_there_is_an_error_that_says_where_it_was_looked_for() {
    // Nobody listens on the first port.
    let program = Program::at("postgres://shop:hunter2@127.0.0.1:1/folk");
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["store", "list"], &["migrate"], &["check"]]
    {
        let line = program.run(arguments).failed(1);
        assert!(line.contains("postgres://shop@127.0.0.1:1/folk") && line.contains("refused"), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn a_database_that_is_not_there_is_an_error_that_names_it() {
    let url = PostgresServer::shared().create_database().url().replace("/test_", "/no_test_");
    let line = Program::at(&url).run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(line.contains("does not exist") && line.contains("no_test_"), "{line}");
}

#[test]
fn while_the_database_is_away_calls_are_refused_and_afterwards_all_goes_on() {
    let postgres = PostgresServer::start();
    let shop = Shop::with(Program::on(&postgres.create_database()));
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    let create = |number: u64| {
        client.post(&contacts(customer), &json!({ "type": "PHONE", "contact": number.to_string() }))
    };
    assert_eq!(create(0).unwrap().status, 200);

    postgres.stop(StopMode::Immediate);
    let began = Instant::now();
    let refused = create(1).unwrap();
    assert_eq!((refused.status, refused.code()), (503, "UNAVAILABLE"), "{refused:?}");
    assert_ne!(refused.header("retry-after"), "");
    assert!(began.elapsed() < GIVEN_UP, "{:?}", began.elapsed());
    let listed = client.get(&contacts(customer)).unwrap();
    assert_eq!((listed.status, listed.code()), (503, "UNAVAILABLE"), "{listed:?}");
    assert_eq!(client.get("/readyz").unwrap().status, 503);
    assert_eq!(client.get("/healthz").unwrap().status, 200);

    postgres.start_again();
    eventually("the server is ready again", PATIENCE, || {
        (client.get("/readyz").unwrap().status == 200).then_some(())
    });
    assert_eq!(create(2).unwrap().status, 200);
    let texts: Vec<_> =
        list_contacts(&client, customer).iter().map(|found| found["contact"].clone()).collect();
    assert_eq!(texts, ["anna@example.com", "0", "2"], "what was refused did not happen");
    shop.program.run(&["check"]).succeeded();

    postgres.stop(StopMode::Immediate);
    server.stop();
}

#[test]
fn while_the_database_takes_no_writes_the_server_is_not_ready() {
    let postgres = PostgresServer::start();
    let shop = Shop::with(Program::on(&postgres.create_database()));
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    create_customer(&client, "anna@example.com");
    let wait_until = |status: u16| {
        eventually("readiness changes", PATIENCE, || {
            Some(client.get("/readyz").unwrap()).filter(|answer| answer.status == status)
        })
    };
    wait_until(200);
    shop.program.execute("ALTER SYSTEM SET default_transaction_read_only = on");
    shop.program.execute("SELECT pg_reload_conf()");
    let answer = wait_until(503);
    assert!(answer.body["errorMessage"].as_str().unwrap().contains("takes writes"), "{answer:?}");
    shop.program.execute("ALTER SYSTEM RESET default_transaction_read_only");
    shop.program.execute("SELECT pg_reload_conf()");
    wait_until(200);
    create_customer(&client, "ben@example.com");
    server.stop();
}

#[test]
fn a_call_that_waits_for_somebody_elses_lock_is_given_up_and_the_next_one_works() {
    let postgres = PostgresServer::shared();
    let shop = Shop::with(Program::on_postgres());
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    let create = || client.post(&contacts(customer), &json!({ "type": "PHONE", "contact": "1" })).unwrap();
    let held = HeldLock::on_table(postgres, shop.program.postgres(), "contacts");
    let began = Instant::now();
    let refused = create();
    assert_eq!((refused.status, refused.code()), (503, "UNAVAILABLE"), "{refused:?}");
    assert!(began.elapsed() < GIVEN_UP, "{:?}", began.elapsed());
    drop(held);
    let created = create();
    assert_eq!((created.status, &created.body["createCount"]), (200, &json!(1)), "{created:?}");
}

#[test]
fn more_calls_than_may_wait_are_refused_at_once_and_nothing_piles_up() {
    /// How many calls may wait for a connection.
    const WAITING: usize = 1_024;
    const MORE: usize = 200;
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let shop = Shop::with(Program::on_postgres());
    let server = shop.serve(&["--database-connections", "2"]);
    let client = shop.client(&server);
    // Several, because each may have 500 contacts.
    let hosts = [0, 1, 2].map(|number| create_customer(&client, &format!("{number}@example.com")));
    let body = |number: usize| json!({ "type": "PHONE", "contact": number.to_string() }).to_string();

    let held = HeldLock::on_table(PostgresServer::shared(), shop.program.postgres(), "contacts");
    let calls = WAITING + 2 + MORE;
    let mut connections: Vec<_> = (0..calls)
        .map(|number| {
            let body = body(number);
            let mut connection = RawConnection::open(server.address);
            let request = format!(
                "POST {} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                contacts(hosts[number % hosts.len()]),
                shop.token,
                body.len()
            );
            connection.send(request.as_bytes()).unwrap();
            connection
        })
        .collect();
    let mut refused = 0;
    eventually("those that may not wait are refused", Duration::from_secs(8), || {
        connections.retain_mut(|connection| {
            let Some(answer) = connection.answer_if_there() else { return true };
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
            refused += 1;
            false
        });
        (refused >= MORE).then_some(())
    });
    drop(held);
    let mut created = 0;
    for mut connection in connections {
        let answer = connection.answer();
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        created += usize::from(answer.status == 200);
    }
    println!("of {calls} calls {refused} were refused at once and {created} done");
    assert!(created > 0);
    let there: usize = hosts.iter().map(|&customer| list_contacts(&client, customer).len()).sum();
    assert_eq!(there, hosts.len() + created);
    shop.program.run(&["check"]).succeeded();
}

/// Starts a command that has to wait, tells it to stop when it says that it does, and answers how it ended and with what
/// words.
fn stop_while_it_waits(program: &Program, arguments: &[&str]) -> (ExitStatus, String) {
    let mut child = program.command(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("waiting: another process is changing the tables"), "{arguments:?}: {line}");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    (child.wait().unwrap(), rest)
}

#[test]
fn who_waits_for_another_node_to_change_the_tables_says_so_and_can_be_stopped() {
    let program = Program::on_postgres();
    let held = HeldLock::on_migrations(PostgresServer::shared(), program.postgres());
    let (status, rest) = stop_while_it_waits(&program, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(status.success() && rest.contains("stopped before the database was open"), "{status}: {rest}");
    let (status, rest) = stop_while_it_waits(&program, &["migrate"]);
    assert_eq!((status.signal(), rest.as_str()), (Some(Signal::TERM.as_raw()), ""));
    drop(held);
    program.run(&["migrate"]).succeeded();
}
