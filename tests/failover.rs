//! The primary is lost and a standby takes over: the nodes find it, and nothing that was acknowledged is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::thread;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use shopfolk_test_postgres::{PostgresServer, StopMode};

use harness::postgres::wait_until_quiet;
use harness::{Load, Nodes, PATIENCE, Program, Shop, create_customer, customers, eventually, seed};

/// The program with the database of this name, on whichever of the two takes writes.
fn program_on(primary: &PostgresServer, standby: &PostgresServer, name: &str) -> Program {
    let (first, second) = (primary.port(), standby.port());
    Program::at(&format!(
        "postgres://postgres@127.0.0.1:{first},127.0.0.1:{second}/{name}?target_session_attrs=read-write"
    ))
}

#[test]
fn nodes_go_on_with_the_standby_that_was_promoted_and_nothing_acknowledged_is_lost() {
    let mut random = StdRng::seed_from_u64(seed());
    let primary = PostgresServer::start();
    let name = primary.create_database().name().to_owned();
    let standby = primary.standby();
    let shop = Shop::with(program_on(&primary, &standby, &name));
    let nodes = Nodes::start(&shop, 2);
    let mut load = Load::new(&nodes.client(0), &nodes.doors, &mut random);
    load.resume();
    load.wait_for_answers(500);

    primary.stop(StopMode::Immediate);
    standby.promote();
    load.wait_for_answers(500);
    load.pause();
    wait_until_quiet(&standby.database(&name));
    load.verify(&nodes.client(0));
    load.verify(&nodes.client(1));
    println!("{}", load.story());
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
    let said = nodes.said();
    assert!(!said.contains("ERROR"), "{said}");
}

/// A commit that waits for the standby counts on the primary as soon as its connection is gone. A look at what
/// became of it must not trust that, because the standby may never get it.
#[test]
fn a_commit_that_only_the_primary_has_is_not_acknowledged() {
    let primary = PostgresServer::start();
    let database = primary.create_database();
    let standby = primary.standby();
    let shop = Shop::with(program_on(&primary, &standby, database.name()));
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    create_customer(&client, "anna@example.com");
    let receiver = standby.database(database.name()).psql("SELECT pid FROM pg_stat_wal_receiver");
    let receiver = Pid::from_raw(receiver.trim().parse().unwrap()).unwrap();
    let waiting = || database.psql("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'");

    kill_process(receiver, Signal::STOP).unwrap();
    let creating = {
        let client = client.another();
        thread::spawn(move || client.post(&customers(), &json!({ "email": "berta@example.com" })).unwrap())
    };
    let commit = eventually("the commit waits for the standby", PATIENCE, || {
        Some(waiting().trim().to_owned()).filter(|waiting| !waiting.is_empty())
    });
    database.psql(&format!("SELECT pg_terminate_backend({commit})"));
    eventually("the node has looked what became of it", PATIENCE, || {
        let looks = waiting().lines().any(|waiting| waiting != commit);
        (looks || creating.is_finished()).then_some(())
    });
    primary.stop(StopMode::Immediate);
    // In that order: it ends without a look at what the primary has sent meanwhile.
    kill_process(receiver, Signal::TERM).unwrap();
    kill_process(receiver, Signal::CONT).unwrap();
    standby.promote();

    let answer = creating.join().unwrap();
    println!("{answer:?}");
    assert!([200, 503].contains(&answer.status), "{answer:?}");
    if answer.status == 200 {
        let found = client.get(&format!("{}/{}", customers(), answer.body["id"])).unwrap();
        assert_eq!(found.status, 200, "it was acknowledged and is lost: {found:?}");
    }
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
}
