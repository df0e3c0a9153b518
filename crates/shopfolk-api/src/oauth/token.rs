//! `/api/oauth/token`: an app exchanges its code for its tokens.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rand::rngs::SysRng;
use rand::{SeedableRng, rngs::StdRng};
use serde::Serialize;
use shopfolk_model::{Actor, ClientId, RedirectUrl, StoreId, Token, TokenHash, TokenKind};
use shopfolk_operations::{CodeExchange, ExchangeCode, GetApp, NewTokens, OperationError};
use shopfolk_store::Engine;

use super::code::Code;
use super::form::Form;
use crate::answer;
use crate::app::App;
use crate::error::{ApiError, ErrorCode};
use crate::path;
use crate::peer::PeerNetwork;

/// The tokens of an app. `token_type` is spelt as a widely used plugin compares it.
#[derive(Serialize)]
struct TokensOut<'a> {
    access_token: &'a str,
    token_type: &'static str,
    scope: String,
    store_id: i64,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_token: Option<&'a str>,
}

/// An error of OAuth, beside the names that the API has for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OauthErrorOut<'a> {
    error: &'static str,
    #[serde(rename = "error_description")]
    error_description: &'a str,
    error_message: &'a str,
    error_code: &'static str,
}

/// Why no tokens are given.
enum TokenError {
    /// The app did something wrong: the word of OAuth, and what.
    Refused(&'static str, String),
    /// The app did not show who it is.
    InvalidClient { with_header: bool },
    /// Something else.
    Api(ApiError),
}

impl From<ApiError> for TokenError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let challenged = matches!(self, Self::InvalidClient { with_header: true });
        let (error, message, code, status) = match self {
            Self::Api(error) => return error.into_response(),
            Self::Refused(error, message) => {
                (error, message, ErrorCode::WrongParameter, StatusCode::BAD_REQUEST)
            }
            Self::InvalidClient { .. } => {
                let message = "There is no app with this client_id and client_secret".to_owned();
                ("invalid_client", message, ErrorCode::InvalidApiToken, StatusCode::UNAUTHORIZED)
            }
        };
        let body = OauthErrorOut {
            error,
            error_description: &message,
            error_message: &message,
            error_code: code.name(),
        };
        // OK because texts always become JSON.
        let mut response = answer::json_bytes(serde_json::to_vec(&body).unwrap_or_default());
        *response.status_mut() = status;
        if challenged {
            let challenge = HeaderValue::from_static("Basic realm=\"oauth\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        unkept(response)
    }
}

/// Nobody keeps it on the way.
fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Exchanges a code: the form of a `POST`, or the query of the older `GET`.
pub(crate) async fn exchange_code<E: Engine>(
    State(app): State<Arc<App<E>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    exchanged(&app, &uri, &headers, body).await.unwrap_or_else(TokenError::into_response)
}

async fn exchanged<E: Engine>(
    app: &App<E>,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, TokenError> {
    let form = Form::read(uri.query(), body, app.settings.body_timeout).await?;
    if let Some(name) = form.repeated() {
        return Err(TokenError::Refused("invalid_request", format!("{name} is there more than once")));
    }
    let shown = ShownClient::of(headers, &form)?;
    let code = Code::parse(required(&form, "code")?);
    let redirect_url = RedirectUrl::new(required(&form, "redirect_uri")?)
        .map_err(|error| TokenError::Refused("invalid_request", format!("redirect_uri {error}")))?;
    match form.get("grant_type") {
        Some("authorization_code") => {}
        None => return Err(missing("grant_type")),
        Some(_) => {
            let message = "grant_type must be authorization_code".to_owned();
            return Err(TokenError::Refused("unsupported_grant_type", message));
        }
    }
    let client = known_client(app, shown).await?;
    let invalid = |message: &str| TokenError::Refused("invalid_grant", message.to_owned());
    let unknown =
        || invalid("The code is not known, is more than 5 minutes old, or is for another redirect_uri");
    let code = code.ok_or_else(unknown)?;
    if store_in(uri)?.is_some_and(|store| store != code.store) {
        return Err(invalid("The code is of another store"));
    }
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    let [secret, public] =
        [TokenKind::Secret, TokenKind::Public].map(|kind| Token::generate(kind, &mut random));
    let exchange = ExchangeCode {
        app: client.0,
        code: code.hash(),
        redirect_url,
        tokens: NewTokens { secret: secret.hash(), public: public.hash() },
        now: app.now(),
    };
    match app.engine.write(code.store, Actor::App, exchange).await.map_err(ApiError::from)? {
        CodeExchange::Unknown => Err(unknown()),
        CodeExchange::UsedBefore => Err(invalid(
            "The code was used before: the tokens that it gave are disabled, ask the store owner again",
        )),
        CodeExchange::Exchanged { scopes, tokens, email } => {
            let answer = TokensOut {
                access_token: secret.reveal(),
                token_type: "Bearer",
                scope: scopes.to_string(),
                store_id: code.store.get(),
                email: email.as_str(),
                public_token: tokens.public.map(|_| public.reveal()),
            };
            Ok(unkept(answer::json(&answer)?))
        }
    }
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, TokenError> {
    form.get(name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> TokenError {
    TokenError::Refused("invalid_request", format!("{name} is missing"))
}

/// The store in the path, where one is there.
fn store_in(uri: &Uri) -> Result<Option<StoreId>, ApiError> {
    match uri.path().strip_prefix("/api/oauth/token/") {
        None | Some("") => Ok(None),
        Some(_) => path::oauth_store(uri.path()).map(Some),
    }
}

/// Who an app says that it is, and its secret.
struct ShownClient {
    id: String,
    secret: TokenHash,
    with_header: bool,
}

impl ShownClient {
    /// In the form, or in the header, as OAuth has it.
    fn of(headers: &HeaderMap, form: &Form) -> Result<Self, TokenError> {
        if let Some((id, secret)) = basic(headers) {
            return Ok(Self { id, secret: TokenHash::of(&secret), with_header: true });
        }
        let id = required(form, "client_id")?.to_owned();
        Ok(Self { id, secret: TokenHash::of(required(form, "client_secret")?), with_header: false })
    }
}

/// Both as `Authorization: Basic` has them: each encoded as in a form, and both in Base64.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = text.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    Some((plain(id), plain(secret)))
}

/// The app, if it has shown its secret. Who has not costs a look into the database, so that is counted by address.
async fn known_client<E: Engine>(app: &App<E>, shown: ShownClient) -> Result<ClientId, TokenError> {
    let (peer, now) = (PeerNetwork::current(), app.steady());
    app.unknown_tokens.check(peer, now)?;
    let refused = || {
        app.unknown_tokens.count(peer, now);
        TokenError::InvalidClient { with_header: shown.with_header }
    };
    let Ok(id) = shown.id.parse::<ClientId>() else { return Err(refused()) };
    let found = match app.engine.read(StoreId::PLATFORM, GetApp { app: id.0 }).await {
        Err(OperationError::AppNotFound { .. }) => return Err(refused()),
        found => found.map_err(ApiError::from)?,
    };
    let key = app.settings.secret_keys.key().map_err(ApiError::internal)?;
    let secret = key.open(id.0, &found.secret).map_err(ApiError::internal)?;
    // Hashes are compared, so that the time tells nothing of the secret.
    if TokenHash::of(secret.reveal()) == shown.secret { Ok(id) } else { Err(refused()) }
}
