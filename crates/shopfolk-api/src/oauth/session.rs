//! Who is signed in with a browser: cookies, and what shows that a form is one of ours.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use shopfolk_model::{Owner, OwnerId, SESSION_SECONDS, SessionKey, StoreId, TokenHash};
use shopfolk_operations::FindSession;
use shopfolk_store::Engine;

use crate::app::App;
use crate::error::ApiError;

/// Has the session: the store, the owner and the key, with dots between.
const SESSION: &str = "shopfolk_session";
/// Has a key that shows of a sign-in form that this browser got it from here.
const SIGN_IN: &str = "shopfolk_sign_in";

/// For how many seconds a sign-in form is good.
const SIGN_IN_SECONDS: i64 = 3_600;

/// An owner who is signed in.
pub struct SignedIn {
    /// The store.
    pub store: StoreId,
    /// The owner.
    pub owner: Owner,
    key: SessionKey,
}

impl SignedIn {
    /// What a form of this session has in it.
    pub fn form_token(&self) -> String {
        form_token(&self.key)
    }

    /// By which the session is kept.
    pub(crate) fn hash(&self) -> TokenHash {
        self.key.hash()
    }
}

/// What only a page that was made for the holder of this key has in it. The key cannot be told from it.
pub fn form_token(key: &SessionKey) -> String {
    let hash = TokenHash::of(&format!("form of {}", key.reveal()));
    BASE64_URL_SAFE_NO_PAD.encode(hash.as_bytes())
}

/// Who is signed in with the browser that sent these headers.
///
/// # Errors
/// When the database fails.
pub(crate) async fn signed_in<E: Engine>(
    app: &App<E>,
    headers: &HeaderMap,
) -> Result<Option<SignedIn>, ApiError> {
    let Some((store, owner, key)) = cookie(headers, SESSION).and_then(parse) else { return Ok(None) };
    let find = FindSession { owner, hash: key.hash(), now: app.now() };
    let found = app.engine.read(store, find).await?;
    Ok(found.map(|owner| SignedIn { store, owner, key }))
}

fn parse(cookie: &str) -> Option<(StoreId, OwnerId, SessionKey)> {
    let mut parts = cookie.splitn(3, '.');
    let (store, owner) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((store, owner, SessionKey::from_text(parts.next()?)))
}

/// The key of the sign-in form that the browser has.
pub(crate) fn sign_in_key(headers: &HeaderMap) -> Option<SessionKey> {
    cookie(headers, SIGN_IN).map(SessionKey::from_text)
}

/// Keeps a session in the browser.
pub(crate) fn session_cookie(
    headers: &HeaderMap,
    store: StoreId,
    owner: OwnerId,
    key: &SessionKey,
) -> HeaderValue {
    let value = format!("{store}.{owner}.{}", key.reveal());
    set_cookie(headers, SESSION, &value, SESSION_SECONDS)
}

/// Has the browser forget its session.
pub(crate) fn no_session_cookie(headers: &HeaderMap) -> HeaderValue {
    set_cookie(headers, SESSION, "", 0)
}

/// Keeps the key of a sign-in form in the browser.
pub(crate) fn sign_in_cookie(headers: &HeaderMap, key: &SessionKey) -> HeaderValue {
    set_cookie(headers, SIGN_IN, key.reveal(), SIGN_IN_SECONDS)
}

/// A cookie for this server alone, which no script sees, and which other sites' forms do not bring along. Over plain HTTP it is
/// kept on the machine itself alone.
fn set_cookie(headers: &HeaderMap, name: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if is_loopback(headers) { "" } else { "; Secure" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // OK because names, ids and keys are visible ASCII.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Whether the browser is on the machine itself, by the name that it used. A page of somebody else whose name is said to be this
/// machine has its own name here.
pub fn is_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(of, _)| *of == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(header::COOKIE, "a=b; shopfolk_session=7.1.key=; c=");
        assert_eq!(cookie(&headers, SESSION), Some("7.1.key="));
        assert_eq!(cookie(&headers, "c"), None);
        let (store, owner, key) = parse("7.1.key=").unwrap();
        assert_eq!((store.get(), owner.get(), key.reveal()), (7, 1, "key="));
        for wrong in ["", "7", "7.1", "a.1.k", "-1.1.k", "9007199254740991.1.k"] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_cookie_is_secure_but_on_the_machine_itself() {
        let key = SessionKey::from_text("key");
        for host in ["shop.example", "localhost.evil.example", "10.0.0.1:80"] {
            let cookie = sign_in_cookie(&headers(header::HOST, host), &key);
            assert_eq!(
                cookie, "shopfolk_sign_in=key; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure",
                "{host}"
            );
        }
        for host in ["localhost:8080", "127.0.0.1:1", "[::1]:8080", "localhost"] {
            let cookie = sign_in_cookie(&headers(header::HOST, host), &key);
            assert!(!cookie.to_str().unwrap().contains("Secure"), "{host}");
        }
    }
}
