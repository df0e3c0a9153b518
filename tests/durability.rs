//! What a crash leaves behind: everything that was answered, and nothing broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use harness::{Doors, Load, Program, Server, Shop, contacts, create_customer, list_contacts, seed};

const ROUNDS: u64 = 20;

on_each_engine! { what_was_answered_before_an_orderly_stop_is_there_after_it }

#[test]
fn what_was_answered_is_there_after_a_crash_at_any_moment() {
    let mut random = StdRng::seed_from_u64(seed());
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let doors = Doors::new(vec![shop.client(&server)]);
    let mut load = Load::new(&shop.client(&server), &doors, &mut random);
    server.kill();

    for round in 0..ROUNDS {
        let server = shop.serve(&[]);
        doors.set(0, shop.client(&server));
        load.resume();
        thread::sleep(Duration::from_millis(random.random_range(20..400)));
        server.kill();
        load.pause();

        if round % 4 == 0 {
            crash_while_starting(&shop, Duration::from_millis(random.random_range(0..60)));
        }
        if round % 2 == 0 {
            assert_sound(&shop);
        }
        let server = shop.serve(&[]);
        load.verify(&shop.client(&server));
        server.kill();
        assert_sound(&shop);
    }
    println!("{ROUNDS} rounds: {}", load.story());
    assert!(load.created() > 100, "too little happened to tell anything");
}

/// A crash before the server even listens.
fn crash_while_starting(shop: &Shop, after: Duration) {
    let mut starting = shop.program.command(&["serve", "--listen", "127.0.0.1:0"]);
    starting.stderr(std::process::Stdio::null());
    let mut starting = starting.spawn().unwrap();
    thread::sleep(after);
    starting.kill().unwrap();
    starting.wait().unwrap();
}

fn assert_sound(shop: &Shop) {
    let outcome = shop.program.run(&["check"]).succeeded();
    assert_eq!(outcome.stdout, "");
}

fn what_was_answered_before_an_orderly_stop_is_there_after_it(program: Program) {
    let shop = Shop::with(program);
    let server: Server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    for number in 0..20 {
        let body = json!({ "type": "PHONE", "contact": format!("+1 {number}") });
        assert_eq!(client.post(&contacts(customer), &body).unwrap().status, 200);
    }
    let before = list_contacts(&client, customer);
    server.stop();

    let server = shop.serve(&[]);
    assert_eq!(list_contacts(&shop.client(&server), customer), before);
    assert_eq!(before.len(), 21);
}
