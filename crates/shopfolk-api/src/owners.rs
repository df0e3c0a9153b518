//! What pages for owners need of the API: who is signed in, signing in and out, forms, answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_model::{SessionKey, StoreId, Timestamp};
use shopfolk_store::Engine;

use crate::app::App;
use crate::error::ApiError;
pub use crate::oauth::form::Form;
pub use crate::oauth::pages::{html_page, see_other};
pub use crate::oauth::session::{SignedIn, form_token, is_loopback};
use crate::oauth::session::{sign_in_cookie, sign_in_key, signed_in};
pub use crate::oauth::sessions::SignInRefusal;
use crate::oauth::sessions::{begin_session, end_session};

/// Pages that are served beside the API.
pub struct Pages {
    /// Answers requests for them.
    pub router: Router,
    /// The templates of their paths, for log and metrics.
    pub templates: Vec<&'static str>,
    /// The path to which a browser that asks for `/` is sent.
    pub home: &'static str,
}

/// The owners of stores, as browsers bring them.
pub struct Owners<E>(pub(crate) Arc<App<E>>);

impl<E: Engine> Owners<E> {
    /// The engine.
    pub fn engine(&self) -> &E {
        &self.0.engine
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Reads a form.
    ///
    /// # Errors
    /// When it is too large, breaks off or is too slow.
    pub async fn read_form(&self, body: Body) -> Result<Form, ApiError> {
        Form::read(None, body, self.0.settings.body_timeout).await
    }

    /// Who is signed in with the browser that sent these headers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<SignedIn>, ApiError> {
        signed_in(&self.0, headers).await
    }

    /// What a sign-in form for this browser has in it, and the cookie that goes with it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn sign_in_form(&self, headers: &HeaderMap) -> Result<(String, HeaderValue), ApiError> {
        let key = match sign_in_key(headers) {
            Some(key) => key,
            None => SessionKey::generate(&mut StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?),
        };
        Ok((form_token(&key), sign_in_cookie(headers, &key)))
    }

    /// Whether the sign-in form that has this in it was made for this browser.
    pub fn is_sign_in_form(&self, headers: &HeaderMap, token: Option<&str>) -> bool {
        sign_in_key(headers).is_some_and(|key| token == Some(&form_token(&key)))
    }

    /// Signs an owner in: the cookie that has the session, or why there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_in(
        &self,
        headers: &HeaderMap,
        store: StoreId,
        email: &str,
        password: &str,
    ) -> Result<Result<HeaderValue, SignInRefusal>, ApiError> {
        begin_session(&self.0, headers, store, email, password).await
    }

    /// Signs an owner out: the cookie that has the browser forget the session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out(&self, headers: &HeaderMap, owner: &SignedIn) -> Result<HeaderValue, ApiError> {
        end_session(&self.0, headers, owner).await
    }
}
