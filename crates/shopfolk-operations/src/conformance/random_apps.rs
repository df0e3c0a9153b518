//! Records of apps, of those who let them in, and of what they are told, drawn at random.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use shopfolk_model::{
    ApiDelay, App, AppId, AppName, AppScopes, AttemptOutcome, AuthorizationCode, Day, DeliveredEvent,
    DeliveryQueue, Installation, Lab, LabDrop, LabFault, LabSignature, LabTrouble, LabVerdict, NewApp, Owner,
    OwnerId, PasswordHash, Scope, SealedSecret, Session, TokenHash, TokenId, TokenKind, TokenRecord,
    WebhookAttempt, WebhookAttemptId, WebhookDelivery, WebhookEvent, WebhookEventId, WebhookName,
};
use shopfolk_store::StoredToken;

use super::apps::{new_app, redirect_url};
use super::random_values::*;

pub(super) fn token(random: &mut StdRng, number: i64, other: i64) -> StoredToken {
    let id = id(number, TokenId::MAXIMUM.get(), TokenId::new);
    let kind = any_of(random, &[TokenKind::Public, TokenKind::Secret]);
    let scopes = Scope::ALL.iter().copied().filter(|_| random.random_bool(0.5)).collect();
    let app = maybe(random, |_| app_of(other));
    let last_used = maybe(random, |random| {
        let day = time(random).day();
        any_of(random, &[Day::from_number(0).unwrap(), day])
    });
    let hash = hash(random, other);
    let created = time(random);
    StoredToken { record: TokenRecord { id, kind, scopes, app, created, last_used }, hash }
}

pub(super) fn hash(random: &mut StdRng, number: i64) -> TokenHash {
    let mut hash: [u8; 32] = random.random();
    hash[0] = u8::try_from(number).unwrap();
    TokenHash::from_stored(hash)
}

pub(super) fn app_of(number: i64) -> AppId {
    id(number, AppId::MAXIMUM.get(), AppId::new)
}

pub(super) fn owner_of(number: i64) -> OwnerId {
    id(number, OwnerId::MAXIMUM.get(), OwnerId::new)
}

pub(super) fn app(random: &mut StdRng, number: i64, other: i64) -> App {
    let NewApp { redirect_urls, scopes, webhooks, .. } = new_app("any");
    let mut secret: [u8; SealedSecret::LENGTH] = [0; _];
    random.fill(&mut secret);
    App {
        id: app_of(number),
        name: text!(random, AppName, other),
        secret: SealedSecret::from_stored(&secret).unwrap(),
        redirect_urls: any_of(random, &[Vec::new(), redirect_urls]),
        scopes: any_of(random, &[scopes, AppScopes::default()]),
        webhooks: any_of(random, &[Vec::new(), webhooks]),
        lab: maybe(random, lab),
        webhooks_off_since: maybe(random, time),
        webhooks_failing_since: maybe(random, time),
        created: time(random),
    }
}

pub(super) fn lab(random: &mut StdRng) -> Lab {
    Lab {
        signature: any_of(random, LabSignature::ALL),
        duplicate: random.random_bool(0.5),
        out_of_order: random.random_bool(0.5),
        dropped: maybe(random, |random| {
            LabDrop::new(random.random_range(1..50), random.random_range(50..101)).unwrap()
        }),
        api_delay: ApiDelay::new(Duration::from_millis(random.random_range(0..20_001))).unwrap(),
    }
}

pub(super) fn installation(random: &mut StdRng, number: i64) -> Installation {
    let scopes = any_of(random, &["", "read_customers", "read_catalog read_orders"]).parse().unwrap();
    Installation { app: app_of(number), scopes, installed: time(random) }
}

pub(super) fn code(random: &mut StdRng, number: i64, other: i64) -> AuthorizationCode {
    // The hash is part of the key.
    let hash = TokenHash::of(&number.to_string());
    let (email, created) = (email(random, other), time(random));
    let token = maybe(random, |_| TokenId::MAXIMUM);
    AuthorizationCode { app: app_of(number), hash, email, redirect_url: redirect_url(), created, token }
}

pub(super) fn owner(random: &mut StdRng, number: i64, other: i64) -> Owner {
    let password = PasswordHash::new(&format!("$argon2id${}", "A".repeat(300))).unwrap();
    Owner {
        id: owner_of(number),
        email: email(random, other),
        password,
        created: time(random),
        namesake: false,
    }
}

pub(super) fn session(random: &mut StdRng, number: i64) -> Session {
    let hash = TokenHash::of(&number.to_string());
    Session { owner: owner_of(number), hash, created: time(random) }
}

pub(super) fn webhook_event(random: &mut StdRng, entity: i64) -> DeliveredEvent {
    DeliveredEvent {
        id: WebhookEventId::from_random(random.random()),
        event_type: any_of(random, WebhookEvent::ALL),
        entity,
        created: time(random),
        customer_email: maybe(random, any_text),
    }
}

pub(super) fn delivery(random: &mut StdRng, number: i64) -> WebhookDelivery {
    WebhookDelivery {
        webhook: WebhookName { app: app_of(number), number: u8::try_from(number).unwrap() },
        queue: DeliveryQueue::Customer,
        place: number,
        event: webhook_event(random, number),
        due: maybe(random, time),
        first_tried: maybe(random, time),
        tries: random.random_range(0..28),
    }
}

pub(super) fn attempt(random: &mut StdRng, number: i64, other: i64) -> WebhookAttempt {
    let headers = vec![(any_text(random), any_text(random))];
    let answered = AttemptOutcome::Answered { status: 200, headers: headers.clone(), body: any_text(random) };
    let failed = AttemptOutcome::Failed(any_text(random));
    WebhookAttempt {
        id: id(number, WebhookAttemptId::MAXIMUM.get(), WebhookAttemptId::new),
        webhook: WebhookName { app: app_of(other), number: 3 },
        event: webhook_event(random, other),
        number: random.random_range(1..29),
        on_request: random.random_bool(0.5),
        tried: time(random),
        took: Duration::from_millis(random.random_range(0..13_000)),
        url: any_text(random),
        headers,
        body: any_text(random),
        outcome: any_of(random, &[answered, failed]),
        next: maybe(random, time),
        lab: maybe(random, verdict),
    }
}

pub(super) fn verdict(random: &mut StdRng) -> LabVerdict {
    let troubles = vec![any_of(random, LabTrouble::ALL)];
    LabVerdict { troubles, faults: vec![any_of(random, LabFault::ALL)] }
}
