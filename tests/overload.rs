//! Whatever some connections do or leave undone, the others are served; and stopping loses nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use harness::{
    Client, PATIENCE, RawConnection, STORE, Server, Shop, contacts, create_customer, customers, eventually,
    list_contacts,
};

/// A stop takes no longer than this, and a while for a busy machine.
const STOP: Duration = Duration::from_secs(15);

/// Sends a head that announces a body of 100 bytes, waits until the server reads the body, and sends 10 of them.
fn begin_slow_body(shop: &Shop, server: &Server, customer: u64) -> RawConnection {
    let mut connection = RawConnection::open(server.address);
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\
         Expect: 100-continue\r\n\r\n",
        contacts(customer),
        shop.token
    );
    connection.send(head.as_bytes()).unwrap();
    assert_eq!(connection.answer().status, 100);
    connection.send(b"{\"type\":  ").unwrap();
    connection
}

#[test]
fn thousands_of_idle_and_dripping_connections_stop_nobody() {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let each = usize::try_from(files.saturating_sub(200) / 2).unwrap().min(2_000);
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");

    let mut idle: Vec<_> = (0..each).map(|_| RawConnection::open(server.address)).collect();
    let mut dripping: Vec<_> = (0..each).map(|_| RawConnection::open(server.address)).collect();
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut number = 0;
    // Every second each of them sends a header's worth of nothing, until the server has had enough of the last one.
    while !dripping.is_empty() {
        assert!(began.elapsed() < PATIENCE, "{} drip on", dripping.len());
        dripping.retain_mut(|connection| connection.send(b"G").is_ok() && !connection.is_closed());
        for _ in 0..20 {
            let asked = Instant::now();
            let body = json!({ "type": "PHONE", "contact": number.to_string() });
            assert_eq!(client.post(&contacts(customer), &body).unwrap().status, 200);
            slowest = slowest.max(asked.elapsed());
            number += 1;
        }
        thread::sleep(Duration::from_secs(1));
    }
    println!(
        "{each} idle and {each} dripping connections; {number} creates meanwhile, the slowest took {slowest:?}"
    );
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    eventually("the idle ones are closed too", PATIENCE, || {
        idle.retain_mut(|connection| !connection.is_closed());
        idle.is_empty().then_some(())
    });
    assert_eq!(list_contacts(&client, customer).len(), 1 + number);
}

#[test]
fn a_body_that_does_not_come_is_a_408() {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let customer = create_customer(&shop.client(&server), "anna@example.com");
    let mut slow = begin_slow_body(&shop, &server, customer);
    let began = Instant::now();
    let answer = slow.answer();
    assert_eq!((answer.status, &answer.json()["errorCode"]), (408, &json!("TIMEOUT")));
    assert!((8..30).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[test]
fn a_second_head_that_does_not_come_is_cut_and_a_quiet_connection_is_not() {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let request = b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n";
    let [mut dripping, mut quiet] = [(); 2].map(|()| RawConnection::open(server.address));
    for connection in [&mut dripping, &mut quiet] {
        connection.send(request).unwrap();
        assert_eq!(connection.answer().status, 200);
    }
    dripping.send(b"GET /healthz").unwrap();
    dripping.wait_until_closed(PATIENCE);
    quiet.send(request).unwrap();
    assert_eq!(quiet.answer().status, 200);
}

#[test]
fn an_address_that_guesses_tokens_is_refused_and_known_tokens_of_it_go_on() {
    let shop = Shop::new();
    let server = Server::start(&shop.program, &[]);
    let (client, guesser) = (shop.client(&server), Client::new(server.address, "secret_guessed"));
    let customer = create_customer(&client, "anna@example.com");
    let path = contacts(customer);
    for _ in 0..20 {
        assert_eq!(guesser.get(&path).unwrap().code(), "INVALID_API_TOKEN");
    }
    let refused = guesser.get(&path).unwrap();
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(list_contacts(&client, customer).len(), 1);
}

#[test]
fn connections_beyond_the_limit_get_a_503_until_there_is_room() {
    let shop = Shop::new();
    let server = shop.serve(&["--max-connections", "5"]);
    let request = b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n";
    let mut open: Vec<_> = (0..5).map(|_| RawConnection::open(server.address)).collect();
    for connection in &mut open {
        connection.send(request).unwrap();
        assert_eq!(connection.answer().status, 200);
    }
    for _ in 0..300 {
        let mut refused = RawConnection::open(server.address);
        // It may be closed before the request is sent; the answer is there all the same.
        let _ = refused.send(request);
        let answer = refused.answer();
        assert_eq!((answer.status, &answer.json()["errorCode"]), (503, &json!("UNAVAILABLE")));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(answer.header("x-request-id").is_some());
    }
    for connection in &mut open {
        connection.send(request).unwrap();
        assert_eq!(connection.answer().status, 200, "those that were there are served on");
    }
    open.pop();
    eventually("there is room again", PATIENCE, || {
        let mut next = RawConnection::open(server.address);
        let _ = next.send(request);
        (next.answer().status == 200).then_some(())
    });
}

#[test]
fn stopping_under_load_loses_nothing_that_was_answered() {
    for _ in 0..5 {
        let shop = Shop::new();
        let mut server = shop.serve(&[]);
        let client = shop.client(&server);
        let customers: Vec<u64> =
            (0..8).map(|number| create_customer(&client, &format!("{number}@example.com"))).collect();
        let workers: Vec<_> = customers
            .iter()
            .map(|&customer| {
                let client = client.another();
                thread::spawn(move || create_until_stopped(&client, customer))
            })
            .collect();
        eventually("there is load", PATIENCE, || {
            let first = client.get(&contacts(customers[0])).unwrap();
            (first.body["items"].as_array().unwrap().len() > 5).then_some(())
        });
        server.terminate();
        let status = server.wait(STOP);
        assert!(status.success(), "{status}: {}", server.said());
        assert!(!server.said().contains("ERROR"), "{}", server.said());
        let created: Vec<BTreeSet<u64>> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();

        shop.program.run(&["check"]).succeeded();
        let server = shop.serve(&[]);
        let client = shop.client(&server);
        for (customer, created) in customers.iter().zip(created) {
            let there = list_contacts(&client, *customer);
            let there: BTreeSet<u64> = there.iter().map(|contact| contact["id"].as_u64().unwrap()).collect();
            assert!(created.is_subset(&there), "{created:?} {there:?}");
        }
    }
}

/// Creates contacts, and answers the ids of those that the server said it has.
fn create_until_stopped(client: &Client, customer: u64) -> BTreeSet<u64> {
    let mut created = BTreeSet::new();
    for number in 0..499 {
        let body = json!({ "type": "PHONE", "contact": number.to_string() });
        match client.post(&contacts(customer), &body) {
            Ok(answer) if answer.status == 200 => {
                assert!(created.insert(answer.body["id"].as_u64().unwrap()));
            }
            Ok(answer) => assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"), "{answer:?}"),
            Err(_) => break,
        }
    }
    created
}

#[test]
fn stopping_finishes_a_request_that_has_begun_and_closes_the_rest() {
    let shop = Shop::new();
    let mut server = shop.serve(&[]);
    let customer = create_customer(&shop.client(&server), "anna@example.com");
    let mut silent = RawConnection::open(server.address);
    let mut kept = RawConnection::open(server.address);
    kept.send(b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n").unwrap();
    assert_eq!(kept.answer().status, 200);
    let mut slow = begin_slow_body(&shop, &server, customer);
    server.terminate();
    silent.wait_until_closed(STOP);
    kept.wait_until_closed(STOP);
    let rest = format!("{:90}", "\"PHONE\", \"contact\": \"+1 555 0100\"}");
    slow.send(rest.as_bytes()).unwrap();
    let answer = slow.answer();
    assert_eq!((answer.status, &answer.json()["createCount"]), (200, &json!(1)), "{answer:?}");
    assert!(server.wait(STOP).success());

    let server = shop.serve(&[]);
    assert_eq!(list_contacts(&shop.client(&server), customer).len(), 2);
}

#[test]
fn stopping_ends_a_mass_change_after_a_portion_and_answers_everybody() {
    let shop = Shop::new();
    let store = STORE.to_string();
    shop.program.run(&["generate", "--store", &store, "--customers", "6000"]).succeeded();
    let mut server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    let group =
        client.post(&format!("/api/v3/{STORE}/customer_groups"), &json!({ "name": "Guests" })).unwrap();
    let group = group.body["id"].clone();
    let changed = format!("{}?customerGroup={group}&limit=1", customers());
    let changing = {
        let client = client.another();
        let body = json!({ "mode": "ALL", "customer": { "customerGroupId": group } });
        thread::spawn(move || client.post(&format!("/api/v3/{STORE}/customers_update"), &body).unwrap())
    };
    let creating = {
        let client = client.another();
        thread::spawn(move || create_until_stopped(&client, customer))
    };
    eventually("some are changed", PATIENCE, || {
        (client.get(&changed).unwrap().body["total"].as_u64().unwrap() > 100).then_some(())
    });
    server.terminate();
    let answer = changing.join().unwrap();
    assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"), "{answer:?}");
    let message = answer.body["errorMessage"].as_str().unwrap();
    let told: u64 = message.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!(message.contains("customers were changed"), "{message}");
    let created = creating.join().unwrap();
    let status = server.wait(STOP);
    assert!(status.success(), "{status}: {}", server.said());

    let server = shop.serve(&[]);
    let client = shop.client(&server);
    assert_eq!(client.get(&changed).unwrap().body["total"], told, "what was told is what was done");
    let there = list_contacts(&client, customer);
    assert!(created.iter().all(|id| there.iter().any(|contact| contact["id"] == *id)));
}

#[test]
fn stopping_takes_no_longer_than_its_limit() {
    let shop = Shop::new();
    let mut server = shop.serve(&[]);
    let customer = create_customer(&shop.client(&server), "anna@example.com");
    let _slow: Vec<_> = (0..3).map(|_| begin_slow_body(&shop, &server, customer)).collect();
    server.signal(Signal::INT);
    // It ends in time, and says that some had no answer.
    assert_eq!(server.wait(STOP).code(), Some(1), "{}", server.said());
    eventually("it says so", PATIENCE, || {
        server.said().contains("3 connections did not finish").then_some(())
    });
    shop.program.run(&["check"]).succeeded();
}

#[test]
fn stopping_twice_is_stopping_at_once() {
    let shop = Shop::new();
    let mut server = shop.serve(&[]);
    let customer = create_customer(&shop.client(&server), "anna@example.com");
    let _slow = begin_slow_body(&shop, &server, customer);
    let began = Instant::now();
    server.terminate();
    eventually("it is stopping", PATIENCE, || server.said().contains("stopping").then_some(()));
    server.terminate();
    let status = server.wait(STOP);
    assert_eq!(status.code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    eventually("it says so", PATIENCE, || server.said().contains("stopped at once").then_some(()));
}
