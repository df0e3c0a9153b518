//! `/api/oauth/authorize`: an owner, who is signed in, lets an app in or does not.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_model::Actor;
use shopfolk_operations::{AllowApp, GetInstallation};
use shopfolk_store::Engine;

use super::code::Code;
use super::form::Form;
use super::pages::{ConsentPage, MessagePage, asked, page, see_other};
use super::request::{AuthorizeRequest, Refusal, answer_url};
use super::session::{SignedIn, signed_in};
use super::sign_in::sign_in_page;
use crate::app::App;
use crate::error::ApiError;

/// Asks the owner, or takes the answer.
pub(crate) async fn authorize<E: Engine>(
    State(app): State<Arc<App<E>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let form = Form::read(uri.query(), body, app.settings.body_timeout).await?;
    if method == Method::POST && form.is_empty() {
        // A plugin finds out so whether somebody is there.
        let message = "Apps send store owners here, with a client_id, to be let in.";
        return page(StatusCode::OK, &MessagePage { title: "Apps are let in here", message }, None);
    }
    let decision = if method == Method::POST { form.get("decision") } else { None };
    // The answer to our own page has the request in one field.
    let asked_for = match decision {
        Some(_) => Form::parse(form.get("request").unwrap_or_default().as_bytes()),
        None => form.clone(),
    };
    let request = match AuthorizeRequest::read(&app, &asked_for).await {
        Ok(request) => request,
        Err(Refusal::ToOwner(message)) => {
            let refused = MessagePage { title: "The app cannot be let in", message: &message };
            return page(StatusCode::BAD_REQUEST, &refused, None);
        }
        Err(Refusal::ToApp(url)) => return see_other(&url),
        Err(Refusal::Failed(error)) => return Err(error),
    };
    let Some(owner) = signed_in(&app, &headers).await? else {
        return sign_in_page(&headers, &request, None, "", StatusCode::OK);
    };
    match decision {
        // A page of somebody else cannot know what is in ours: then the owner is asked, whatever it says.
        Some(decision) if form.get("form_token") == Some(&owner.form_token()) => {
            decide(&app, &owner, &request, decision == "allow").await
        }
        _ => ask(&app, &owner, &request).await,
    }
}

async fn ask<E: Engine>(
    app: &App<E>,
    owner: &SignedIn,
    request: &AuthorizeRequest,
) -> Result<Response, ApiError> {
    let installed = app.engine.read(owner.store, GetInstallation { app: request.app.id }).await?;
    let consent = ConsentPage {
        app: request.app.name.as_str(),
        store: owner.store.to_string(),
        email: owner.owner.email.as_str(),
        host: request.redirect_url.origin(),
        request: &request.query,
        form_token: owner.form_token(),
        scopes: asked(&request.scopes, installed.as_ref().map(|installed| &installed.scopes)),
        installed: installed.is_some(),
    };
    page(StatusCode::OK, &consent, Some(&request.redirect_url))
}

async fn decide<E: Engine>(
    app: &App<E>,
    owner: &SignedIn,
    request: &AuthorizeRequest,
    allowed: bool,
) -> Result<Response, ApiError> {
    let (url, state) = (&request.redirect_url, request.state.as_deref());
    if !allowed {
        let answer = [("error", "access_denied"), ("error_description", "The store owner refused")];
        return see_other(&answer_url(url, &answer, state));
    }
    let code = {
        let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
        Code::generate(owner.store, &mut random)
    };
    let allow = AllowApp {
        store: owner.store,
        app: request.app.id,
        scopes: request.scopes.clone(),
        code: code.hash(),
        email: owner.owner.email.clone(),
        redirect_url: url.clone(),
        now: app.now(),
    };
    app.engine.write(owner.store, Actor::Owner, allow).await?;
    let store = owner.store.to_string();
    see_other(&answer_url(url, &[("code", code.reveal()), ("store_id", &store)], state))
}
