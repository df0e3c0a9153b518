//! What the tests have in common: an app with a database of its own, and calls to it.

use std::future::Future;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, Version, header};
use http_body_util::BodyExt;
use serde_json::Value;
use shopfolk_api::{Api, ApiSettings, Clock, RateLimit, api, of_peer};
use shopfolk_model::{
    Actor, AppId, AppName, AttemptOutcome, DeliveredEvent, DeliveryQueue, EventSpelling, NewApp, ScopeSet,
    SealedSecret, StoreId, StoreKey, StoreName, Timestamp, Token, TokenId, TokenKind, Webhook,
    WebhookAttempt, WebhookAttemptId, WebhookDelivery, WebhookEvent, WebhookEventId, WebhookEventSet,
    WebhookName, WebhookUrl,
};
use shopfolk_operations::{
    AttemptFilter, CreateApp, CreateStore, CreateToken, DueDeliveries, InstallApp, ListAttempts, NewTokens,
    RevokeToken, SetStoreSuspended, SettleTries, SettledTry,
};
use shopfolk_store::{BackgroundTask, Engine};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;
use tokio::sync::Notify;
use tower::ServiceExt;

/// The store that most calls are for.
pub const STORE: i64 = 1003;
/// 2025-03-26 11:07:12 UTC, when every test begins.
pub const BEGIN: i64 = 1_742_987_232;

/// A clock that moves when a test moves it.
pub struct TestClock {
    now: AtomicI64,
    steady: AtomicU64,
    moved: Notify,
    /// Until when somebody waited or waits.
    awaited: Mutex<Vec<Duration>>,
}

impl TestClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            now: AtomicI64::new(BEGIN),
            steady: AtomicU64::new(0),
            moved: Notify::new(),
            awaited: Mutex::default(),
        })
    }

    pub fn advance(&self, seconds: u32) {
        self.set_by(i64::from(seconds));
        self.pass(seconds);
    }

    /// Whether somebody waits until so many seconds have passed from now on.
    pub fn is_awaited_in(&self, seconds: u64) -> bool {
        let until = self.steady() + Duration::from_secs(seconds);
        self.awaited.lock().unwrap().contains(&until)
    }

    /// Somebody sets the clock on the wall forward or back.
    pub fn set_by(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Time passes while the clock on the wall stands still.
    pub fn pass(&self, seconds: u32) {
        self.steady.fetch_add(seconds.into(), Ordering::SeqCst);
        self.moved.notify_waiters();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.now.load(Ordering::Relaxed)).unwrap()
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.steady.load(Ordering::SeqCst))
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let until = self.steady() + time;
            self.awaited.lock().unwrap().push(until);
            loop {
                let moved = self.moved.notified();
                if self.steady() >= until {
                    return;
                }
                moved.await;
            }
        })
    }
}

pub fn store(id: i64) -> StoreId {
    StoreId::new(id).unwrap()
}

pub fn limit(requests: u32, per: Duration) -> RateLimit {
    RateLimit { requests: NonZeroU32::new(requests).unwrap(), per }
}

/// The router over a fresh database with one store, and a token of it with all scopes.
pub struct TestApp {
    pub router: Router,
    pub engine: SqliteEngine,
    pub clock: Arc<TestClock>,
    pub token: String,
    /// What has to run beside requests, and does not unless a test has it run.
    pub background: Vec<BackgroundTask>,
    tokens: AtomicU32,
    directory: TempDir,
}

impl TestApp {
    /// Where its database lies.
    pub fn database(&self) -> PathBuf {
        self.directory.path().join("shop.db")
    }

    pub async fn start() -> Self {
        Self::start_with(ApiSettings { rate_limit: None, ..ApiSettings::default() }).await
    }

    pub async fn start_with(settings: ApiSettings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        let engine =
            SqliteEngine::open(&SqliteSettings { serve: true, ..SqliteSettings::new(path) }).unwrap();
        let clock = TestClock::new();
        let Api { router, background } = api(engine.clone(), settings, Arc::clone(&clock) as Arc<dyn Clock>);
        let token = String::new();
        let mut app = Self { router, engine, clock, token, background, tokens: AtomicU32::new(0), directory };
        app.create_store(STORE).await;
        app.token = app.create_token(STORE, TokenKind::Secret, ScopeSet::ALL).await.0;
        app
    }

    pub async fn create_store(&self, id: i64) {
        let name = StoreName::new("A shop").unwrap();
        let key = StoreKey::new(&format!("{id:0>20}")).unwrap();
        let create = CreateStore { id: store(id), name, key, now: self.clock.now() };
        self.engine.write(store(id), Actor::CommandLine, create).await.unwrap();
    }

    pub async fn suspend_store(&self, suspended: bool) {
        let suspend = SetStoreSuspended { id: store(STORE), suspended, now: self.clock.now() };
        self.engine.write(store(STORE), Actor::CommandLine, suspend).await.unwrap();
    }

    /// A new token, and the id by which it can be revoked.
    pub async fn create_token(&self, id: i64, kind: TokenKind, scopes: ScopeSet) -> (String, TokenId) {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let text = format!("{}_{number:032}", kind.name());
        let hash = Token::from_text(text.clone()).hash();
        let create = CreateToken { store: store(id), hash, kind, scopes, now: self.clock.now() };
        let token = self.engine.write(store(id), Actor::CommandLine, create).await.unwrap();
        (text, token.id)
    }

    pub async fn token_with(&self, scopes: &str) -> String {
        self.create_token(STORE, TokenKind::Secret, scopes.parse().unwrap()).await.0
    }

    pub async fn revoke_token(&self, id: TokenId) {
        let revoke = RevokeToken { id, now: self.clock.now() };
        self.engine.write(store(STORE), Actor::CommandLine, revoke).await.unwrap();
    }

    /// An app with a webhook for every event, which the store let in. Its secret token is `secret_of_` and its number.
    pub async fn install_app(&self, number: i64, scopes: &str) -> AppId {
        let (app, now) = (AppId::new(number).unwrap(), self.clock.now());
        let webhook = Webhook {
            url: WebhookUrl::new("https://app.example/hooks?key=private").unwrap(),
            events: WebhookEventSet::ALL,
            headers: Vec::new(),
            spelling: EventSpelling::CamelCase,
        };
        let new = NewApp {
            name: AppName::new("An app").unwrap(),
            redirect_urls: Vec::new(),
            scopes: scopes.parse().unwrap(),
            webhooks: vec![webhook],
        };
        let secret = SealedSecret::from_stored(&[7; SealedSecret::LENGTH]).unwrap();
        let platform = StoreKey::new(&"p".repeat(20)).unwrap();
        let create = CreateApp { id: app, app: new, secret, platform, now };
        self.engine.write(StoreId::PLATFORM, Actor::CommandLine, create).await.unwrap();
        let hash = |kind: &str| Token::from_text(format!("{kind}_of_{number}")).hash();
        let tokens = NewTokens { secret: hash("secret"), public: hash("public") };
        let install = InstallApp { store: store(STORE), app, scopes: scopes.parse().unwrap(), tokens, now };
        self.engine.write(store(STORE), Actor::CommandLine, install).await.unwrap();
        app
    }

    /// An attempt to tell an app of an event, which was answered so.
    pub async fn attempt(&self, app: AppId, event: WebhookEvent, status: u16) -> WebhookAttemptId {
        let (webhook, now) = (WebhookName { app, number: 0 }, self.clock.now());
        let event = DeliveredEvent {
            id: WebhookEventId::from_random(u128::from(self.tokens.fetch_add(1, Ordering::Relaxed))),
            event_type: event,
            entity: 5,
            created: now,
            customer_email: None,
        };
        let attempt = WebhookAttempt {
            id: WebhookAttemptId::MAXIMUM,
            webhook,
            event: event.clone(),
            number: 1,
            on_request: false,
            tried: now,
            took: Duration::from_millis(7),
            url: "https://app.example/hooks?key=private".to_owned(),
            headers: vec![("X-Key".to_owned(), "private".to_owned())],
            body: "{}".to_owned(),
            outcome: AttemptOutcome::Answered { status, headers: Vec::new(), body: "said".to_owned() },
            next: None,
            lab: None,
        };
        let delivery = WebhookDelivery {
            webhook,
            queue: DeliveryQueue::of(event.event_type),
            place: 1,
            event,
            due: Some(now),
            first_tried: None,
            tries: 0,
        };
        let tries = vec![SettledTry { delivery, attempts: vec![attempt] }];
        let settle = SettleTries { node: 7, tries, now };
        self.engine.write(store(STORE), Actor::CommandLine, settle).await.unwrap().unwrap();
        let list = ListAttempts { filter: AttemptFilter::default(), before: None, limit: 1 };
        self.engine.read(store(STORE), list).await.unwrap().attempts[0].id
    }

    /// What is to be sent to an app now.
    pub async fn due(&self, app: AppId) -> Vec<WebhookDelivery> {
        let webhook = WebhookName { app, number: 0 };
        let due = DueDeliveries { webhook, now: self.clock.now(), limit: 100 };
        self.engine.read(store(STORE), due).await.unwrap()
    }

    /// A call to a path of the store, with its token.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call::new(&self.router, method, &format!("/api/v3/{STORE}{path}")).token(&self.token)
    }

    /// A call to any path, without a token.
    pub fn bare(&self, method: Method, path: &str) -> Call {
        Call::new(&self.router, method, path)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.call(Method::POST, path).body(body.to_owned()).send().await
    }

    pub async fn put(&self, path: &str, body: &str) -> Answer {
        self.call(Method::PUT, path).body(body.to_owned()).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send().await
    }

    /// A new customer: the path to it. It has one contact, its e-mail.
    pub async fn create_customer(&self, email: &str) -> String {
        let answer = self.post("/customers", &format!(r#"{{"email": "{email}"}}"#)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        format!("/customers/{}", answer.json()["id"])
    }

    /// A new contact: its id.
    pub async fn create_contact(&self, customer: &str, body: &str) -> i64 {
        let answer = self.post(&format!("{customer}/contacts"), body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["createCount"]), (200, &Value::from(1)));
        answer.json()["id"].as_i64().unwrap()
    }

    /// The contacts of a customer as `TYPE contact orderBy`, the default ones with a star.
    pub async fn contacts(&self, customer: &str) -> Vec<String> {
        let answer = self.get(&format!("{customer}/contacts")).await.json();
        let items = answer["items"].as_array().unwrap().iter();
        items
            .map(|item| {
                let star = if item["default"] == true { "*" } else { "" };
                let text = |name: &str| item[name].as_str().unwrap().to_owned();
                format!("{} {} {}{star}", text("type"), text("contact"), item["orderBy"])
            })
            .collect()
    }
}

/// A request on its way.
pub struct Call {
    router: Router,
    request: Request<Body>,
    peer: Option<IpAddr>,
}

impl Call {
    pub fn new(router: &Router, method: Method, path: &str) -> Self {
        let request = Request::builder().method(method).uri(path).header("host", "shop");
        Self { router: router.clone(), request: request.body(Body::empty()).unwrap(), peer: None }
    }

    /// The address that the call comes from.
    pub fn peer(mut self, address: &str) -> Self {
        self.peer = Some(address.parse().unwrap());
        self
    }

    /// The same in another version of HTTP.
    pub fn version(mut self, version: Version) -> Self {
        *self.request.version_mut() = version;
        self
    }

    /// The same without a header.
    pub fn without(mut self, name: &str) -> Self {
        self.request.headers_mut().remove(name);
        self
    }

    /// The same with a header once more.
    pub fn again(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().append(name, value.parse().unwrap());
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    pub fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    pub async fn send(self) -> Answer {
        let serving = self.router.oneshot(self.request);
        let response = match self.peer {
            Some(address) => of_peer(address, serving).await,
            None => serving.await,
        };
        let response = response.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, bytes, text }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json; charset=utf-8");
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The answer is this error; its message.
    #[track_caller]
    pub fn error(&self, status: u16, code: &str) -> String {
        let json = self.json();
        assert_eq!((self.status.as_u16(), json["errorCode"].as_str().unwrap()), (status, code), "{json}");
        assert!(!self.header("x-request-id").is_empty());
        assert_eq!(json.as_object().unwrap().len(), 2);
        if status == 503 || status == 429 {
            assert!(self.header(header::RETRY_AFTER.as_str()).parse::<u32>().unwrap() > 0);
        }
        json["errorMessage"].as_str().unwrap().to_owned()
    }
}
