//! `/api/oauth/sign-in` and `/api/oauth/sign-out`: an owner shows who they are.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_model::SessionKey;
use shopfolk_store::Engine;

use super::form::Form;
use super::pages::{MessagePage, SignInPage, page, see_other};
use super::request::{AuthorizeRequest, NAMES, Refusal};
use super::session::{form_token, sign_in_cookie, sign_in_key, signed_in};
use super::sessions::{SignInRefusal, begin_session, end_session};
use crate::app::App;
use crate::error::ApiError;

const AUTHORIZE: &str = "/api/oauth/authorize";

/// The form in which an owner signs in, to go on with the request of an app.
///
/// # Errors
/// When the page cannot be made.
pub(super) fn sign_in_page(
    headers: &HeaderMap,
    request: &AuthorizeRequest,
    problem: Option<&str>,
    email: &str,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let key = match sign_in_key(headers) {
        Some(key) => key,
        None => SessionKey::generate(&mut StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?),
    };
    let sign_in = SignInPage {
        app: request.app.name.as_str(),
        request: &request.query,
        form_token: &form_token(&key),
        store: request.store.map(|store| store.to_string()).unwrap_or_default(),
        email,
        problem,
    };
    let mut response = page(status, &sign_in, None)?;
    response.headers_mut().append(header::SET_COOKIE, sign_in_cookie(headers, &key));
    Ok(response)
}

/// Signs an owner in, and goes on with the request of the app.
pub(crate) async fn sign_in<E: Engine>(
    State(app): State<Arc<App<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let form = Form::read(None, body, app.settings.body_timeout).await?;
    let query = form.get("request").unwrap_or_default();
    let request = match AuthorizeRequest::read(&app, &Form::parse(query.as_bytes())).await {
        Ok(request) => AuthorizeRequest {
            store: form.get("store").and_then(|store| store.parse().ok()).or(request.store),
            ..request
        },
        Err(Refusal::Failed(error)) => return Err(error),
        Err(Refusal::ToOwner(_) | Refusal::ToApp(_)) => {
            let message = "Go back to the app and begin again.";
            let refused = MessagePage { title: "There is nothing to sign in for", message };
            return page(StatusCode::BAD_REQUEST, &refused, None);
        }
    };
    let email = form.get("email").unwrap_or_default();
    let again = |problem: &str, status| sign_in_page(&headers, &request, Some(problem), email, status);
    let is_ours = sign_in_key(&headers).is_some_and(|key| form.get("form_token") == Some(&form_token(&key)));
    if !is_ours {
        let problem = "This form is too old, or cookies are off: try again.";
        return again(problem, StatusCode::FORBIDDEN);
    }
    let said = request.store.zip(form.get("password"));
    let cookie = match said {
        Some((store, password)) => begin_session(&app, &headers, store, email, password).await?,
        None => Err(SignInRefusal::Wrong),
    };
    match cookie {
        Ok(cookie) => {
            let mut response = see_other(&format!("{AUTHORIZE}?{}", request.query))?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(refusal) => again(&refusal.to_string(), refusal.status()),
    }
}

/// Signs an owner out, and asks who else is there for the request of the app.
pub(crate) async fn sign_out<E: Engine>(
    State(app): State<Arc<App<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let form = Form::read(None, body, app.settings.body_timeout).await?;
    let request = Form::parse(form.get("request").unwrap_or_default().as_bytes());
    let mut response = see_other(&format!("{AUTHORIZE}?{}", request.query_of(NAMES)))?;
    if let Some(owner) = signed_in(&app, &headers).await?
        && form.get("form_token") == Some(&owner.form_token())
    {
        response.headers_mut().append(header::SET_COOKIE, end_session(&app, &headers, &owner).await?);
    }
    Ok(response)
}
