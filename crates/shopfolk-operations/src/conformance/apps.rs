//! Apps, the stores that let them in, and their tokens.

use shopfolk_model::Happening::{
    AppChanged, AppCreated, AppDeleted, ApplicationChanged, ApplicationInstalled, ApplicationUninstalled,
    StoreCreated, TokenCreated, TokenRevoked,
};
use shopfolk_model::{
    AUTHORIZATION_CODE_SECONDS, App, AppChange, AppId, AppName, AppScopes, ClientId, EmailAddress,
    EventSpelling, Happening, Installation, NewApp, RedirectUrl, SealedSecret, Store, StoreId, Token,
    TokenHash, TokenKind, TokenRecord, Webhook, WebhookEventSet, WebhookHeader, WebhookUrl,
};
use shopfolk_store::{Engine, PageRequest};

use super::fixture::*;
use crate::{
    AllowApp, ChangeApp, ChangeClientSecret, CodeExchange, CreateApp, ExchangeCode, FindAccess, GetApp,
    GetInstallation, GetStore, InstallApp, ListApps, ListInstallations, NewTokens, OperationError,
    RevokeToken, TokensOfApp, UninstallApp, delete_app,
};

pub fn app_id(number: i64) -> AppId {
    AppId::new(number).unwrap()
}

pub fn sealed(number: u8) -> SealedSecret {
    SealedSecret::from_stored(&[number; SealedSecret::LENGTH]).unwrap()
}

pub fn app_scopes(names: &str) -> AppScopes {
    names.parse().unwrap()
}

pub fn redirect_url() -> RedirectUrl {
    RedirectUrl::new("https://app.example/callback?shop=1").unwrap()
}

pub fn new_app(name: &str) -> NewApp {
    NewApp {
        name: AppName::new(name).unwrap(),
        redirect_urls: vec![redirect_url()],
        scopes: app_scopes("read_customers read_catalog public_storefront"),
        webhooks: vec![Webhook {
            url: WebhookUrl::new("https://app.example:8443/hooks?a=b").unwrap(),
            events: WebhookEventSet::ALL,
            headers: vec![WebhookHeader::new("X-App", "ü".escape_default().to_string().as_str()).unwrap()],
            spelling: EventSpelling::Underscores,
        }],
    }
}

/// Creates an app of this number.
///
/// # Errors
/// When a rule says no.
pub async fn try_create_app<E: Engine>(engine: &E, number: i64) -> Result<App, OperationError> {
    let app = new_app(&format!("App {number}"));
    let create = CreateApp { id: app_id(number), app, secret: sealed(1), platform: store_key(9), now: at(1) };
    engine.write(StoreId::PLATFORM, BY, create).await
}

pub async fn create_app<E: Engine>(engine: &E, number: i64) -> App {
    try_create_app(engine, number).await.unwrap()
}

fn hash(text: &str) -> TokenHash {
    Token::from_text(text).hash()
}

fn tokens(name: &str) -> NewTokens {
    NewTokens { secret: hash(&format!("secret_{name}")), public: hash(&format!("public_{name}")) }
}

/// Installs an app in the store; its tokens are `secret_NAME` and `public_NAME`.
pub async fn install_app<E: Engine>(engine: &E, app: AppId, scopes: &str, name: &str) -> TokensOfApp {
    let scopes = app_scopes(scopes);
    let install = InstallApp { store: STORE, app, scopes, tokens: tokens(name), now: at(5) };
    engine.write(STORE, BY, install).await.unwrap()
}

/// Lets an app in as an owner does.
pub async fn allow_app<E: Engine>(engine: &E, app: AppId, scopes: &str, code: &str, now: i64) {
    let email = EmailAddress::new("owner@example.com").unwrap();
    let (scopes, code) = (app_scopes(scopes), hash(code));
    let allow =
        AllowApp { store: STORE, app, scopes, code, email, redirect_url: redirect_url(), now: at(now) };
    engine.write(STORE, BY, allow).await.unwrap();
}

async fn exchange<E: Engine>(engine: &E, app: AppId, code: &str, name: &str, now: i64) -> CodeExchange {
    let (code, tokens) = (hash(code), tokens(name));
    let exchange = ExchangeCode { app, code, redirect_url: redirect_url(), tokens, now: at(now) };
    engine.write(STORE, BY, exchange).await.unwrap()
}

/// What a token opens the store for; `None` when it does not.
async fn access<E: Engine>(engine: &E, token: &str) -> Option<TokenRecord> {
    let found = engine.read(STORE, FindAccess { token: Some(hash(token)) }).await.unwrap().unwrap();
    found.token.map(|token| token.record)
}

async fn installation<E: Engine>(engine: &E, app: AppId) -> Option<Installation> {
    engine.read(STORE, GetInstallation { app }).await.unwrap()
}

async fn happened<E: Engine>(engine: &E, store: StoreId) -> Vec<Happening> {
    let events = engine.list_events(store, None, 1_000).await.unwrap();
    events.into_iter().map(|stored| stored.event.happening).collect()
}

pub async fn app_is_created_changed_and_deleted<E: Engine>(engine: E) {
    let app = create_app(&engine, 7).await;
    assert_eq!(engine.read(StoreId::PLATFORM, GetApp { app: app.id }).await.unwrap(), app);
    let again = try_create_app(&engine, 7).await;
    assert!(matches!(again, Err(OperationError::AppExists { .. })), "{again:?}");
    let listed = engine.read(StoreId::PLATFORM, ListApps { after: None }).await.unwrap().unwrap();
    assert_eq!(listed.listed.items, [app.clone()]);

    let name = AppName::new("Another").unwrap();
    let change = AppChange { name: Some(name.clone()), webhooks: Some(Vec::new()), ..AppChange::default() };
    let change = || ChangeApp { app: app.id, change: change.clone(), now: at(2) };
    let changed = engine.write(StoreId::PLATFORM, BY, change()).await.unwrap();
    assert_eq!(changed, App { name, webhooks: Vec::new(), ..app.clone() });
    engine.write(StoreId::PLATFORM, BY, change()).await.unwrap();
    let rotate = ChangeClientSecret { app: app.id, secret: sealed(2), now: at(3) };
    assert_eq!(engine.write(StoreId::PLATFORM, BY, rotate).await.unwrap().secret, sealed(2));

    create_store(&engine, STORE).await;
    install_app(&engine, app.id, "read_customers", "a").await;
    assert_eq!(delete_app(&engine, BY, app.id, at(4)).await.unwrap(), 1);
    assert_eq!(installation(&engine, app.id).await, None);
    assert_eq!(access(&engine, "secret_a").await, None);
    let gone = delete_app(&engine, BY, app.id, at(5)).await;
    assert!(matches!(gone, Err(OperationError::AppNotFound { id: ClientId(id) }) if id == app.id));
    let id = app.id;
    let expected =
        [StoreCreated(StoreId::PLATFORM), AppCreated(id), AppChanged(id), AppChanged(id), AppDeleted(id)];
    assert_eq!(happened(&engine, StoreId::PLATFORM).await, expected, "what changes nothing is not told");
}

pub async fn platform_is_no_store_of_the_list<E: Engine>(engine: E) {
    create_app(&engine, 7).await;
    let list = async || engine.list_stores(PageRequest::at(0, 10)).await.unwrap();
    assert_eq!(list().await.total, 0);
    assert_eq!(engine.next_store_id().await.unwrap().get(), 1);
    create_store(&engine, STORE).await;
    let listed = list().await;
    assert_eq!(listed.total, 1);
    assert_eq!(listed.items.iter().map(|store| store.id).collect::<Vec<_>>(), [STORE]);
    assert_eq!(engine.next_store_id().await.unwrap().get(), 1004);
    let platform: Option<Store> = engine.read(StoreId::PLATFORM, GetStore).await.unwrap();
    assert_eq!(platform.unwrap().created, at(1));
}

pub async fn installed_app_has_its_tokens_until_it_is_uninstalled<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let app = app_id(7);
    let given = install_app(&engine, app, "read_customers read_catalog public_storefront", "a").await;
    let secret = access(&engine, "secret_a").await.unwrap();
    let public = access(&engine, "public_a").await.unwrap();
    assert_eq!(given, TokensOfApp { secret, public: Some(public) });
    assert_eq!((secret.kind, public.kind), (TokenKind::Secret, TokenKind::Public));
    assert_eq!([secret.app, public.app], [Some(app); 2]);
    assert_eq!(secret.scopes.to_string(), "read_customers", "what is not known opens nothing");
    let kept = installation(&engine, app).await.unwrap();
    assert_eq!(kept.scopes.to_string(), "read_customers read_catalog public_storefront");
    let listed = engine.read(STORE, ListInstallations { after: None }).await.unwrap().unwrap();
    assert_eq!(listed.listed.items, [kept]);

    // Again, with other scopes: other tokens, and the former ones are gone.
    let again = install_app(&engine, app, "read_orders", "b").await;
    assert_eq!((again.public, again.secret.scopes.to_string().as_str()), (None, "read_orders"));
    for former in ["secret_a", "public_a"] {
        assert_eq!(access(&engine, former).await, None);
    }
    // Whoever revokes a token leaves the app in.
    engine.write(STORE, BY, RevokeToken { id: again.secret.id, now: at(6) }).await.unwrap();
    let last = install_app(&engine, app, "read_orders", "c").await.secret;
    engine.write(STORE, BY, UninstallApp { app, now: at(7) }).await.unwrap();
    assert_eq!(access(&engine, "secret_c").await, None);
    let gone = engine.write(STORE, BY, UninstallApp { app, now: at(8) }).await;
    assert!(matches!(gone, Err(OperationError::AppNotInstalled { .. })), "{gone:?}");
    install_app(&engine, app, "", "d").await;
    let expected = [
        StoreCreated(STORE),
        ApplicationInstalled(app),
        TokenCreated(secret.id),
        TokenCreated(public.id),
        ApplicationChanged(app),
        TokenRevoked(secret.id),
        TokenRevoked(public.id),
        TokenCreated(again.secret.id),
        TokenRevoked(again.secret.id),
        TokenCreated(last.id),
        TokenRevoked(last.id),
        ApplicationUninstalled(app),
        ApplicationInstalled(app),
    ];
    assert_eq!(happened(&engine, STORE).await[..expected.len()], expected);

    let nowhere = StoreId::new(99).unwrap();
    let scopes = AppScopes::default();
    let install = InstallApp { store: nowhere, app, scopes, tokens: tokens("e"), now: at(9) };
    let missing = engine.write(nowhere, BY, install).await;
    assert!(matches!(missing, Err(OperationError::StoreNotFound { .. })), "{missing:?}");
}

pub async fn code_is_exchanged_once_and_again_takes_the_tokens<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let app = app_id(7);
    assert_eq!(exchange(&engine, app, "code", "a", 10).await, CodeExchange::Unknown);
    allow_app(&engine, app, "read_customers public_storefront", "code", 10).await;
    assert_eq!(access(&engine, "secret_a").await, None, "a code is no token");
    assert_eq!(exchange(&engine, app, "other", "a", 10).await, CodeExchange::Unknown);
    assert_eq!(exchange(&engine, app_id(8), "code", "a", 10).await, CodeExchange::Unknown);
    let exchanged = exchange(&engine, app, "code", "a", 10 + AUTHORIZATION_CODE_SECONDS - 1).await;
    let CodeExchange::Exchanged { scopes, tokens, email } = exchanged else { panic!("{exchanged:?}") };
    assert_eq!(
        (scopes.to_string().as_str(), email.as_str()),
        ("read_customers public_storefront", "owner@example.com")
    );
    assert_eq!(access(&engine, "secret_a").await, Some(tokens.secret));
    assert_eq!(access(&engine, "public_a").await, tokens.public);

    for _ in 0..2 {
        assert_eq!(exchange(&engine, app, "code", "b", 11).await, CodeExchange::UsedBefore);
        assert_eq!(access(&engine, "secret_a").await, None);
        assert_eq!(access(&engine, "public_a").await, None);
    }
    // The tokens of a later exchange are not those of the code that is used again.
    allow_app(&engine, app, "read_customers", "next", 20).await;
    assert!(matches!(exchange(&engine, app, "next", "c", 20).await, CodeExchange::Exchanged { .. }));
    assert_eq!(exchange(&engine, app, "code", "d", 21).await, CodeExchange::UsedBefore);
    assert!(access(&engine, "secret_c").await.is_some());
}

pub async fn code_is_good_for_five_minutes_and_one_url<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let app = app_id(7);
    allow_app(&engine, app, "read_customers", "late", 10).await;
    let late = exchange(&engine, app, "late", "a", 10 + AUTHORIZATION_CODE_SECONDS).await;
    assert_eq!(late, CodeExchange::Unknown);
    allow_app(&engine, app, "read_customers", "code", 400).await;
    let redirect_url = RedirectUrl::new("https://app.example/other").unwrap();
    let elsewhere = ExchangeCode { app, code: hash("code"), redirect_url, tokens: tokens("a"), now: at(401) };
    assert_eq!(engine.write(STORE, BY, elsewhere).await.unwrap(), CodeExchange::Unknown);
    // Only so many are kept: the oldest go.
    for number in 0..19 {
        allow_app(&engine, app, "read_customers", &format!("more {number}"), 402 + number).await;
    }
    assert!(matches!(exchange(&engine, app, "code", "a", 430).await, CodeExchange::Exchanged { .. }));
    allow_app(&engine, app, "read_customers", "last", 440).await;
    assert_eq!(exchange(&engine, app, "code", "b", 441).await, CodeExchange::Unknown);
    engine.write(STORE, BY, UninstallApp { app, now: at(442) }).await.unwrap();
    assert_eq!(exchange(&engine, app, "last", "b", 443).await, CodeExchange::Unknown);
}
