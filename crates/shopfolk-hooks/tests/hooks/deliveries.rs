//! From changes to receivers: real engines, real receivers on real sockets, and a clock that is moved.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use shopfolk_model::{Actor, AttemptOutcome};
use shopfolk_operations::conformance::{STORE, assert_every_promise_holds, create, create_customer, phone};
use shopfolk_operations::{
    AttemptFilter, ClaimDeliveries, DeleteCustomer, GetApp, GetReader, ListAttempts, ReplayAttempts,
    UninstallApp, replay_failed,
};
use shopfolk_store::Engine;
use tokio::sync::Semaphore;

use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_told_to_those_who_want_to_know_and_may() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 200).await;
    let path = |name: &str| format!("{}{name}", receiver.url);
    shop.app(1, &path("/all"), "read_customers read_orders", "").await;
    shop.app(2, &path("/groups"), "read_customers", "customer_group.created").await;
    shop.app(3, &path("/may-not"), "read_orders", "").await;
    let node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    let told = receiver.take(3).await;
    let mut targets: Vec<_> = told.iter().map(|webhook| webhook.target.as_str()).collect();
    targets.sort_unstable();
    assert_eq!(
        targets,
        [
            "/all?eventtype=application.installed",
            "/all?eventtype=customer.created",
            "/may-not?eventtype=application.installed",
        ]
    );
    let created = told.iter().find(|webhook| webhook.target.ends_with("customer.created")).unwrap();
    assert_eq!(created.body["data"]["customerEmail"], "anna@example.com");
    assert_eq!(created.body["storeId"], STORE.get());
    let signed = shopfolk_hooks::ecwid_signature(SECRET.as_bytes(), shop.now(), created.event());
    assert_eq!(created.header("x-ecwid-webhook-signature"), signed);
    drop(node);
    assert_every_promise_holds(&shop.engine).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_fails_for_a_day_is_tried_27_times_again_at_the_right_times() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 500).await;
    shop.app(1, &receiver.url, "read_customers", "customer.created").await;
    let _node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    let first = shop.now().unix_seconds();
    let mut tries = 1;
    receiver.take(1).await;
    // A minute before each retry nothing has come, and at its time it has.
    let retries = [15, 30, 45, 60].into_iter().chain((2..=24).map(|hour| hour * 60));
    for minutes in retries {
        shop.wait_for_attempts(tries).await;
        shop.set_now(first + minutes * 60 - 1);
        shop.webhooks().look().await.unwrap();
        assert_eq!(shop.attempts().await.len(), tries, "before {minutes} minutes");
        shop.set_now(first + minutes * 60);
        shop.webhooks().look().await.unwrap();
        receiver.take(1).await;
        tries += 1;
    }
    shop.wait_for_attempts(28).await;
    shop.set_now(first + 48 * 3600);
    create_customer(&shop.engine, "bert@example.com").await;
    receiver.take(1).await;
    shop.wait_for_attempts(29).await;
    let attempts = shop.attempts().await;
    assert_eq!(
        attempts.iter().filter(|attempt| attempt.next.is_none()).count(),
        1,
        "the first one is given up"
    );
    let ids: std::collections::HashSet<_> = attempts[1..].iter().map(|attempt| attempt.event.id).collect();
    assert_eq!(ids.len(), 1, "the event keeps its id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_advanced_by_a_day_has_every_retry_made_at_its_time() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 500).await;
    shop.app(1, &receiver.url, "read_customers", "customer.created").await;
    let _node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    shop.wait_for_attempts(1).await;
    let by = Actor::CommandLine;
    let day = shopfolk_operations::AdvanceClock { by: Duration::from_hours(24) };
    shop.engine.write(STORE, by, day).await.unwrap().unwrap().unwrap();
    shop.wait_for_attempts(28).await;
    let attempts = shop.attempts().await;
    let first = attempts.last().unwrap().tried.unix_seconds();
    let minutes: Vec<i64> =
        attempts.iter().rev().map(|attempt| (attempt.tried.unix_seconds() - first) / 60).collect();
    let expected = [0, 15, 30, 45, 60].into_iter().chain((2..=24).map(|hour| hour * 60));
    assert_eq!(minutes, expected.collect::<Vec<_>>());
    assert_eq!(attempts[0].next, None, "it is given up");
    let sent = receiver.take(28).await;
    let seconds = |webhook: &Seen| webhook.header("webhook-timestamp").to_owned();
    assert!(sent.iter().all(|webhook| seconds(webhook) == "1"), "receivers compare it with their own clocks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_one_customer_come_in_order_even_when_one_fails() {
    let shop = Shop::sqlite().await;
    // The first webhook fails; whatever comes after it succeeds.
    let receiver = Receiver::start(|number| if number == 0 { 503 } else { 204 }).await;
    shop.app(1, &receiver.url, "read_customers", "customer.created,customer.deleted").await;
    let _node = shop.node();
    let anna = create_customer(&shop.engine, "anna@example.com").await;
    receiver.take(1).await;
    shop.engine
        .write(STORE, Actor::CommandLine, DeleteCustomer { customer: anna, now: shop.now() })
        .await
        .unwrap();
    create_customer(&shop.engine, "bert@example.com").await;
    let bert = &receiver.take(1).await[0];
    assert_eq!(bert.body["data"]["customerEmail"], "bert@example.com", "nobody waits for another customer's");
    shop.set_now(shop.now().unix_seconds() + 15 * 60);
    shop.webhooks().look().await.unwrap();
    let told = receiver.take(2).await;
    let types: Vec<_> = told.iter().map(|webhook| webhook.body["eventType"].as_str().unwrap()).collect();
    assert_eq!(types, ["customer.created", "customer.deleted"]);
    for webhook in told {
        assert_eq!(webhook.body["data"]["customerEmail"], "anna@example.com");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_is_told_that_it_is_shut_out_and_nothing_after() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 200).await;
    let app = shop.app(1, &receiver.url, "read_customers", "").await;
    let _node = shop.node();
    receiver.take(1).await;
    let uninstall = UninstallApp { app, now: shop.now() };
    shop.engine.write(STORE, Actor::CommandLine, uninstall).await.unwrap();
    let told = &receiver.take(1).await[0];
    assert_eq!(told.body["eventType"], "application.uninstalled");
    assert_eq!(told.body["entityId"], STORE.to_string());
    create_customer(&shop.engine, "anna@example.com").await;
    shop.set_now(100);
    shop.app(1, &receiver.url, "read_customers", "").await;
    let told = &receiver.take(1).await[0];
    assert_eq!(told.body["eventType"], "application.installed");
    assert!(receiver.is_quiet().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_weeks_of_failures_switch_webhooks_off() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 500).await;
    let app = shop.app(1, &receiver.url, "read_customers", "customer.created").await;
    let _node = shop.node();
    let begin = shop.now().unix_seconds();
    for day in [0, 7, 14] {
        shop.set_now(begin + day * 86_400);
        create_customer(&shop.engine, &format!("day{day}@example.com")).await;
        shop.wait_until(async || {
            let attempts = shop.attempts().await;
            attempts.iter().any(|attempt| attempt.tried.unix_seconds() >= begin + day * 86_400)
        })
        .await;
    }
    let get = async || shop.engine.read(shopfolk_model::StoreId::PLATFORM, GetApp { app }).await.unwrap();
    shop.wait_until(async || get().await.webhooks_off_since.is_some()).await;
    assert_eq!(get().await.webhooks_failing_since.map(shopfolk_model::Timestamp::unix_seconds), Some(begin));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_seen_and_sent_again_with_the_same_id() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|number| if number < 2 { 500 } else { 200 }).await;
    shop.app(1, &receiver.url, "read_customers", "customer.created").await;
    let _node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    create_customer(&shop.engine, "bert@example.com").await;
    receiver.take(2).await;
    shop.wait_for_attempts(2).await;
    let failed = shop.attempts().await;
    let AttemptOutcome::Answered { status, body, .. } = &failed[0].outcome else { panic!("{failed:?}") };
    assert_eq!((*status, body.as_str()), (500, "said 500"));
    let by = Actor::CommandLine;
    let replay = ReplayAttempts { attempts: vec![failed[1].id], now: shop.now() };
    assert_eq!(shop.engine.write(STORE, by, replay.clone()).await.unwrap(), 1);
    let again = &receiver.take(1).await[0];
    assert_eq!(again.event(), failed[1].event.id);
    shop.wait_for_attempts(3).await;
    let filter = AttemptFilter { delivered: Some(false), ..AttemptFilter::default() };
    assert_eq!(
        replay_failed(&shop.engine, STORE, by, &filter, || Ok(shop.now())).await.unwrap(),
        1,
        "one of them succeeded"
    );
    assert_eq!(receiver.take(1).await[0].event(), failed[0].event.id);
    shop.wait_for_attempts(4).await;
    let list = ListAttempts { filter, before: None, limit: 1 };
    let listed = shop.engine.read(STORE, list).await.unwrap();
    assert_eq!(listed.attempts.len(), 1);
    assert!(listed.next.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_says_nothing_delays_nobody_else() {
    let shop = Shop::sqlite().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = Receiver::start(|_| 200).await;
    let dead = format!("http://{}/", silent.local_addr().unwrap());
    shop.app(1, &dead, "read_customers", "customer.created").await;
    shop.app(2, &receiver.url, "read_customers", "customer.created").await;
    let _node = shop.node();
    for number in 0..100 {
        create_customer(&shop.engine, &format!("customer{number}@example.com")).await;
    }
    // Far sooner than ten seconds a hundred times.
    let told = tokio::time::timeout(Duration::from_secs(8), receiver.take(100)).await.unwrap();
    assert_eq!(told.len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_apps_the_one_that_asked_is_told() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 200).await;
    for number in 1..1_000 {
        shop.app(number, "http://127.0.0.1:9999/", "read_customers", "profile.updated").await;
    }
    shop.app(1_000, &receiver.url, "read_customers", "customer.created").await;
    let _node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    receiver.take(1).await;
    shop.wait_for_attempts(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_a_node_left_behind_without_deliveries_is_taken_over() {
    let database = shopfolk_test_postgres::PostgresServer::shared().create_database();
    let shop = Shop::postgres(&database.url()).await;
    let receiver = Receiver::start(|_| 200).await;
    shop.app(1, &receiver.url, "read_customers", "customer.created").await;
    let claim = ClaimDeliveries { node: 1, instead_of: None };
    shop.engine.write(STORE, Actor::Unknown, claim).await.unwrap().unwrap();
    create_customer(&shop.engine, "anna@example.com").await;
    let _node = shop.node();
    receiver.take(1).await;
    shop.wait_for_attempts(1).await;
    let nobody = async || {
        shop.engine.read(STORE, GetReader).await.unwrap().is_some_and(|(_, reader)| reader.holder == 0)
    };
    shop.wait_until(nobody).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_finishes_what_is_on_its_way_and_leaves_the_rest_to_others_at_once() {
    let database = shopfolk_test_postgres::PostgresServer::shared().create_database();
    let shop = Shop::postgres(&database.url()).await;
    let answers = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&answers);
    let receiver = Receiver::acting(move |_| {
        let held = Arc::clone(&held);
        Box::pin(async move {
            held.acquire().await.unwrap().forget();
            200
        })
    })
    .await;
    shop.app(1, &receiver.url, "read_customers", "customer.created").await;
    let one = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    receiver.take(1).await;
    let webhooks = shop.webhooks();
    let mut stops = pin!(webhooks.stop());
    assert!(tokio::time::timeout(Duration::ZERO, stops.as_mut()).await.is_err(), "it waits for the receiver");
    create_customer(&shop.engine, "bert@example.com").await;
    assert!(shop.attempts().await.is_empty());
    answers.add_permits(1);
    stops.await;
    assert_eq!(shop.attempts().await.len(), 1, "what was on its way is noted");
    drop(one);
    answers.add_permits(1);
    let _two = shop.node();
    // Far sooner than a node is given up.
    let bert = tokio::time::timeout(Duration::from_secs(15), receiver.take(1)).await.unwrap();
    assert_eq!(bert[0].body["data"]["customerEmail"], "bert@example.com");
    shop.wait_for_attempts(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_left_behind_is_brought_by_another_in_order() {
    let postgres = shopfolk_test_postgres::PostgresServer::shared();
    let database = postgres.create_database();
    let shop = Shop::postgres(&database.url()).await;
    let receiver = Receiver::start(|_| 200).await;
    shop.app(1, &receiver.url, "read_customers", "customer.created,customer.updated").await;
    let anna = create_customer(&shop.engine, "anna@example.com").await;
    let (one, two) = (shop.node(), shop.node());
    for number in 0..20 {
        create(&shop.engine, anna, phone(&format!("+1 {number}"))).await;
    }
    // It says nothing to anybody, and what it has claimed stays claimed.
    drop(one);
    for number in 20..40 {
        create(&shop.engine, anna, phone(&format!("+1 {number}"))).await;
    }
    let mut events = Vec::new();
    let mut seen = std::collections::HashSet::new();
    while seen.len() < 41 {
        let webhook = receiver.take(1).await.remove(0);
        if seen.insert(webhook.event()) {
            events.push(webhook.event());
        }
    }
    let stored = shop.engine.list_events(STORE, None, 500).await.unwrap();
    let store = shop.engine.read(STORE, GetReader).await.unwrap().unwrap().0;
    let told =
        stored.iter().filter(|stored| stored.event.happening.event_type().name().starts_with("customer."));
    let expected: Vec<_> =
        told.map(|stored| shopfolk_model::WebhookEventId::of(STORE, store.key, stored.position)).collect();
    assert_eq!(events, expected, "each event, in the order in which it happened");
    drop(two);
    assert_every_promise_holds(&shop.engine).await;
}
