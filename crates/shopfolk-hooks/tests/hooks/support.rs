//! A shop with apps, nodes that send its webhooks, and receivers.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use shopfolk_hooks::{SenderLimits, WebhookSettings, Webhooks};
use shopfolk_model::{
    Actor, AddressPolicy, AppChange, AppId, AppName, AppScopes, ClientSecret, EventSpelling, LabChange,
    NewApp, SealedSecret, StoreId, Timestamp, Token, Webhook, WebhookAttempt, WebhookEventId,
    WebhookEventSet, WebhookUrl,
};
use shopfolk_operations::conformance::{STORE, create_store, store_key};
use shopfolk_operations::{AttemptFilter, ChangeApp, CreateApp, InstallApp, ListAttempts, NewTokens};
use shopfolk_store::Engine;
use shopfolk_store_postgres::{PostgresEngine, PostgresSettings};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::task::AbortOnDropHandle;

/// The secret of every app.
pub const SECRET: &str = "client_secret";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A webhook as a receiver saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub target: String,
    pub headers: http::HeaderMap,
    pub body: serde_json::Value,
}

impl Seen {
    pub fn event(&self) -> WebhookEventId {
        self.body["eventId"].as_str().unwrap().parse().unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// What a receiver does with a webhook, and then answers.
type Acts = Arc<dyn Fn(Seen) -> Acting + Send + Sync>;

/// What a receiver does, until it answers.
pub type Acting = Pin<Box<dyn Future<Output = u16> + Send>>;

pub struct Receiver {
    pub url: String,
    seen: Mutex<UnboundedReceiver<Seen>>,
    _server: AbortOnDropHandle<()>,
}

impl Receiver {
    /// One that answers the webhook of each number with a status.
    pub async fn start(answers: impl Fn(usize) -> u16 + Send + Sync + 'static) -> Self {
        let count = AtomicUsize::new(0);
        Self::acting(move |_| {
            let status = answers(count.fetch_add(1, Ordering::Relaxed));
            Box::pin(async move { status })
        })
        .await
    }

    /// One that does something with each webhook.
    pub async fn acting(act: impl Fn(Seen) -> Acting + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, seen) = unbounded_channel();
        let state = (tell, Arc::new(act) as Acts);
        let router = Router::new().fallback(receive).with_state(state);
        let server = tokio::spawn(async move { axum_serve(listener, router).await });
        Self { url, seen: Mutex::new(seen), _server: AbortOnDropHandle::new(server) }
    }

    /// The next webhooks, when they have come.
    pub async fn take(&self, count: usize) -> Vec<Seen> {
        let mut seen = self.seen.lock().await;
        let mut taken = Vec::new();
        while taken.len() < count {
            let next = tokio::time::timeout(PATIENCE, seen.recv()).await;
            taken.push(next.unwrap_or_else(|_| panic!("only {taken:#?} came")).unwrap());
        }
        taken
    }

    /// Whether nothing has come that was not taken.
    pub async fn is_quiet(&self) -> bool {
        self.seen.lock().await.try_recv().is_err()
    }
}

async fn axum_serve(listener: tokio::net::TcpListener, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(hyper_util::rt::TokioIo::new(stream), service),
        );
    }
}

async fn receive(
    State((tell, act)): State<(UnboundedSender<Seen>, Acts)>,
    request: Request,
) -> (StatusCode, String) {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let target = head.uri.to_string();
    let body = serde_json::from_slice(&body).unwrap();
    let seen = Seen { target, headers: head.headers, body };
    let _ = tell.send(seen.clone());
    let status = act(seen).await;
    (StatusCode::from_u16(status).unwrap(), format!("said {status}"))
}

/// A store and its engine.
pub struct Shop<E: Engine> {
    pub engine: E,
    now: Arc<AtomicI64>,
    webhooks: std::sync::Mutex<Option<Webhooks<E>>>,
    _kept: Box<dyn std::any::Any + Send + Sync>,
}

impl Shop<SqliteEngine> {
    pub async fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let path: PathBuf = directory.path().join("shop.db");
        let settings = SqliteSettings { serve: true, ..SqliteSettings::new(path) };
        Self::new(SqliteEngine::open(&settings).unwrap(), directory).await
    }
}

impl Shop<PostgresEngine> {
    pub async fn postgres(url: &str) -> Self {
        let settings =
            PostgresSettings { create: true, connections: 8, ..PostgresSettings::new(url.parse().unwrap()) };
        Self::new(PostgresEngine::open(settings).await.unwrap(), ()).await
    }
}

impl<E: Engine> Shop<E> {
    pub async fn new(engine: E, kept: impl std::any::Any + Send + Sync) -> Self {
        create_store(&engine, STORE).await;
        Self {
            engine,
            now: Arc::new(AtomicI64::new(1)),
            webhooks: std::sync::Mutex::default(),
            _kept: Box::new(kept),
        }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.now.load(Ordering::Relaxed)).unwrap()
    }

    pub fn set_now(&self, seconds: i64) {
        self.now.store(seconds, Ordering::Relaxed);
    }

    /// Creates an app, if it is not there, and lets it in.
    pub async fn app(&self, number: i64, url: &str, scopes: &str, events: &str) -> AppId {
        let id = AppId::new(number).unwrap();
        let scopes: AppScopes = scopes.parse().unwrap();
        let events =
            if events.is_empty() { WebhookEventSet::ALL } else { events.parse::<WebhookEventSet>().unwrap() };
        let app = NewApp {
            name: AppName::new("An app").unwrap(),
            redirect_urls: Vec::new(),
            scopes: scopes.clone(),
            webhooks: vec![Webhook {
                url: WebhookUrl::new(url).unwrap(),
                events,
                headers: Vec::new(),
                spelling: EventSpelling::CamelCase,
            }],
        };
        let secret = SealedSecret::from_stored(&[7; SealedSecret::LENGTH]).unwrap();
        let create = CreateApp { id, app, secret, platform: store_key(9), now: self.now() };
        let _ = self.engine.write(StoreId::PLATFORM, Actor::CommandLine, create).await;
        let token = |kind: &str| Token::from_text(format!("{kind}_{number}_{:?}", self.now())).hash();
        let tokens = NewTokens { secret: token("secret"), public: token("public") };
        let install = InstallApp { store: STORE, app: id, scopes, tokens, now: self.now() };
        self.engine.write(STORE, Actor::CommandLine, install).await.unwrap();
        id
    }

    /// Has an app tried with this, or no more.
    pub async fn try_app(&self, app: AppId, lab: LabChange) {
        let change = AppChange { lab, ..AppChange::default() };
        let operation = ChangeApp { app, change, now: self.now() };
        self.engine.write(StoreId::PLATFORM, Actor::CommandLine, operation).await.unwrap();
    }

    /// Starts a node that sends webhooks until this is dropped.
    pub fn node(&self) -> AbortOnDropHandle<()> {
        let (webhooks, work) = start(self.engine.clone(), Arc::clone(&self.now));
        *self.webhooks.lock().unwrap() = Some(webhooks);
        work
    }

    pub fn webhooks(&self) -> Webhooks<E> {
        self.webhooks.lock().unwrap().clone().unwrap()
    }

    /// All attempts, the latest first.
    pub async fn attempts(&self) -> Vec<WebhookAttempt> {
        let list = ListAttempts { filter: AttemptFilter::default(), before: None, limit: 100_000 };
        self.engine.read(STORE, list).await.unwrap().attempts
    }

    pub async fn wait_for_attempts(&self, count: usize) {
        self.wait_until(async || self.attempts().await.len() >= count).await;
    }

    pub async fn wait_until(&self, condition: impl AsyncFn() -> bool) {
        let wait = async {
            while !condition().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap();
    }
}

/// Starts a node.
pub fn start<E: Engine>(engine: E, now: Arc<AtomicI64>) -> (Webhooks<E>, AbortOnDropHandle<()>) {
    let settings = WebhookSettings {
        addresses: AddressPolicy::PrivateToo,
        limits: SenderLimits::default(),
        now: Arc::new(move || Timestamp::from_unix_seconds(now.load(Ordering::Relaxed)).unwrap()),
        open_secret: Arc::new(|_| Some(ClientSecret::from_text(SECRET))),
    };
    let webhooks = Webhooks::new(engine, settings).unwrap();
    let deliver = webhooks.background().remove(0);
    (webhooks, AbortOnDropHandle::new(tokio::spawn(deliver.begin())))
}
