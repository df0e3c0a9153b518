//! Who calls, and what for.
//!
//! [`Caller`] is a parameter of every handler of the API, and the only way to the rows of a store: a handler that forgets
//! to ask who calls has nothing to work on. Its marker says which scopes the call needs. What is looked at, in this
//! order: the store exists; the token belongs to it, which an address may get wrong only so often; the store is not
//! suspended; the token has the scopes; it has requests left.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use shopfolk_model::{
    Actor, AppId, Batch, BatchStatus, ExtraFieldKey, GroupId, Scope, StoreId, Timestamp, TokenHash, TokenId,
    TokenKind, TokenRecord, WebhookEvent, WebhookName,
};
use shopfolk_operations::{
    AttemptFilter, BatchEntry, BatchSearch, FindAccess, ManyCustomers, MassChange, NoteTokenUse, StopReason,
    change_many_customers, delete_extra_field, delete_group, list_batches, replay_failed,
    touch_customers_of_group, webhooks_for,
};
use shopfolk_store::{Engine, ReadOperation, WriteOperation};

use crate::answer::{self, AnswerWriter, WriteAnswer, Written};
use crate::app::App;
use crate::batched::{self, AnsweredWrite, BatchedRequest, Outcome};
use crate::error::{ApiError, ErrorCode};
use crate::parameters;
use crate::path;
use crate::peer::PeerNetwork;
use crate::response_fields::ResponseFields;
use crate::streamed::{Pieces, streamed};
use crate::token_cache::KnownToken;

/// What a call needs of a token.
pub(crate) trait Requirement: Send + Sync + 'static {
    /// All of these scopes. A public token opens nothing that needs one.
    const SCOPES: &'static [Scope];
    /// A secret one, whatever its scopes.
    const SECRET: bool = !Self::SCOPES.is_empty();
}

/// Any secret token of the store.
pub(crate) struct SecretToken;

impl Requirement for SecretToken {
    const SCOPES: &'static [Scope] = &[];
    const SECRET: bool = true;
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
    /// To see when something changed.
    ReadStoreProfile = [ReadStoreProfile];
    /// To change the store's profile.
    UpdateStoreProfile = [UpdateStoreProfile];
    /// To see extra fields.
    ReadExtraFields = [ReadCustomersExtrafields];
    /// To create and change extra fields.
    UpdateExtraFields = [UpdateCustomersExtrafields];
    /// To delete extra fields.
    DeleteExtraFields = [DeleteCustomersExtrafields];
}

/// Who calls: a token that was let into a store, with the scopes of `S`.
pub(crate) struct Caller<E, S> {
    app: Arc<App<E>>,
    store: StoreId,
    token: TokenRecord,
    /// The request of a batch that it is, where it is one.
    entry: Option<BatchEntry>,
    began: Instant,
    requirement: PhantomData<S>,
}

/// How much of the time that a request may take its portions may begin in; the rest is for the last one and the answer.
const TIME_FOR_PORTIONS: f32 = 0.9;

impl<E: Engine, S: Sync> Caller<E, S> {
    /// The store that the caller works on.
    pub(crate) const fn store(&self) -> StoreId {
        self.store
    }

    /// The token by which the caller was let in.
    pub(crate) const fn token(&self) -> TokenId {
        self.token.id
    }

    /// What is known of that token.
    pub(crate) const fn token_record(&self) -> TokenRecord {
        self.token
    }

    /// Whom events name: the token by which the caller was let in.
    const fn actor(&self) -> Actor {
        Actor::Token(self.token.id)
    }

    /// The time of the call.
    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// The time of the next portion of a walk, unless it is to stop: while there is time to answer how far it came, or when the
    /// program is about to end.
    fn next_portion(&self) -> Result<Timestamp, StopReason> {
        let settings = &self.app.settings;
        if settings.shutting_down.is_announced() {
            return Err(StopReason::ShuttingDown);
        }
        if self.began.elapsed() >= settings.request_timeout.mul_f32(TIME_FOR_PORTIONS) {
            return Err(StopReason::TimeIsUp);
        }
        Ok(self.now())
    }

    /// Reads in the store of the caller.
    pub(crate) async fn read<O>(&self, operation: O) -> Result<O::Output, ApiError>
    where
        O: ReadOperation,
        ApiError: From<O::Error>,
    {
        Ok(self.app.engine.read_for(self.store, self.actor(), operation).await?)
    }

    /// Writes in the store of the caller, and answers with what `answer` says of it. As a request of a batch it is done once,
    /// however often it is asked for, and answered with the same each time.
    pub(crate) async fn write<O, A>(&self, operation: O, answer: A) -> Result<Response, ApiError>
    where
        O: WriteOperation,
        ApiError: From<O::Error>,
        A: Fn(&O::Output) -> Result<WriteAnswer, ApiError> + Clone + Send + Sync + 'static,
    {
        let write = AnsweredWrite { operation, answer: answer.clone(), entry: self.entry };
        match self.app.engine.write(self.store, self.actor(), write).await? {
            Outcome::Written(output) => Ok(answer(&output)?.into_response()),
            Outcome::Kept(kept) => Ok(batched::kept(kept)),
        }
    }

    /// Refuses what a batch cannot have among its requests.
    pub(crate) fn refuse_in_batch(&self) -> Result<(), ApiError> {
        match self.entry {
            None => Ok(()),
            Some(_) => Err(ApiError::wrong_parameter("A batch cannot have requests about batches")),
        }
    }

    /// Says that there is a batch to run.
    pub(crate) fn tell_of_batch(&self) {
        self.app.batch_sent.notify_one();
    }

    /// Lists batches of the caller, and says how many are left out because they are damaged.
    pub(crate) async fn list_batches(
        &self,
        status: Option<BatchStatus>,
        offset: u64,
        limit: usize,
    ) -> Result<(Vec<Batch>, u64), ApiError> {
        let search = BatchSearch { token: self.token.id, status, offset, limit };
        Ok(list_batches(&self.app.engine, self.store, search).await?)
    }

    /// Answers with pieces, each of which is written when the one before was taken.
    pub(crate) async fn stream<P: Pieces>(&self, pieces: P) -> Result<Response, ApiError> {
        streamed(Arc::clone(&self.app), pieces).await
    }

    /// The same caller, for what goes on behind the head of an answer.
    pub(crate) fn again(&self) -> Self {
        let Self { app, store, token, entry, began, requirement } = self;
        Self {
            app: Arc::clone(app),
            store: *store,
            token: *token,
            entry: *entry,
            began: *began,
            requirement: *requirement,
        }
    }

    /// Answers with those fields of a value that are wanted, from which so many rows are left out because they are damaged.
    pub(crate) async fn answer<T, W>(
        &self,
        value: T,
        damaged: u64,
        fields: ResponseFields,
        write: W,
    ) -> Result<Response, ApiError>
    where
        T: Send + 'static,
        W: Fn(&T, &AnswerWriter<'_>) -> Written + Send + 'static,
    {
        let mut response = answer::json_bytes(self.app.write_answer(value, fields, write).await?);
        if damaged > 0 {
            response.headers_mut().insert(answer::DAMAGED, damaged.into());
        }
        Ok(response)
    }

    /// Changes or deletes many customers in the store of the caller, and says how many.
    pub(crate) async fn change_many(
        &self,
        customers: ManyCustomers,
        change: MassChange,
    ) -> Result<u64, ApiError> {
        let (engine, now) = (&self.app.engine, || self.next_portion());
        Ok(change_many_customers(engine, self.store, self.actor(), customers, change, now).await?)
    }

    /// The webhooks of an app that are told of an event, whether or not the store let it in.
    pub(crate) async fn webhooks_for(
        &self,
        app: AppId,
        event: WebhookEvent,
    ) -> Result<Vec<WebhookName>, ApiError> {
        Ok(webhooks_for(&self.app.engine, app, event).await?)
    }

    /// Has every event sent again of which the last attempt failed, and says how many.
    pub(crate) async fn replay_failed(&self, filter: &AttemptFilter) -> Result<usize, ApiError> {
        let now = || self.next_portion();
        Ok(replay_failed(&self.app.engine, self.store, self.actor(), filter, now).await?)
    }

    /// Deletes a customer group in the store of the caller.
    pub(crate) async fn delete_group(&self, group: GroupId) -> Result<(), ApiError> {
        Ok(delete_group(&self.app.engine, self.store, self.actor(), group, || self.next_portion()).await?)
    }

    /// Moves `updated` of the customers of a group in the store of the caller.
    pub(crate) async fn touch_customers_of_group(&self, group: GroupId) -> Result<(), ApiError> {
        let (engine, now) = (&self.app.engine, || self.next_portion());
        Ok(touch_customers_of_group(engine, self.store, self.actor(), group, now).await?)
    }

    /// Deletes an extra field in the store of the caller.
    pub(crate) async fn delete_extra_field(&self, key: ExtraFieldKey) -> Result<(), ApiError> {
        Ok(delete_extra_field(&self.app.engine, self.store, self.actor(), key, || self.next_portion())
            .await?)
    }
}

impl<S: Requirement, E: Engine> FromRequestParts<Arc<App<E>>> for Caller<E, S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App<E>>) -> Result<Self, ApiError> {
        let began = Instant::now();
        let store = path::store(parts.uri.path())?;
        let batched: Option<&BatchedRequest> = parts.extensions.get();
        let entry = batched.map(|batched| batched.entry);
        let shown =
            batched.map_or_else(|| ShownToken::of(parts), |batched| ShownToken::InHeader(batched.token));
        let known = known_token(app, store, shown).await?;
        if known.suspended {
            return Err(ApiError::new(ErrorCode::StoreIsSuspended, "The store is suspended"));
        }
        check_scopes(&known, S::SCOPES, S::SECRET)?;
        known.count_request().map_err(|seconds| {
            let message = format!("Too many requests with this token: try again in {seconds} seconds");
            ApiError::new(ErrorCode::RateLimited, message).retry_after(seconds)
        })?;
        note_use(app, store, &known);
        parameters::check(parts)?;
        if let Some(id) = known.token.app
            && entry.is_none()
        {
            let delay = app.api_delays.of(&app.engine, id, app.steady()).await?.get();
            if !delay.is_zero() {
                app.sleep(delay).await;
            }
        }
        Ok(Self { app: Arc::clone(app), store, token: known.token, entry, began, requirement: PhantomData })
    }
}

fn check_scopes(known: &KnownToken, needed: &[Scope], secret: bool) -> Result<(), ApiError> {
    if known.token.kind == TokenKind::Public && secret {
        return Err(ApiError::new(
            ErrorCode::InsufficientAppScope,
            "A public token never opens anything about customers: use the secret token",
        ));
    }
    require_scopes(&known.token, needed)
}

/// Refuses a token that lacks one of these scopes.
pub(crate) fn require_scopes(token: &TokenRecord, needed: &[Scope]) -> Result<(), ApiError> {
    match needed.iter().find(|&&scope| !token.scopes.contains(scope)) {
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
            if let Some((scheme, token)) = bearer
                && scheme.eq_ignore_ascii_case("bearer")
            {
                return Self::InHeader(TokenHash::of(token.trim()));
            }
        }
        let Some(query) = parts.uri.query() else { return Self::Nothing };
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "token")
            .map_or(Self::Nothing, |(_, token)| Self::InQuery(TokenHash::of(&token)))
    }
}

/// What is known of a token in a store, asking the database when the cache cannot be believed.
async fn known_token<E: Engine>(
    app: &App<E>,
    store: StoreId,
    shown: ShownToken,
) -> Result<Arc<KnownToken>, ApiError> {
    let token = match shown {
        ShownToken::InHeader(token) => Some(token),
        ShownToken::InQuery(token) if app.settings.allow_query_token => Some(token),
        ShownToken::InQuery(_) | ShownToken::Nothing => None,
    };
    let now = app.steady();
    if let Some(known) = token.and_then(|token| app.tokens.find(store, token, now)) {
        return Ok(known);
    }
    let peer = PeerNetwork::current();
    if !token.is_some_and(|token| app.tokens.remembers(store, token)) {
        app.unknown_tokens.check(peer, now)?;
    }
    let found = app.engine.read(store, FindAccess { token }).await?;
    let known = token.and_then(|token| app.tokens.remember(store, token, found.as_ref(), now));
    if known.is_none() {
        app.unknown_tokens.count(peer, now);
    }
    if found.is_none() {
        return Err(ApiError::new(ErrorCode::StoreNotFound, "Store not found"));
    }
    known.ok_or_else(|| {
        let refused_in_query = matches!(shown, ShownToken::InQuery(_)) && !app.settings.allow_query_token;
        let message = if refused_in_query {
            "A token in the query (?token=) is refused, because addresses end up in logs: send it in the header \
             'Authorization: Bearer TOKEN', or start the server with --allow-query-token"
        } else {
            "The token is missing, unknown, revoked or of another store: send a token of this store in the \
             header 'Authorization: Bearer TOKEN'"
        };
        ApiError::new(ErrorCode::InvalidApiToken, message)
    })
}

/// Records the first use of a token on a day, in the background.
fn note_use<E: Engine>(app: &App<E>, store: StoreId, known: &KnownToken) {
    let day = app.now().day();
    if !known.is_first_use_on(day) {
        return;
    }
    let engine = app.engine.clone();
    let id = known.token.id;
    tokio::spawn(async move {
        if let Err(error) = engine.write(store, Actor::Token(id), NoteTokenUse { id, day }).await {
            tracing::warn!(store = store.get(), token = id.get(), %error, "the use of a token was not recorded");
        }
    });
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

    #[test]
    fn a_token_in_the_query_counts_beside_another_scheme() {
        let expected = ShownToken::InQuery(TokenHash::of("a"));
        for header in ["Token token=\"a\"", "Basic YTpi", "nonsense", ""] {
            assert_eq!(shown(Some(header), "/?token=a"), expected, "{header}");
        }
        assert_eq!(shown(Some("Bearer b"), "/?token=a"), ShownToken::InHeader(TokenHash::of("b")));
    }
}
