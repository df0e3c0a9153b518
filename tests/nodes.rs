//! Several nodes on one PostgreSQL server: nothing that one of them acknowledged is lost or unseen, whatever dies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use shopfolk_test_postgres::{PostgresServer, StopMode};
use ureq::http::Method;

use harness::postgres::wait_until_quiet;
use harness::{
    Doors, Load, Nodes, PATIENCE, Program, Server, Shop, contacts, create_customer, customers, eventually,
    list_contacts, seed,
};

const ROUNDS: usize = 21;
const NODES: usize = 3;

/// What happens in a round.
#[derive(Debug, Clone, Copy)]
enum Blow {
    NodeDies,
    DatabaseCrashes,
    /// The node that could look what became of its last commit is gone as well.
    NodeDiesWhileDatabaseIsDown,
}

#[test]
fn what_was_answered_is_there_after_nodes_and_the_database_died_at_any_moment() {
    let mut random = StdRng::seed_from_u64(seed());
    let postgres = PostgresServer::start();
    let database = postgres.create_database();
    let shop = Shop::with(Program::on(&database));
    let mut nodes = Nodes::start(&shop, NODES);
    let mut load = Load::new(&nodes.client(0), &nodes.doors, &mut random);

    for round in 0..ROUNDS {
        load.resume();
        load.wait_for_answers(random.random_range(20..300));
        let victim = random.random_range(0..NODES);
        match [Blow::NodeDies, Blow::DatabaseCrashes, Blow::NodeDiesWhileDatabaseIsDown][round % 3] {
            Blow::NodeDies => nodes.kill(victim),
            Blow::DatabaseCrashes => postgres.crash_and_start_again(),
            Blow::NodeDiesWhileDatabaseIsDown => {
                postgres.stop(StopMode::Immediate);
                nodes.kill(victim);
                postgres.start_again();
            }
        }
        load.wait_for_answers(50);
        nodes.start_again_those_that_died();
        load.wait_for_answers(50);
        load.pause();
        wait_until_quiet(&database);
        load.verify(&nodes.client(round));
        assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
    }
    println!("{ROUNDS} rounds: {}", load.story());
    assert!(load.created() > 500, "too little happened to tell anything");
    let said = nodes.said();
    assert!(!said.contains("ERROR") && !said.contains("panicked"), "{said}");
}

/// Mixed load through several nodes, with nothing in its way: no request fails.
fn load_on_all_nodes_meets_no_error(program: Program) {
    let mut random = StdRng::seed_from_u64(seed());
    let shop = Shop::with(program);
    let nodes = Nodes::start(&shop, NODES);
    let mut load = Load::new(&nodes.client(0), &nodes.doors, &mut random);
    for round in 0..3 {
        load.resume();
        load.wait_for_answers(1_000);
        load.pause();
        load.verify(&nodes.client(round));
        shop.program.run(&["check"]).succeeded();
    }
    println!("{}", load.story());
    assert_eq!(load.not_answered(), (0, 0), "{}", nodes.said());
    assert!(!nodes.said().contains("ERROR"), "{}", nodes.said());
}

#[test]
fn load_on_all_nodes_meets_no_error_on_direct_connections() {
    load_on_all_nodes_meets_no_error(Program::on_postgres());
}

#[test]
fn load_on_all_nodes_meets_no_error_through_pgbouncer() {
    if let Some(program) = Program::through_pgbouncer() {
        load_on_all_nodes_meets_no_error(program);
    }
}

#[test]
fn nodes_die_behind_pgbouncer_and_nothing_that_was_answered_is_lost() {
    let Some(program) = Program::through_pgbouncer() else { return };
    let mut random = StdRng::seed_from_u64(seed());
    let shop = Shop::with(program);
    let mut nodes = Nodes::start(&shop, NODES);
    let mut load = Load::new(&nodes.client(0), &nodes.doors, &mut random);
    for round in 0..6 {
        load.resume();
        load.wait_for_answers(random.random_range(20..300));
        nodes.kill(round % NODES);
        load.wait_for_answers(50);
        nodes.start_again_those_that_died();
        load.pause();
        wait_until_quiet(shop.program.postgres());
        load.verify(&nodes.client(round));
        shop.program.run(&["check"]).succeeded();
    }
    println!("{}", load.story());
}

#[test]
fn every_request_is_answered_while_nodes_restart_one_after_the_other() {
    const CLIENTS: usize = 6;
    let shop = Shop::with(Program::on_postgres());
    let mut nodes = Nodes::start(&shop, NODES);
    let (ended, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let acknowledged: Vec<Acknowledged> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (doors, ended, answered) = (nodes.doors.clone(), &ended, &answered);
                scope.spawn(move || create_through_any_node(&doors, client, ended, answered))
            })
            .collect();
        let progress = || {
            let begun = answered.load(Ordering::Relaxed);
            eventually("requests are answered", PATIENCE, || {
                (answered.load(Ordering::Relaxed) > begun + 50).then_some(())
            });
        };
        for round in 0..2 * NODES {
            progress();
            nodes.stop(round % NODES);
            progress();
            nodes.start_again(round % NODES);
        }
        ended.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });

    let mut seen = BTreeSet::new();
    for (customer, created) in acknowledged.into_iter().flatten() {
        let there = list_contacts(&nodes.client(0), customer);
        let there: BTreeSet<u64> = there.iter().map(|contact| contact["id"].as_u64().unwrap()).collect();
        assert!(created.is_subset(&there), "{created:?} {there:?}");
        for id in there {
            assert!(seen.insert(id), "id {id} was given twice");
        }
    }
    println!("{} requests were answered", answered.load(Ordering::Relaxed));
    shop.program.run(&["check"]).succeeded();
}

/// The ids of contacts that were acknowledged, by customer.
type Acknowledged = BTreeMap<u64, BTreeSet<u64>>;

/// Creates contacts, each through the next node that serves.
fn create_through_any_node(
    doors: &Doors,
    client: usize,
    ended: &AtomicBool,
    answered: &AtomicU64,
) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    let mut customer = 0;
    for number in 0.. {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        if number % 200 == 0 {
            let body = json!({ "email": format!("{client}.{number}@example.com") });
            let answer = doors.send(number, &Method::POST, &customers(), Some(&body));
            customer = match answer.status {
                200 => answer.body["id"].as_u64().unwrap(),
                // The node that created it was gone before it could say so.
                409 => find_customer(doors, body["email"].as_str().unwrap()),
                _ => panic!("{answer:?}"),
            };
        }
        let body = json!({ "type": "OTHER", "contact": number.to_string() });
        let answer = doors.send(number, &Method::POST, &contacts(customer), Some(&body));
        // When it was asked for a second time, it can be there already.
        assert_eq!(answer.status, 200, "{answer:?}");
        let id = answer.body["id"].as_u64().unwrap();
        assert!(acknowledged.entry(customer).or_default().insert(id), "id {id} was given twice");
        answered.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}

fn find_customer(doors: &Doors, email: &str) -> u64 {
    let answer = doors.send(0, &Method::GET, &customers(), None);
    let items = answer.body["items"].as_array().unwrap();
    let found = items.iter().find(|customer| customer["email"] == email);
    found.unwrap()["id"].as_u64().unwrap()
}

#[test]
fn a_node_that_stops_gives_back_the_ids_it_did_not_need() {
    const STARTS: u64 = 10;
    let shop = Shop::with(Program::on_postgres());
    let server = shop.serve(&[]);
    let customer = create_customer(&shop.client(&server), "anna@example.com");
    server.stop();
    let mut ids = Vec::new();
    for number in 0..STARTS {
        let server = shop.serve(&[]);
        let body = json!({ "type": "PHONE", "contact": number.to_string() });
        let answer = shop.client(&server).post(&contacts(customer), &body).unwrap();
        ids.push(answer.body["id"].as_u64().unwrap());
        server.stop();
    }
    // The first one was the e-mail of the customer.
    assert_eq!(ids, (2..2 + STARTS).collect::<Vec<_>>());
    let counters =
        shop.program.postgres().psql("SELECT next_customer_id, next_contact_id, next_event_id FROM counters");
    // Events: of the store, the token, the customer, and each contact.
    assert_eq!(counters.trim(), format!("2|{}|{}", 2 + STARTS, 4 + STARTS));
    shop.program.run(&["check"]).succeeded();
}

#[test]
fn nodes_that_start_at_once_on_an_empty_database_all_serve_it_on_direct_connections() {
    nodes_that_start_at_once_on_an_empty_database_all_serve_it(Program::on_postgres());
}

#[test]
fn nodes_that_start_at_once_on_an_empty_database_all_serve_it_through_pgbouncer() {
    // More of them than the pooler has connections to the server.
    if let Some(program) = Program::through_pgbouncer() {
        nodes_that_start_at_once_on_an_empty_database_all_serve_it(program);
    }
}

fn nodes_that_start_at_once_on_an_empty_database_all_serve_it(program: Program) {
    let servers: Vec<Server> = thread::scope(|scope| {
        let starting: Vec<_> = (0..5).map(|_| scope.spawn(|| Server::start(&program, &[]))).collect();
        starting.into_iter().map(|starting| starting.join().unwrap()).collect()
    });
    let shop = Shop::with(program);
    for (number, server) in servers.iter().enumerate() {
        create_customer(&shop.client(server), &format!("{number}@example.com"));
    }
    for server in &servers {
        assert_eq!(shop.client(server).get(&customers()).unwrap().body["total"], servers.len());
    }
    shop.program.run(&["check"]).succeeded();
}
