//! What the tests have in common: a server with two stores, an owner of each, and a browser.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use shopfolk_api::{ApiSettings, Clock, api_with_pages};
use shopfolk_model::{
    Actor, CustomerId, CustomerName, EmailAddress, NewCustomer, Password, StoreId, StoreKey, StoreName,
    Timestamp,
};
use shopfolk_operations::{CreateCustomer, CreateOwner, CreateStore, ReadContacts, hash_password};
use shopfolk_store::Engine;
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;
use tower::ServiceExt;

pub const PASSWORD: &str = "a long password of anna";

/// A clock that stands still.
struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn steady(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

pub fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_742_987_232).unwrap()
}

pub fn store(id: i64) -> StoreId {
    StoreId::new(id).unwrap()
}

/// The stores 1 and 2, and their pages.
pub struct Server {
    pub router: Router,
    pub engine: SqliteEngine,
    _directory: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    pub async fn start_with(demo: Option<StoreId>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        let engine =
            SqliteEngine::open(&SqliteSettings { serve: true, ..SqliteSettings::new(path) }).unwrap();
        let settings = ApiSettings { rate_limit: None, ..ApiSettings::default() };
        let pages = shopfolk_admin::pages(demo).unwrap();
        let router = api_with_pages(engine.clone(), settings, Arc::new(StillClock), pages).router;
        let server = Self { router, engine, _directory: directory };
        for id in [1, 2] {
            let key = StoreKey::new(&format!("{id:0>20}")).unwrap();
            let name = StoreName::new(&format!("Shop {id}")).unwrap();
            let create = CreateStore { id: store(id), name, key, now: now() };
            server.engine.write(store(id), Actor::CommandLine, create).await.unwrap();
        }
        server
    }

    pub async fn customer(&self, of: i64, email: &str, name: &str) -> CustomerId {
        let email = EmailAddress::new(email).unwrap();
        let customer = NewCustomer { name: CustomerName::optional(name).unwrap(), ..NewCustomer::of(email) };
        let create = CreateCustomer { customer, now: now() };
        self.engine.write(store(of), Actor::CommandLine, create).await.unwrap()
    }

    /// The texts of the contacts, in their order.
    pub async fn contacts(&self, of: i64, customer: CustomerId) -> Vec<String> {
        let read = ReadContacts { customer, after: None };
        let found = self.engine.read(store(of), read).await.unwrap();
        found.contacts.iter().map(|contact| contact.address.contact().to_string()).collect()
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), host: "localhost:8080", cookies: Mutex::default() }
    }

    /// A browser in which the owner of a store is signed in.
    pub async fn owner(&self, of: i64) -> Browser {
        let email = EmailAddress::new("owner@example.com").unwrap();
        let password =
            hash_password(&Password::new(PASSWORD.to_owned()).unwrap(), &mut StdRng::seed_from_u64(1))
                .unwrap();
        let create = CreateOwner { store: store(of), email, password, now: now() };
        // Somebody may have signed in before.
        let _ = self.engine.write(store(of), Actor::CommandLine, create).await;
        let browser = self.browser();
        let form =
            [("store", of.to_string()), ("email", "owner@example.com".into()), ("password", PASSWORD.into())];
        let answer = browser.send("/admin/sign-in", "/admin/sign-in", &form).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/admin"));
        browser
    }
}

/// A browser: keeps cookies, and sends the token of the form on the page before.
pub struct Browser {
    router: Router,
    pub host: &'static str,
    cookies: Mutex<Vec<String>>,
}

/// A page.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let after = format!("name=\"{name}\" value=\"");
        let rest = self.html.split_once(&after).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }
}

impl Browser {
    pub async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, String::new()).await
    }

    /// Sends a form, with the token that is on another page.
    pub async fn send(&self, page: &str, path: &str, form: &[(&str, String)]) -> Page {
        let token = self.get(page).await.hidden("form_token");
        self.send_with(&token, path, form).await
    }

    pub async fn send_with(&self, token: &str, path: &str, form: &[(&str, String)]) -> Page {
        let mut body = vec![("form_token", token.to_owned())];
        body.extend(form.iter().cloned());
        let encode = |text: &str| text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
        let body: Vec<_> =
            body.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.ask(Method::POST, path, body.join("&")).await
    }

    pub async fn ask(&self, method: Method, path: &str, body: String) -> Page {
        let cookies = self.cookies.lock().unwrap().join("; ");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.host)
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookies)
            .body(Body::from(body))
            .unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
            let pair = cookie.split(';').next().unwrap().to_owned();
            let name = pair.split_once('=').unwrap().0.to_owned();
            let mut cookies = self.cookies.lock().unwrap();
            cookies.retain(|other| other.split_once('=').unwrap().0 != name);
            cookies.push(pair);
        }
        let html = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, html }
    }
}
