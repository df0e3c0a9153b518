//! How an app is let in by the owner of a store and gets its tokens, over the real router and engine.

use axum::http::Method;
use serde_json::{Value, json};
use shopfolk_api::{ApiSettings, Clock};
use shopfolk_model::{
    Actor, AppId, AppName, ClientId, ClientSecret, EmailAddress, NewApp, Password, RedirectUrl, StoreId,
    StoreKey, TokenKind,
};
use shopfolk_operations::{CreateApp, CreateOwner, SecretKey, SecretKeys, UninstallApp, hash_password};
use shopfolk_store::Engine;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::support::{Answer, Call, STORE, TestApp, store};

const APP: &str = "app-7";
const SECRET: &str = "0123456789012345678901234567890123456789";
const CALLBACK: &str = "https://app.example/callback?shop=1";
const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct horse battery";

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// An app that is registered, in a store that has an owner.
struct World {
    app: TestApp,
    cookies: Vec<String>,
}

impl World {
    async fn start() -> Self {
        let random = &mut StdRng::seed_from_u64(1);
        let key = SecretKey::generate(random);
        let secret_keys = SecretKeys::new(move || Ok(key));
        let app = TestApp::start_with(ApiSettings { secret_keys, ..ApiSettings::default() }).await;
        let id = AppId::new(7).unwrap();
        let new = NewApp {
            name: AppName::new("A <b>bold</b> app").unwrap(),
            redirect_urls: vec![RedirectUrl::new(CALLBACK).unwrap()],
            scopes: "read_customers read_catalog public_storefront".parse().unwrap(),
            webhooks: Vec::new(),
        };
        let secret = key.seal(id, &ClientSecret::from_text(SECRET), random).unwrap();
        let platform = StoreKey::new(&"p".repeat(20)).unwrap();
        let create = CreateApp { id, app: new, secret, platform, now: app.clock.now() };
        app.engine.write(StoreId::PLATFORM, Actor::CommandLine, create).await.unwrap();
        let password = hash_password(&Password::new(PASSWORD.to_owned()).unwrap(), random).unwrap();
        let email = EmailAddress::new(EMAIL).unwrap();
        let create = CreateOwner { store: store(STORE), email, password, now: app.clock.now() };
        app.engine.write(store(STORE), Actor::CommandLine, create).await.unwrap();
        Self { app, cookies: Vec::new() }
    }

    fn call(&self, method: Method, path: &str) -> Call {
        let call = self.app.bare(method, path).header("host", "shop.example");
        if self.cookies.is_empty() { call } else { call.header("cookie", &self.cookies.join("; ")) }
    }

    async fn form(&mut self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let call = self.call(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let answer = call.body(encoded(pairs)).send().await;
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            let name = pair.split('=').next().unwrap().to_owned() + "=";
            self.cookies.retain(|kept| !kept.starts_with(&name));
            self.cookies.push(pair);
        }
    }

    async fn authorize(&mut self, pairs: &[(&str, &str)]) -> Answer {
        let path = format!("/api/oauth/authorize?{}", encoded(pairs));
        let answer = self.call(Method::GET, &path).send().await;
        self.keep_cookies(&answer);
        answer
    }

    async fn sign_in(&mut self, page: &Answer, password: &str) -> Answer {
        let (request, token) = (hidden(page, "request"), hidden(page, "form_token"));
        let pairs = [
            ("request", &*request),
            ("form_token", &token),
            ("store", "1003"),
            ("email", "OWNER@example.com"),
            ("password", password),
        ];
        self.form("/api/oauth/sign-in", &pairs).await
    }

    /// Signs in and gives the answer to the page that asks.
    async fn decide(&mut self, scope: &str, decision: &str) -> String {
        let page = self.authorize(&asked(scope)).await;
        let page = if page.text.contains("password") {
            let signed_in = self.sign_in(&page, PASSWORD).await;
            assert_eq!(signed_in.status, 303, "{}", signed_in.text);
            self.call(Method::GET, signed_in.header("location")).send().await
        } else {
            page
        };
        let (request, token) = (hidden(&page, "request"), hidden(&page, "form_token"));
        let pairs = [("request", &*request), ("form_token", &token), ("decision", decision)];
        let answer = self.form("/api/oauth/authorize", &pairs).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").to_owned()
    }

    async fn code(&mut self) -> String {
        parameter(&self.decide("read_customers public_storefront", "allow").await, "code").unwrap()
    }

    async fn exchange(&mut self, path: &str, changed: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![
            ("client_id", APP),
            ("client_secret", SECRET),
            ("redirect_uri", CALLBACK),
            ("grant_type", "authorization_code"),
        ];
        for change in changed {
            pairs.retain(|(name, _)| name != &change.0);
            pairs.push(*change);
        }
        self.form(path, &pairs).await
    }
}

fn asked(scope: &str) -> [(&str, &str); 5] {
    [
        ("client_id", APP),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "x y&z=é+%2B"),
    ]
}

/// The value of a hidden field of a page.
fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.text.split_once(&start).unwrap_or_else(|| panic!("no {name} in {}", page.text));
    let value = rest.split('"').next().unwrap();
    value.replace("&#38;", "&").replace("&amp;", "&")
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).find(|(of, _)| of == name).map(|(_, value)| value.into_owned())
}

fn oauth_error(answer: &Answer, status: u16, error: &str) {
    let json = answer.json();
    assert_eq!((answer.status.as_u16(), json["error"].as_str()), (status, Some(error)), "{json}");
    assert_eq!(json["error_description"], json["errorMessage"]);
    assert!(json["errorCode"].is_string());
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_owner_signs_in_lets_an_app_in_and_the_app_gets_its_tokens() {
    let mut world = World::start().await;
    let url = world.decide("read_customers public_storefront", "allow").await;
    assert!(url.starts_with("https://app.example/callback?shop=1&code=1003_"), "{url}");
    assert_eq!(parameter(&url, "store_id").as_deref(), Some("1003"));
    assert_eq!(parameter(&url, "state").as_deref(), Some("x y&z=é+%2B"), "the state is untouched");
    let code = parameter(&url, "code").unwrap();
    let answer = world.exchange("/api/oauth/token", &[("code", &code)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let tokens = answer.json();
    let expected = json!({
        "access_token": tokens["access_token"], "public_token": tokens["public_token"], "token_type": "Bearer",
        "scope": "read_customers public_storefront", "store_id": 1003, "email": EMAIL,
    });
    assert_eq!(tokens, expected);
    let [secret, public] =
        ["access_token", "public_token"].map(|name| tokens[name].as_str().unwrap().to_owned());
    let get = async |token: &str, path: &str| {
        world.app.bare(Method::GET, &format!("/api/v3/1003/{path}")).token(token).send().await
    };
    assert_eq!(get(&secret, "customers").await.status, 200);
    get(&public, "customers").await.error(403, "INSUFFICIENT_APP_SCOPE");
    get(&public, "application").await.error(403, "INSUFFICIENT_APP_SCOPE");
    assert_eq!(get(&public, "profile").await.status, 200);
    let application = get(&secret, "application").await.json();
    let expected = json!({
        "clientId": APP, "scopes": ["read_customers", "public_storefront"], "status": "ACTIVE",
        "installed": "2025-03-26 11:07:12 +0000",
    });
    assert_eq!(application, expected);
    let gone = world.app.bare(Method::DELETE, "/api/v3/1003/application").token(&secret).send().await;
    assert_eq!((gone.status.as_u16(), gone.json()), (200, json!({"deleteCount": 1})));
    world.app.clock.advance(4);
    get(&secret, "application").await.error(403, "INVALID_API_TOKEN");
}

#[tokio::test]
async fn a_refusal_and_wrong_requests_go_back_to_the_app_or_stay_with_the_owner() {
    let mut world = World::start().await;
    let url = world.decide("read_customers", "deny").await;
    assert_eq!(parameter(&url, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&url, "state").as_deref(), Some("x y&z=é+%2B"));
    assert_eq!(parameter(&url, "code"), None);
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("scope", "read_customers update_customers"), "invalid_scope"),
        (("scope", "<script>"), "invalid_scope"),
    ] {
        let mut pairs = asked("read_customers");
        *pairs.iter_mut().find(|(name, _)| *name == changed.0).unwrap() = changed;
        let answer = world.authorize(&pairs).await;
        assert_eq!(answer.status, 303, "{changed:?}");
        assert_eq!(parameter(answer.header("location"), "error").as_deref(), Some(error), "{changed:?}");
    }
    for changed in [
        ("client_id", "app-8"),
        ("client_id", "nonsense"),
        ("client_id", ""),
        ("redirect_uri", "https://evil.example/callback?shop=1"),
        ("redirect_uri", "https://app.example.evil.example/callback?shop=1"),
        ("redirect_uri", "javascript:alert(1)"),
    ] {
        let mut pairs = asked("read_customers");
        *pairs.iter_mut().find(|(name, _)| *name == changed.0).unwrap() = changed;
        let answer = world.authorize(&pairs).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (400, ""), "{changed:?}");
        assert!(answer.text.contains("The app cannot be let in"), "{}", answer.text);
    }
    // Others are passed over; a repeated one is not.
    let extended =
        [&asked("read_customers")[..], &[("source", "wp"), ("partner", "p"), ("store_id", "7")]].concat();
    assert_eq!(world.authorize(&extended).await.status, 200);
    let twice = [&asked("read_customers")[..], &[("state", "other")]].concat();
    assert_eq!(world.authorize(&twice).await.status, 400);
}

#[tokio::test]
async fn pages_are_framed_by_nobody_and_show_what_was_sent_as_text() {
    let mut world = World::start().await;
    let page = world.authorize(&asked("read_customers read_catalog")).await;
    let check = |page: &Answer, form_action: &str| {
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.starts_with("default-src 'none'"),
            "{policy}"
        );
        assert!(policy.contains(&format!("form-action {form_action};")), "{policy}");
        assert_eq!((page.header("x-frame-options"), page.header("referrer-policy")), ("DENY", "no-referrer"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!page.text.contains("<b>") && !page.text.contains("<script"), "{}", page.text);
        assert!(!page.header("access-control-allow-origin").contains('*'));
    };
    check(&page, "'self'");
    let cookie = page.headers.get("set-cookie").unwrap().to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let signed_in = world.sign_in(&page, PASSWORD).await;
    assert!(signed_in.header("location").starts_with("/api/oauth/authorize?client_id=app-7&"));
    let consent = world.call(Method::GET, signed_in.header("location")).send().await;
    check(&consent, "'self' https://app.example");
    assert!(consent.text.contains("See customers, their contacts and groups"));
    assert!(consent.text.contains("Opens nothing here (<code>read_catalog</code>)"));
    assert!(!consent.text.contains("is in your store already"));
    // The same owner is asked again, and told what is new.
    world.decide("read_customers", "allow").await;
    let again = world.authorize(&asked("read_customers read_catalog")).await;
    assert!(
        again.text.contains("is in your store already") && again.text.matches("new</strong>").count() == 1
    );
}

#[tokio::test]
async fn a_form_of_somebody_else_lets_nothing_in() {
    let mut world = World::start().await;
    let page = world.authorize(&asked("read_customers")).await;
    let request = hidden(&page, "request");
    let pairs = [("request", &*request), ("store", "1003"), ("email", EMAIL), ("password", PASSWORD)];
    let forged = world.form("/api/oauth/sign-in", &pairs).await;
    assert_eq!((forged.status.as_u16(), forged.header("location")), (403, ""));
    world.sign_in(&page, PASSWORD).await;
    for token in ["", "0000"] {
        let pairs = [("request", &*request), ("form_token", token), ("decision", "allow")];
        let answer = world.form("/api/oauth/authorize", &pairs).await;
        assert_eq!(answer.status, 200, "the owner is asked instead");
        assert!(answer.text.contains("Let it in"));
    }
    // Signing out needs the form too, and ends the session.
    world.form("/api/oauth/sign-out", &[("request", &request)]).await;
    let consent = world.authorize(&asked("read_customers")).await;
    let token = hidden(&consent, "form_token");
    let kept = world.cookies.clone();
    world.form("/api/oauth/sign-out", &[("request", &request), ("form_token", &token)]).await;
    world.cookies = kept;
    assert!(world.authorize(&asked("read_customers")).await.text.contains("Sign in"));
}

#[tokio::test]
async fn wrong_passwords_are_refused_alike_and_only_so_often() {
    let mut world = World::start().await;
    let page = world.authorize(&asked("read_customers")).await;
    for _ in 0..10 {
        let answer = world.sign_in(&page, "wrong password").await;
        assert_eq!(answer.status, 403);
        assert!(answer.text.contains("The store, the e-mail address or the password is wrong."));
    }
    let answer = world.sign_in(&page, PASSWORD).await;
    assert_eq!(answer.status, 429, "the right one has to wait too");
    assert!(answer.text.contains("try again in 60 seconds"), "{}", answer.text);
    world.app.clock.advance(60);
    assert_eq!(world.sign_in(&page, PASSWORD).await.status, 303);
    let (request, token) = (hidden(&page, "request"), hidden(&page, "form_token"));
    for (shop, email) in [("7", EMAIL), ("1003", "nobody@example.com"), ("x", EMAIL), ("1003", "")] {
        let pairs = [
            ("request", &*request),
            ("form_token", &token),
            ("store", shop),
            ("email", email),
            ("password", PASSWORD),
        ];
        assert_eq!(world.form("/api/oauth/sign-in", &pairs).await.status, 403, "{shop} {email}");
    }
    let nothing = world.form("/api/oauth/sign-in", &[("request", "client_id=app-8")]).await;
    assert_eq!(nothing.status, 400);
}

#[tokio::test]
async fn a_code_that_is_used_again_disables_the_tokens_that_it_gave() {
    let mut world = World::start().await;
    let code = world.code().await;
    let tokens = world.exchange("/api/oauth/token/1003", &[("code", &code)]).await.json();
    let again = world.exchange("/api/oauth/token", &[("code", &code)]).await;
    oauth_error(&again, 400, "invalid_grant");
    world.app.clock.advance(4);
    for name in ["access_token", "public_token"] {
        let token = tokens[name].as_str().unwrap();
        world
            .app
            .bare(Method::GET, "/api/v3/1003/profile")
            .token(token)
            .send()
            .await
            .error(403, "INVALID_API_TOKEN");
    }
}

#[tokio::test]
async fn wrong_exchanges_get_the_errors_of_oauth_and_spend_no_code() {
    let mut world = World::start().await;
    let code = world.code().await;
    for (changed, status, error) in [
        (("client_secret", "wrong"), 401, "invalid_client"),
        (("client_id", "app-8"), 401, "invalid_client"),
        (("client_id", "x"), 401, "invalid_client"),
        (("client_secret", ""), 400, "invalid_request"),
        (("code", ""), 400, "invalid_request"),
        (("code", "1003_unknown"), 400, "invalid_grant"),
        (("code", "unknown"), 400, "invalid_grant"),
        (("code", "7_unknown"), 400, "invalid_grant"),
        (("redirect_uri", ""), 400, "invalid_request"),
        (("redirect_uri", "https://app.example/other"), 400, "invalid_grant"),
        (("grant_type", "password"), 400, "unsupported_grant_type"),
        (("grant_type", ""), 400, "invalid_request"),
    ] {
        let changes = if changed.0 == "code" { vec![changed] } else { vec![("code", &*code), changed] };
        oauth_error(&world.exchange("/api/oauth/token", &changes).await, status, error);
    }
    oauth_error(&world.exchange("/api/oauth/token/7", &[("code", &code)]).await, 400, "invalid_grant");
    let twice = format!("/api/oauth/token?code={code}");
    oauth_error(&world.exchange(&twice, &[("code", &code)]).await, 400, "invalid_request");
    world.app.clock.advance(299);
    assert_eq!(world.exchange("/api/oauth/token", &[("code", &code)]).await.status, 200);
    let late = world.code().await;
    world.app.clock.advance(300);
    oauth_error(&world.exchange("/api/oauth/token", &[("code", &late)]).await, 400, "invalid_grant");
}

#[tokio::test]
async fn an_older_get_and_a_header_for_the_secret_work_too() {
    let mut world = World::start().await;
    let code = world.code().await;
    let query = encoded(&[
        ("client_id", APP),
        ("client_secret", SECRET),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("grant_type", "authorization_code"),
    ]);
    let answer = world.call(Method::GET, &format!("/api/oauth/token?{query}")).send().await;
    assert_eq!((answer.status.as_u16(), answer.json()["token_type"].as_str()), (200, Some("Bearer")));
    let code = world.code().await;
    let pairs = encoded(&[("code", &code), ("redirect_uri", CALLBACK), ("grant_type", "authorization_code")]);
    let basic = async |secret: &str| {
        use base64::Engine as _;
        let shown = base64::prelude::BASE64_STANDARD.encode(format!("{APP}:{secret}"));
        let call =
            world.call(Method::POST, "/api/oauth/token").header("authorization", &format!("Basic {shown}"));
        call.body(pairs.clone()).send().await
    };
    let wrong = basic("wrong").await;
    oauth_error(&wrong, 401, "invalid_client");
    assert_eq!(wrong.header("www-authenticate"), "Basic realm=\"oauth\"");
    assert_eq!(basic(SECRET).await.status, 200);
}

#[tokio::test]
async fn who_guesses_a_client_secret_has_to_wait() {
    let world = World::start().await;
    let guess = async || {
        let pairs = encoded(&[
            ("client_id", APP),
            ("client_secret", "guess"),
            ("code", "1003_a"),
            ("redirect_uri", CALLBACK),
            ("grant_type", "authorization_code"),
        ]);
        world.call(Method::POST, "/api/oauth/token").peer("192.0.2.1").body(pairs).send().await
    };
    for _ in 0..20 {
        oauth_error(&guess().await, 401, "invalid_client");
    }
    guess().await.error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn an_app_that_is_let_in_again_has_the_scopes_of_the_last_time() {
    let mut world = World::start().await;
    let code = world.code().await;
    let first = world.exchange("/api/oauth/token", &[("code", &code)]).await.json();
    let url = world.decide("read_catalog", "allow").await;
    let code = parameter(&url, "code").unwrap();
    let second = world.exchange("/api/oauth/token", &[("code", &code)]).await.json();
    assert_eq!(
        (second["scope"].as_str(), second.get("public_token")),
        (Some("read_catalog"), None::<&Value>)
    );
    world.app.clock.advance(4);
    let profile = async |tokens: &Value| {
        let token = tokens["access_token"].as_str().unwrap();
        world.app.bare(Method::GET, "/api/v3/1003/profile").token(token).send().await.status.as_u16()
    };
    assert_eq!((profile(&first).await, profile(&second).await), (403, 200));
    let id: ClientId = APP.parse().unwrap();
    let uninstall = UninstallApp { app: id.0, now: world.app.clock.now() };
    world.app.engine.write(store(STORE), Actor::CommandLine, uninstall).await.unwrap();
    world.app.clock.advance(4);
    assert_eq!(profile(&second).await, 403);
}

#[tokio::test]
async fn a_plugin_that_tests_the_connection_gets_an_answer() {
    let world = World::start().await;
    let answer = world.call(Method::POST, "/api/oauth/authorize").send().await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("Apps are let in here"));
}

#[tokio::test]
async fn a_token_made_by_hand_is_of_no_app_and_revoked_by_uninstalling() {
    let app = TestApp::start().await;
    let (token, _) = app.create_token(STORE, TokenKind::Secret, "read_orders".parse().unwrap()).await;
    let call = |method| app.bare(method, "/api/v3/1003/application").token(&token);
    let shown = call(Method::GET).send().await.json();
    assert_eq!((&shown["clientId"], &shown["scopes"]), (&Value::Null, &json!(["read_orders"])));
    assert_eq!(call(Method::DELETE).send().await.status, 200);
    app.clock.advance(4);
    call(Method::GET).send().await.error(403, "INVALID_API_TOKEN");
}
