//! Who may enter a store, and for what.
//!
//! [`Access`] is a parameter of every handler of the API, and the only way to a store id: a handler that forgets to ask
//! who is calling has no store to work on. Its marker says which scopes the call needs. What is looked at, in this
//! order: the store exists; the token belongs to it; the store is not suspended; the token has the scopes; it has
//! requests left.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use shopfolk_model::{Scope, StoreId, Timestamp, TokenHash, TokenKind};
use shopfolk_operations::{FindAccess, NoteTokenUse};
use shopfolk_store::Engine;

use crate::access_cache::{Entry, Known};
use crate::app::App;
use crate::error::{ApiError, ErrorCode};
use crate::path;

/// What a call needs of a token.
pub(crate) trait Requirement: Send + Sync + 'static {
    /// All of these scopes. A public token opens nothing that needs one.
    const SCOPES: &'static [Scope];
}

macro_rules! requirements {
    ($($(#[$meta:meta])* $name:ident = [$($scope:ident),*];)+) => {
        $(
            $(#[$meta])*
            pub(crate) struct $name;

            impl Requirement for $name {
                const SCOPES: &'static [Scope] = &[$(Scope::$scope),*];
            }
        )+
    };
}

requirements! {
    /// Any token of the store, a public one too.
    AnyToken = [];
    /// To see customers and their contacts.
    ReadCustomers = [ReadCustomers];
    /// To create customers and contacts.
    CreateCustomers = [CreateCustomers];
    /// To change and delete contacts.
    UpdateCustomers = [UpdateCustomers];
    /// To change and delete customers and groups.
    ReadAndUpdateCustomers = [ReadCustomers, UpdateCustomers];
    /// To see orders.
    ReadOrders = [ReadOrders];
    /// To record orders.
    CreateOrders = [CreateOrders];
    /// To delete orders.
    UpdateOrders = [UpdateOrders];
    /// To see extra fields.
    ReadExtraFields = [ReadCustomersExtrafields];
    /// To create and change extra fields.
    UpdateExtraFields = [UpdateCustomersExtrafields];
    /// To delete extra fields.
    DeleteExtraFields = [DeleteCustomersExtrafields];
}

/// The store that the request may work on, with the scopes of `S`.
pub(crate) struct Access<S> {
    store: StoreId,
    requirement: PhantomData<S>,
}

impl<S> Access<S> {
    /// The store.
    pub(crate) const fn store(&self) -> StoreId {
        self.store
    }
}

impl<S: Requirement, E: Engine> FromRequestParts<Arc<App<E>>> for Access<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App<E>>) -> Result<Self, ApiError> {
        let store = path::store(parts.uri.path())?;
        let token = ShownToken::of(parts);
        let now = app.now();
        let entry = app.enter(store, token, now).await?;
        if entry.suspended {
            return Err(ApiError::new(ErrorCode::StoreIsSuspended, "The store is suspended"));
        }
        check_scopes(&entry, S::SCOPES)?;
        entry.count_request().map_err(|seconds| {
            let message = format!("Too many requests with this token: try again in {seconds} seconds");
            ApiError::new(ErrorCode::RateLimited, message).retry_after(seconds)
        })?;
        app.note_use(store, &entry, now);
        Ok(Self { store, requirement: PhantomData })
    }
}

fn check_scopes(entry: &Entry, needed: &[Scope]) -> Result<(), ApiError> {
    if entry.token.kind == TokenKind::Public && !needed.is_empty() {
        return Err(ApiError::new(
            ErrorCode::InsufficientAppScope,
            "A public token never opens anything about customers: use the secret token",
        ));
    }
    match needed.iter().find(|&&scope| !entry.token.scopes.contains(scope)) {
        None => Ok(()),
        Some(missing) => Err(ApiError::new(
            ErrorCode::InsufficientAppScope,
            format!("The token lacks the access scope {missing}"),
        )),
    }
}

/// The token that a request shows. Its text is hashed here and goes nowhere else.
#[derive(Debug, PartialEq, Eq)]
enum ShownToken {
    Nothing,
    InHeader(TokenHash),
    InQuery(TokenHash),
}

impl ShownToken {
    fn of(parts: &Parts) -> Self {
        if let Some(header) = parts.headers.get(header::AUTHORIZATION) {
            let bearer = header.to_str().ok().and_then(|text| text.trim().split_once(' '));
            return match bearer {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    Self::InHeader(TokenHash::of(token.trim()))
                }
                _ => Self::Nothing,
            };
        }
        let Some(query) = parts.uri.query() else { return Self::Nothing };
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "token")
            .map_or(Self::Nothing, |(_, token)| Self::InQuery(TokenHash::of(&token)))
    }
}

impl<E: Engine> App<E> {
    /// Lets a token into a store, asking the database when the cache does not know.
    async fn enter(&self, store: StoreId, shown: ShownToken, now: Timestamp) -> Result<Arc<Entry>, ApiError> {
        let token = match shown {
            ShownToken::InHeader(token) => Some(token),
            ShownToken::InQuery(token) if self.settings.allow_query_token => Some(token),
            ShownToken::InQuery(_) | ShownToken::Nothing => None,
        };
        if let Some(token) = token
            && let Known::Entry(entry) = self.access.find(store, token, now)
        {
            return Ok(entry);
        }
        let found = self.engine.read(store, FindAccess { token }).await?;
        let entry = token.and_then(|token| self.access.tell(store, token, found.as_ref(), now));
        match (found, entry) {
            (None, _) => Err(ApiError::new(ErrorCode::StoreNotFound, "Store not found")),
            (Some(_), Some(entry)) => Ok(entry),
            (Some(_), None) => Err(ApiError::new(
                ErrorCode::InvalidApiToken,
                if matches!(shown, ShownToken::InQuery(_)) && !self.settings.allow_query_token {
                    "A token in the query (?token=) is refused, because addresses end up in logs: send it in the header \
                     'Authorization: Bearer TOKEN', or start the server with --allow-query-token"
                } else {
                    "The token is missing, unknown, revoked or of another store: send a token of this store in the \
                     header 'Authorization: Bearer TOKEN'"
                },
            )),
        }
    }

    /// Records the first use of a token on a day. Nobody waits for it.
    fn note_use(&self, store: StoreId, entry: &Entry, now: Timestamp) {
        let day = now.day();
        if !entry.is_first_use_on(day) {
            return;
        }
        let engine = self.engine.clone();
        let id = entry.token.id;
        tokio::spawn(async move {
            if let Err(error) = engine.write(store, NoteTokenUse { id, day }).await {
                tracing::warn!(store = store.get(), token = id.get(), %error, "the use of a token was not recorded");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn shown(authorization: Option<&str>, uri: &str) -> ShownToken {
        let mut request = Request::builder().uri(uri);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        ShownToken::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_name_of_the_scheme_may_be_in_any_case() {
        let expected = ShownToken::InHeader(TokenHash::of("secret_a"));
        for header in ["Bearer secret_a", "bearer secret_a", "BEARER  secret_a "] {
            assert_eq!(shown(Some(header), "/"), expected, "{header}");
        }
        for header in ["Basic secret_a", "secret_a", "Bearer", ""] {
            assert_eq!(shown(Some(header), "/"), ShownToken::Nothing, "{header}");
        }
    }

    #[test]
    fn a_token_in_the_header_goes_before_one_in_the_query() {
        assert_eq!(shown(None, "/?a=1&token=secret_a"), ShownToken::InQuery(TokenHash::of("secret_a")));
        assert_eq!(shown(Some("Bearer b"), "/?token=a"), ShownToken::InHeader(TokenHash::of("b")));
        assert_eq!(shown(None, "/?tokens=a"), ShownToken::Nothing);
    }
}
