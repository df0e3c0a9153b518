//! Events taken for apps, deliveries in order, and what was tried.

use std::time::Duration;

use shopfolk_model::{
    AppId, AttemptOutcome, DeliveredEvent, DeliveryQueue, EventPosition, StoreId, TestClock, Timestamp,
    WebhookAttempt, WebhookAttemptId, WebhookDelivery, WebhookEvent, WebhookEventId, WebhookName,
};
use shopfolk_store::{Engine, ListeningStores};

use super::apps::*;
use super::fixture::*;
use crate::{
    AdvanceClock, AttemptFilter, Claim, ClaimDeliveries, DueDeliveries, EventsTaken, ForgetAttempts,
    GetAttempt, GetReader, ListAttempts, MoveClock, NextWebhook, ReleaseDeliveries, ReplayAttempts,
    ResetClock, SettleTries, SettledTry, StopListening, TakeEvents, TriggerEvent, UninstallApp,
};

const NODE: u64 = 7;
/// They were, and the clock of the store is the system's.
const TAKEN: EventsTaken = EventsTaken::Taken(TestClock { ahead: 0, goal: 0 });

fn webhook(app: AppId) -> WebhookName {
    WebhookName { app, number: 0 }
}

fn delivery(app: AppId, entity: i64, place: i64) -> WebhookDelivery {
    WebhookDelivery {
        webhook: webhook(app),
        queue: DeliveryQueue::Customer,
        place,
        event: DeliveredEvent {
            id: WebhookEventId::from_random(u128::try_from(place).unwrap()),
            event_type: WebhookEvent::CustomerUpdated,
            entity,
            created: at(5),
            customer_email: Some("anna@example.com".to_owned()),
        },
        due: Some(at(5)),
        first_tried: None,
        tries: 0,
    }
}

fn attempt(delivery: &WebhookDelivery, status: u16, next: Option<Timestamp>) -> WebhookAttempt {
    WebhookAttempt {
        id: WebhookAttemptId::MAXIMUM,
        webhook: delivery.webhook,
        event: delivery.event.clone(),
        number: delivery.tries + 1,
        on_request: false,
        tried: at(6),
        took: Duration::from_millis(12),
        url: "https://app.example/".to_owned(),
        headers: vec![("Cache-Control".to_owned(), "no-cache".to_owned())],
        body: "{}".to_owned(),
        outcome: AttemptOutcome::Answered { status, headers: Vec::new(), body: "OK".to_owned() },
        next,
        lab: None,
    }
}

async fn due<E: Engine>(engine: &E, app: AppId, now: i64) -> Vec<WebhookDelivery> {
    let due = DueDeliveries { webhook: webhook(app), now: at(now), limit: 100 };
    engine.read(STORE, due).await.unwrap()
}

async fn places<E: Engine>(engine: &E, app: AppId, now: i64) -> Vec<(i64, i64)> {
    due(engine, app, now).await.iter().map(|delivery| (delivery.event.entity, delivery.place)).collect()
}

async fn take<E: Engine>(
    engine: &E,
    from: Option<i64>,
    through: i64,
    deliveries: Vec<WebhookDelivery>,
) -> EventsTaken {
    let place = |number| EventPosition::new(number).unwrap();
    let take = TakeEvents { from: from.map(place), through: place(through), node: NODE, deliveries };
    engine.write(STORE, BY, take).await.unwrap()
}

async fn settle<E: Engine>(engine: &E, tries: Vec<SettledTry>) -> Result<(), Option<Claim>> {
    engine.write(STORE, BY, SettleTries { node: NODE, tries, now: at(7) }).await.unwrap()
}

fn tried(delivery: &WebhookDelivery, status: u16, next: Option<Timestamp>) -> SettledTry {
    SettledTry { delivery: delivery.clone(), attempts: vec![attempt(delivery, status, next)] }
}

/// Has an app told of an event: one delivery waits, and one attempt was made.
pub async fn try_a_webhook<E: Engine>(engine: &E, app: AppId) {
    for number in 0..2 {
        let trigger = TriggerEvent {
            store: STORE,
            app,
            webhooks: vec![webhook(app)],
            id: WebhookEventId::from_random(number),
            event_type: WebhookEvent::CustomerUpdated,
            entity: 1,
            now: at(5),
        };
        engine.write(STORE, BY, trigger).await.unwrap();
    }
    let first = due(engine, app, 9).await.remove(0);
    settle(engine, vec![tried(&first, 200, None)]).await.unwrap();
    engine.write(STORE, BY, ReleaseDeliveries { node: NODE }).await.unwrap();
}

async fn listening_shop<E: Engine>(engine: &E) -> AppId {
    create_store(engine, STORE).await;
    let app = create_app(engine, 7).await.id;
    install_app(engine, app, "read_customers", "of_app").await;
    create_customer(engine, "early@example.com").await;
    create_customer(engine, "bird@example.com").await;
    // So that their events have places.
    assert!(engine.list_events(STORE, None, 100).await.unwrap().len() >= 5);
    app
}

pub async fn deliveries_of_one_entity_come_one_after_the_other<E: Engine>(engine: E) {
    let app = listening_shop(&engine).await;
    let new = vec![delivery(app, 1, 1), delivery(app, 2, 2), delivery(app, 1, 3)];
    assert_eq!(take(&engine, None, 3, new).await, TAKEN);
    assert_eq!(places(&engine, app, 9).await, [(1, 1), (2, 2)]);
    let of_others = vec![delivery(app, 1, 4), delivery(app, 3, 5)];
    assert_eq!(take(&engine, Some(3), 5, of_others).await, TAKEN);
    assert_eq!(places(&engine, app, 9).await, [(1, 1), (2, 2), (3, 5)]);
    assert_eq!(places(&engine, app, 4).await, [], "nothing is due yet");
    let first = due(&engine, app, 9).await;
    settle(&engine, vec![tried(&first[0], 500, Some(at(100))), tried(&first[1], 200, None)]).await.unwrap();
    assert_eq!(places(&engine, app, 99).await, [(3, 5)], "those behind one that failed wait with it");
    let again = &due(&engine, app, 100).await[1];
    assert_eq!((again.place, again.tries, again.first_tried), (1, 1, Some(at(6))));
    settle(&engine, vec![tried(again, 204, None)]).await.unwrap();
    assert_eq!(places(&engine, app, 100).await, [(3, 5), (1, 3)]);
    let next = NextWebhook { after: None };
    assert_eq!(engine.read(STORE, next).await.unwrap(), Some(webhook(app)));
    let next = NextWebhook { after: Some(webhook(app)) };
    assert_eq!(engine.read(STORE, next).await.unwrap(), None);
}

pub async fn events_are_taken_once<E: Engine>(engine: E) {
    let app = listening_shop(&engine).await;
    assert_eq!(take(&engine, None, 1, vec![delivery(app, 1, 1)]).await, TAKEN);
    assert_eq!(take(&engine, None, 1, vec![delivery(app, 1, 1)]).await, EventsTaken::Moved);
    assert_eq!(take(&engine, None, 2, Vec::new()).await, EventsTaken::Moved);
    assert_eq!(places(&engine, app, 9).await, [(1, 1)]);
}

pub async fn stores_with_something_to_do_are_found<E: Engine>(engine: E) {
    let with_work = async |now| {
        let which = ListeningStores::WithWork(at(now));
        engine.list_listening_stores(which, None, 10).await.unwrap()
    };
    let app = listening_shop(&engine).await;
    create_store(&engine, StoreId::new(1004).unwrap()).await;
    assert_eq!(with_work(5).await, [STORE], "there are events that nobody has read");
    let events = engine.list_events(STORE, None, 100).await.unwrap();
    let last = events.last().unwrap().position;
    assert_eq!(take(&engine, None, last.get(), vec![delivery(app, 1, last.get())]).await, TAKEN);
    assert_eq!(with_work(4).await, []);
    assert_eq!(with_work(5).await, [STORE], "a delivery is due");
    settle(&engine, vec![tried(&delivery(app, 1, last.get()), 200, None)]).await.unwrap();
    assert_eq!(with_work(5).await, []);
    assert_eq!(engine.list_listening_stores(ListeningStores::All, None, 10).await.unwrap(), [STORE]);
    assert_eq!(engine.list_listening_stores(ListeningStores::All, Some(STORE), 10).await.unwrap(), []);

    engine.write(STORE, BY, UninstallApp { app, now: at(8) }).await.unwrap();
    let events = engine.list_events(STORE, Some(last), 100).await.unwrap();
    let gone = events.last().unwrap().position;
    assert_eq!(take(&engine, Some(last.get()), gone.get(), Vec::new()).await, TAKEN);
    engine.write(STORE, BY, StopListening { position: Some(gone) }).await.unwrap();
    create_customer(&engine, "anna@example.com").await;
    assert_eq!(with_work(9).await, [], "nobody listens");
    install_app(&engine, app, "read_customers", "again").await;
    let (_, reader) = engine.read(STORE, GetReader).await.unwrap().unwrap();
    assert!(reader.listening && reader.position.is_none());
    assert_eq!(with_work(9).await, [STORE]);
}

pub async fn the_clock_of_a_store_goes_from_delivery_to_delivery<E: Engine>(engine: E) {
    let app = listening_shop(&engine).await;
    let events = engine.list_events(STORE, None, 100).await.unwrap();
    let last = events.last().unwrap().position.get();
    let later = WebhookDelivery { due: Some(at(1_000)), ..delivery(app, 1, last) };
    assert_eq!(take(&engine, None, last, vec![later]).await, TAKEN);
    let with_work = async || {
        let which = ListeningStores::WithWork(at(9));
        !engine.list_listening_stores(which, None, 10).await.unwrap().is_empty()
    };
    let step = async || engine.write(STORE, BY, MoveClock { node: NODE, now: at(9) }).await.unwrap();
    assert!(!with_work().await);
    assert_eq!(step().await, None, "it is nowhere to go");
    let advance = AdvanceClock { by: Duration::from_secs(2_000) };
    let goal = engine.write(STORE, BY, advance).await.unwrap();
    assert_eq!(goal, Some(Ok(TestClock { ahead: 0, goal: 2_000 })));
    assert!(with_work().await, "it is to go on");
    let there = TestClock { ahead: 991, goal: 2_000 };
    assert_eq!(step().await, Some(there));
    assert_eq!(step().await, None, "a delivery is due");
    let due = due(&engine, app, there.time(at(9)).unix_seconds()).await;
    settle(&engine, vec![tried(&due[0], 500, Some(at(9_000)))]).await.unwrap();
    assert_eq!(step().await, Some(TestClock { ahead: 2_000, goal: 2_000 }));
    assert!(!with_work().await, "nothing is due");
    engine.write(STORE, BY, ResetClock).await.unwrap();
    let (_, reader) = engine.read(STORE, GetReader).await.unwrap().unwrap();
    assert_eq!(reader.clock, TestClock::default());
    let far = AdvanceClock { by: Duration::MAX };
    assert!(engine.write(STORE, BY, far).await.unwrap().unwrap().is_err());
}

pub async fn one_node_brings_the_deliveries_of_a_store<E: Engine>(engine: E) {
    let app = listening_shop(&engine).await;
    assert_eq!(take(&engine, None, 1, vec![delivery(app, 1, 1)]).await, TAKEN);
    let (_, reader) = engine.read(STORE, GetReader).await.unwrap().unwrap();
    let another = |instead_of| ClaimDeliveries { node: 8, instead_of };
    if reader.holder == 0 {
        // There is no other node.
        assert_eq!(engine.write(STORE, BY, another(None)).await.unwrap(), Ok(()));
        return;
    }
    let claim = Claim::of(&reader);
    assert_eq!(claim.holder, NODE);
    assert_eq!(engine.write(STORE, BY, another(None)).await.unwrap(), Err(Some(claim)));
    let renewed = ClaimDeliveries { node: NODE, instead_of: None };
    assert_eq!(engine.write(STORE, BY, renewed).await.unwrap(), Ok(()));
    let now = Claim { beat: claim.beat + 1, ..claim };
    assert_eq!(engine.write(STORE, BY, another(Some(claim))).await.unwrap(), Err(Some(now)), "it lives");
    assert_eq!(engine.write(STORE, BY, another(Some(now))).await.unwrap(), Ok(()));
    let theirs = Claim { holder: 8, beat: now.beat + 1 };
    let late = settle(&engine, vec![tried(&delivery(app, 1, 1), 200, None)]).await;
    assert_eq!(late, Err(Some(theirs)), "what it does is done no more");
    let taken = take(&engine, Some(1), 2, vec![delivery(app, 2, 2)]).await;
    assert_eq!(taken, EventsTaken::Held(theirs));
    engine.write(STORE, BY, ReleaseDeliveries { node: 8 }).await.unwrap();
    assert_eq!(take(&engine, Some(1), 2, vec![delivery(app, 2, 2)]).await, TAKEN);
}

pub async fn attempts_are_listed_sent_again_and_forgotten<E: Engine>(engine: E) {
    let app = listening_shop(&engine).await;
    let new: Vec<_> = (1..=5).map(|number| delivery(app, number, number)).collect();
    assert_eq!(take(&engine, None, 5, new.clone()).await, TAKEN);
    let tries = new.iter().map(|delivery| {
        let status = if delivery.place % 2 == 0 { 200 } else { 500 };
        tried(delivery, status, None)
    });
    settle(&engine, tries.collect()).await.unwrap();
    let list = async |filter: AttemptFilter, before, limit| {
        let listed = engine.read(STORE, ListAttempts { filter, before, limit }).await.unwrap();
        let entities: Vec<_> = listed.attempts.iter().map(|attempt| attempt.event.entity).collect();
        (entities, listed.next, listed.attempts)
    };
    let (entities, next, attempts) = list(AttemptFilter::default(), None, 2).await;
    assert_eq!((entities, next), (vec![5, 4], Some(attempts[1].id)));
    assert_eq!(
        engine.read(STORE, GetAttempt { id: attempts[0].id }).await.unwrap(),
        Some(attempts[0].clone())
    );
    let (entities, next, _) = list(AttemptFilter::default(), next, 10).await;
    assert_eq!((entities, next), (vec![3, 2, 1], None));
    let failed = AttemptFilter { delivered: Some(false), ..AttemptFilter::default() };
    assert_eq!(list(failed, None, 10).await.0, [5, 3, 1]);
    let of_event = AttemptFilter { event: Some(new[1].event.id), ..AttemptFilter::default() };
    assert_eq!(list(of_event, None, 10).await.0, [2]);
    let later = AttemptFilter { from: Some(at(7)), ..AttemptFilter::default() };
    assert!(list(later, None, 10).await.0.is_empty());
    let replay = ReplayAttempts { attempts: vec![attempts[0].id], now: at(8) };
    for _ in 0..2 {
        assert_eq!(engine.write(STORE, BY, replay.clone()).await.unwrap(), 1);
    }
    let again = due(&engine, app, 8).await;
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].queue, &again[0].event), (DeliveryQueue::OnRequest, &new[4].event));

    let most = ForgetAttempts { before: at(1), most: 3 };
    assert!(!engine.write(STORE, BY, most).await.unwrap());
    assert!(list(AttemptFilter::default(), None, 10).await.0.len() <= 3);
    let old = ForgetAttempts { before: at(7), most: 1_000 };
    assert!(!engine.write(STORE, BY, old).await.unwrap());
    assert!(list(AttemptFilter::default(), None, 10).await.0.is_empty());
}
