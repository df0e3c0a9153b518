//! What an app asks an owner for.

use shopfolk_model::{AppScopes, ClientId, RedirectUrl, StoreId};
use shopfolk_operations::{GetApp, OperationError};
use shopfolk_store::Engine;

use super::form::Form;
use crate::app::App;
use crate::error::ApiError;

/// The parameters that are looked at; others are passed over.
pub(super) const NAMES: &[&str] =
    &["client_id", "redirect_uri", "response_type", "scope", "state", "store_id"];

/// A request to be let in, of an app that is there.
pub(super) struct AuthorizeRequest {
    pub(super) app: shopfolk_model::App,
    pub(super) redirect_url: RedirectUrl,
    pub(super) scopes: AppScopes,
    pub(super) state: Option<String>,
    /// The store that the app believes it is for, which fills in a field and means nothing else.
    pub(super) store: Option<StoreId>,
    /// The request itself, as a query.
    pub(super) query: String,
}

/// Why a request is none.
pub(super) enum Refusal {
    /// Nobody can be sent back: the owner is told this.
    ToOwner(String),
    /// The app is told this, at its URL.
    ToApp(String),
    /// The server cannot say.
    Failed(ApiError),
}

/// Where an owner is sent back to with an answer, and the untouched state.
pub(super) fn answer_url(redirect_url: &RedirectUrl, answer: &[(&str, &str)], state: Option<&str>) -> String {
    let state = state.map(|state| ("state", state));
    redirect_url.with(&answer.iter().copied().chain(state).collect::<Vec<_>>())
}

impl AuthorizeRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// When it is none of an app that is there.
    pub(super) async fn read<E: Engine>(app: &App<E>, form: &Form) -> Result<Self, Refusal> {
        let query = form.query_of(NAMES);
        if let Some(name) = form.repeated() {
            return Err(Refusal::ToOwner(format!("The parameter {name} is there more than once.")));
        }
        let found = registered(app, form).await?;
        let redirect_url = redirect_url(&found, form)?;
        let state = form.get("state").map(str::to_owned);
        let to_app = |error, description: &str| {
            let answer = [("error", error), ("error_description", description)];
            Refusal::ToApp(answer_url(&redirect_url, &answer, state.as_deref()))
        };
        match form.get("response_type") {
            Some("code") => {}
            None => return Err(to_app("invalid_request", "response_type is missing: it must be code")),
            Some(_) => return Err(to_app("unsupported_response_type", "response_type must be code")),
        }
        let scopes = match form.get("scope") {
            None => found.scopes.clone(),
            Some(names) => {
                names.parse().map_err(|_| to_app("invalid_scope", "scope must be names of scopes"))?
            }
        };
        if !found.scopes.contain_all(&scopes) {
            let description = "scope has more than the app was registered with";
            return Err(to_app("invalid_scope", description));
        }
        let store = form.get("store_id").and_then(|store| store.parse().ok());
        Ok(Self { app: found, redirect_url, scopes, state, store, query })
    }
}

async fn registered<E: Engine>(app: &App<E>, form: &Form) -> Result<shopfolk_model::App, Refusal> {
    let unknown = || Refusal::ToOwner("There is no app with this client_id.".to_owned());
    let Some(id) = form.get("client_id") else {
        return Err(Refusal::ToOwner("The parameter client_id is missing.".to_owned()));
    };
    let ClientId(id) = id.parse().map_err(|_| unknown())?;
    match app.engine.read(StoreId::PLATFORM, GetApp { app: id }).await {
        Ok(found) => Ok(found),
        Err(OperationError::AppNotFound { .. }) => Err(unknown()),
        Err(error) => Err(Refusal::Failed(error.into())),
    }
}

/// Where the owner is sent back to. Where the request does not say, the app's one URL.
fn redirect_url(app: &shopfolk_model::App, form: &Form) -> Result<RedirectUrl, Refusal> {
    let refused = |why: String| Refusal::ToOwner(why);
    let Some(text) = form.get("redirect_uri") else {
        return match &app.redirect_urls[..] {
            [one] => Ok(one.clone()),
            _ => Err(refused("The parameter redirect_uri is missing.".to_owned())),
        };
    };
    let url = RedirectUrl::new(text)
        .map_err(|error| refused(format!("The parameter redirect_uri is wrong: it {error}.")))?;
    if app.redirect_urls.iter().any(|registered| url.begins_with(registered)) {
        Ok(url)
    } else {
        Err(refused("The parameter redirect_uri begins with no URL that the app registered.".to_owned()))
    }
}
