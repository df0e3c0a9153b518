//! Apps that are tried with the troubles that deliveries can make, and what is said of them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shopfolk_model::{
    Actor, AppId, CustomerId, EmailAddress, Lab, LabChange, LabDrop, LabFault, LabSignature, LabTrouble,
    LabVerdict, TokenKind, WebhookAttempt, WebhookEventId,
};
use shopfolk_operations::conformance::{STORE, assert_every_promise_holds, create, create_customer, phone};
use shopfolk_operations::{AdvanceClock, CreateContact, CreateCustomer, GetApp, ListTokensOfApp};
use shopfolk_store::Engine;
use shopfolk_store_sqlite::SqliteEngine;

use crate::support::*;

const EVENTS: &str = "customer.created,customer.updated";

/// One that compares signatures as it should.
fn verify(seen: &Seen) -> u16 {
    let created = seen.body["eventCreated"].as_i64().unwrap();
    let created = shopfolk_model::Timestamp::from_unix_seconds(created).unwrap();
    let expected = shopfolk_hooks::ecwid_signature(SECRET.as_bytes(), created, seen.event());
    let shown = seen.headers.get("x-ecwid-webhook-signature").map(|value| value.to_str().unwrap());
    if shown == Some(expected.as_str()) { 200 } else { 401 }
}

fn verdict(attempt: &WebhookAttempt) -> (Vec<LabTrouble>, Vec<LabFault>) {
    let LabVerdict { troubles, faults } = attempt.lab.clone().expect("it was tried in the lab");
    (troubles, faults)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_compares_signatures_is_told_nothing_and_who_does_not_is() {
    for (signature, trouble) in [
        (LabSignature::Wrong, LabTrouble::WrongSignature),
        (LabSignature::Missing, LabTrouble::MissingSignature),
        (LabSignature::LowerCase, LabTrouble::LowerCaseNames),
    ] {
        let shop = Shop::sqlite().await;
        let careful = Receiver::acting(|seen| Box::pin(async move { verify(&seen) })).await;
        let careless = Receiver::start(|_| 200).await;
        let apps = [
            shop.app(1, &careful.url, "read_customers", EVENTS).await,
            shop.app(2, &careless.url, "read_customers", EVENTS).await,
        ];
        for app in apps {
            shop.try_app(app, LabChange::On(Lab { signature, ..Lab::CALM })).await;
        }
        let _node = shop.node();
        create_customer(&shop.engine, "anna@example.com").await;
        shop.wait_for_attempts(2).await;
        let attempts = shop.attempts().await;
        let of = |app: AppId| attempts.iter().find(|attempt| attempt.webhook.app == app).unwrap();
        assert_eq!(verdict(of(apps[0])), (vec![trouble], Vec::new()));
        let is_forged = trouble != LabTrouble::LowerCaseNames;
        let faults = if is_forged { vec![LabFault::AcceptedBadSignature] } else { Vec::new() };
        assert_eq!(verdict(of(apps[1])), (vec![trouble], faults));
        let names: Vec<&str> = of(apps[0]).headers.iter().map(|(name, _)| name.as_str()).collect();
        let (signed, lower) = ("X-Ecwid-Webhook-Signature", "x-ecwid-webhook-signature");
        assert_eq!(names.contains(&signed), trouble == LabTrouble::WrongSignature, "{names:?}");
        assert_eq!(names.contains(&lower), trouble == LabTrouble::LowerCaseNames, "{names:?}");
        assert_every_promise_holds(&shop.engine).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_receiver_refused_comes_again_when_the_lab_is_off_and_switches_nothing_off() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::acting(|seen| Box::pin(async move { verify(&seen) })).await;
    let app = shop.app(1, &receiver.url, "read_customers", EVENTS).await;
    shop.try_app(app, LabChange::On(Lab { signature: LabSignature::Missing, ..Lab::CALM })).await;
    let node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    shop.wait_for_attempts(1).await;
    let known = shop.engine.read(shopfolk_model::StoreId::PLATFORM, GetApp { app }).await.unwrap();
    assert_eq!(known.webhooks_failing_since, None, "the lab counts for nothing");
    drop(node);
    shop.try_app(app, LabChange::Off).await;
    let _node = shop.node();
    advance(&shop, Duration::from_mins(15)).await;
    shop.wait_for_attempts(2).await;
    let again = &shop.attempts().await[0];
    assert!(again.is_delivered() && again.lab.is_none());
}

async fn advance(shop: &Shop<SqliteEngine>, by: Duration) {
    shop.engine.write(STORE, Actor::CommandLine, AdvanceClock { by }).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_sent_elsewhere_or_refuses_what_is_valid_is_told() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|number| if number == 0 { 302 } else { 500 }).await;
    let app = shop.app(1, &receiver.url, "read_customers", EVENTS).await;
    shop.try_app(app, LabChange::On(Lab::CALM)).await;
    let _node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    shop.wait_for_attempts(1).await;
    create_customer(&shop.engine, "bert@example.com").await;
    shop.wait_for_attempts(2).await;
    let faults: Vec<_> = shop.attempts().await.iter().rev().map(|attempt| verdict(attempt).1).collect();
    assert_eq!(faults, [[LabFault::Redirected], [LabFault::RefusedValid]]);
}

/// The token by which an app changes things.
async fn actor(shop: &Shop<SqliteEngine>, app: AppId) -> Actor {
    let tokens = shop.engine.read(STORE, ListTokensOfApp { app }).await.unwrap();
    Actor::Token(tokens.iter().find(|token| token.kind == TokenKind::Secret).unwrap().id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_acts_twice_on_one_event_is_told_and_who_remembers_it_is_not() {
    for remembers in [true, false] {
        let shop = Shop::sqlite().await;
        let known: Arc<Mutex<HashSet<WebhookEventId>>> = Arc::default();
        let token: Arc<Mutex<Option<Actor>>> = Arc::default();
        let (engine, app_token) = (shop.engine.clone(), Arc::clone(&token));
        let receiver = Receiver::acting(move |seen| {
            let is_new = known.lock().unwrap().insert(seen.event());
            let (engine, by) = (engine.clone(), app_token.lock().unwrap().unwrap());
            Box::pin(async move {
                if is_new || !remembers {
                    let number = engine.list_events(STORE, None, 500).await.unwrap().len();
                    let email = EmailAddress::new(&format!("{number}@example.com")).unwrap();
                    let customer = shopfolk_model::NewCustomer::of(email);
                    let operation = CreateCustomer { customer, now: shopfolk_model::Timestamp::MAXIMUM };
                    engine.write(STORE, by, operation).await.unwrap();
                }
                200
            })
        })
        .await;
        let scopes = "read_customers,create_customers";
        let app = shop.app(1, &receiver.url, scopes, "customer.updated").await;
        *token.lock().unwrap() = Some(actor(&shop, app).await);
        shop.try_app(app, LabChange::On(Lab { duplicate: true, ..Lab::CALM })).await;
        let anna = create_customer(&shop.engine, "anna@example.com").await;
        let _node = shop.node();
        create(&shop.engine, anna, phone("+1 1")).await;
        shop.wait_for_attempts(2).await;
        let attempts = shop.attempts().await;
        assert_eq!(attempts[0].event, attempts[1].event);
        assert_eq!(verdict(&attempts[1]), (Vec::new(), Vec::new()));
        let faults = if remembers { Vec::new() } else { vec![LabFault::HandledTwice] };
        assert_eq!(verdict(&attempts[0]), (vec![LabTrouble::Duplicate], faults));
        assert_every_promise_holds(&shop.engine).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changes_what_it_is_told_of_is_told_of_the_loop() {
    let shop = Shop::sqlite().await;
    let token: Arc<Mutex<Option<Actor>>> = Arc::default();
    let (engine, app_token) = (shop.engine.clone(), Arc::clone(&token));
    let receiver = Receiver::acting(move |seen| {
        let (engine, by) = (engine.clone(), app_token.lock().unwrap().unwrap());
        Box::pin(async move {
            let customer = CustomerId::new(seen.body["entityId"].as_i64().unwrap()).unwrap();
            let contact = phone("+1 2");
            let operation = CreateContact { customer, contact, now: shopfolk_model::Timestamp::MAXIMUM };
            engine.write(STORE, by, operation).await.unwrap();
            200
        })
    })
    .await;
    let app = shop.app(1, &receiver.url, "read_customers,update_customers", "customer.created").await;
    *token.lock().unwrap() = Some(actor(&shop, app).await);
    shop.try_app(app, LabChange::On(Lab::CALM)).await;
    let _node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    shop.wait_for_attempts(1).await;
    assert_eq!(verdict(&shop.attempts().await[0]).1, [LabFault::ChangedTheSame]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_that_are_held_back_come_last_first() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 200).await;
    let app = shop.app(1, &receiver.url, "read_customers", EVENTS).await;
    shop.try_app(app, LabChange::On(Lab { out_of_order: true, ..Lab::CALM })).await;
    let anna = create_customer(&shop.engine, "anna@example.com").await;
    for number in ["+1 1", "+1 2"] {
        create(&shop.engine, anna, phone(number)).await;
    }
    let node = shop.node();
    let told = receiver.take(3).await;
    let types: Vec<_> = told.iter().map(|webhook| webhook.body["eventType"].as_str().unwrap()).collect();
    assert_eq!(types, ["customer.updated", "customer.updated", "customer.created"]);
    assert_ne!(told[0].event(), told[1].event());
    shop.wait_for_attempts(3).await;
    for attempt in shop.attempts().await {
        assert_eq!(verdict(&attempt), (vec![LabTrouble::OutOfOrder], Vec::new()));
    }
    drop(node);
    assert_every_promise_holds(&shop.engine).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_comes_with_a_later_try() {
    let shop = Shop::sqlite().await;
    let receiver = Receiver::start(|_| 200).await;
    let app = shop.app(1, &receiver.url, "read_customers", EVENTS).await;
    let dropped = Some(LabDrop::new(1, 2).unwrap());
    shop.try_app(app, LabChange::On(Lab { dropped, ..Lab::CALM })).await;
    let _node = shop.node();
    create_customer(&shop.engine, "anna@example.com").await;
    create_customer(&shop.engine, "bert@example.com").await;
    shop.wait_for_attempts(2).await;
    let attempts = shop.attempts().await;
    let is_dropped = |attempt: &&WebhookAttempt| verdict(attempt).0 == [LabTrouble::Dropped];
    assert_eq!(attempts.iter().filter(is_dropped).count(), 1, "one of two");
    assert_eq!(receiver.take(1).await.len(), 1);
    advance(&shop, Duration::from_mins(15)).await;
    receiver.take(1).await;
    shop.wait_for_attempts(3).await;
    let again = &shop.attempts().await[0];
    assert!(again.is_delivered() && again.number == 2);
}
