//! `/webhooks`: what apps were told, and telling it again. Beyond the published API.
//!
//! A token sees the attempts to tell its app, of events that its scopes open. A token of no app sees those of every app, without
//! what may be a secret of the app.

use axum::response::Response;
use shopfolk_model::{
    AppId, ClientId, EventSpelling, TokenRecord, UnknownWebhookEvent, WebhookAttempt, WebhookAttemptId,
    WebhookEvent, WebhookEventId, WebhookEventSet,
};
use shopfolk_operations::{
    AttemptFilter, GetAttempt, GetInstallation, ListAttempts, ListedAttempts, ReplayAttempts, TriggerEvent,
};
use shopfolk_store::Engine;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::answer::{self, WriteAnswer};
use crate::caller::{Caller, SecretToken, require_scopes};
use crate::error::{ApiError, ErrorCode};
use crate::from_uri::from_uri;
use crate::path::{AttemptPath, attempt_not_found};
use crate::query::{self, Fields, PAGE_SIZE, Query, query_parameters};
use crate::webhook_attempt::{AttemptOut, AttemptsOut, ReplayedOut, RequestShown, TriggeredOut};

query_parameters! {
    AttemptParameters:
    /// Those to this app alone
    CLIENT_ID "clientId": String, "app-4503599627370496";
    /// Those of such events alone, with commas between them
    EVENT_TYPE "eventType": String, "customer.created";
    /// Those of this event alone
    EVENT_ID "eventId": String, "0f8fad5b-d9cb-869f-a165-70867728950e";
    /// From this time on
    FROM "from_date": String, "2025-03-26";
    /// Up to this time
    TO "to_date": String, "2025-03-27";
}

query_parameters! {
    OutcomeParameters:
    /// Those that the receiver has, or those that failed
    DELIVERED "delivered": bool, "false";
    /// Goes on behind the answer whose `next` this is
    AFTER "after": String;
}

query_parameters! {
    TriggerParameters:
    /// The app that is told; without it the one that the token belongs to
    CLIENT_ID "clientId": String, "app-4503599627370496";
    /// The event
    EVENT_TYPE "eventType": String, "customer.created";
    /// The number of the customer, group or order, real or made up; events of the store and of the app are about these
    ENTITY_ID "entityId": i64, "1";
}

/// Which attempts are asked for.
pub(crate) struct AttemptsQuery {
    filter: AttemptFilter,
    before: Option<WebhookAttemptId>,
    limit: usize,
}

impl utoipa::IntoParams for AttemptsQuery {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let of_pages = query::page_parameters(PAGE_SIZE).into_iter();
        AttemptParameters::into_params(&place)
            .into_iter()
            .chain(OutcomeParameters::into_params(&place))
            .chain(of_pages.filter(|parameter| parameter.name == query::LIMIT))
            .collect()
    }
}

/// Of which events the last attempt is looked at.
pub(crate) struct ReplayQuery(AttemptFilter);

/// What is to be sent.
pub(crate) struct TriggerQuery {
    app: Option<AppId>,
    event: WebhookEvent,
    entity: i64,
}

/// Reads events with commas between them; else says what is expected.
fn events(text: &str) -> Result<WebhookEventSet, String> {
    text.parse().map_err(|_: UnknownWebhookEvent| expected_events())
}

/// Reads one event; else says what is expected.
fn event(text: &str) -> Result<WebhookEvent, String> {
    text.parse().map_err(|_: UnknownWebhookEvent| expected_events())
}

fn expected_events() -> String {
    let names: Vec<_> = WebhookEvent::ALL.iter().map(|event| event.name(EventSpelling::CamelCase)).collect();
    format!("must be one of {}", names.join(", "))
}

fn filter(query: &Query<'_>) -> Result<AttemptFilter, ApiError> {
    let app = query.parsed(AttemptParameters::CLIENT_ID, str::parse::<ClientId>)?;
    let events = query.parsed(AttemptParameters::EVENT_TYPE, events)?;
    Ok(AttemptFilter {
        app: app.map(|client| client.0),
        events: events.unwrap_or_default(),
        event: query.parsed(AttemptParameters::EVENT_ID, str::parse::<WebhookEventId>)?,
        delivered: None,
        from: query.timestamp(AttemptParameters::FROM)?,
        to: query.timestamp(AttemptParameters::TO)?,
    })
}

from_uri! {
    AttemptsQuery = |uri| {
        let query = Query::of(uri);
        let delivered = query.boolean(OutcomeParameters::DELIVERED)?;
        let place = |text: &str| text.parse::<WebhookAttemptId>().map_err(|_| "must be the next of another answer");
        Ok(Self {
            filter: AttemptFilter { delivered, ..filter(&query)? },
            before: query.parsed(OutcomeParameters::AFTER, place)?,
            limit: query.limit(PAGE_SIZE)? as usize,
        })
    };
    ReplayQuery = |uri| {
        let query = Query::of(uri);
        query.refuse_others::<AttemptParameters>()?;
        filter(&query).map(Self)
    };
    TriggerQuery = |uri| {
        let query = Query::of(uri);
        let name = TriggerParameters::EVENT_TYPE;
        let missing = || ApiError::wrong_parameter(format!("Parameter '{name}' is missing: it says what happened"));
        let number = |text: &str| {
            let number = text.trim().parse().ok();
            number.filter(|number| (0..=MAXIMUM_ENTITY).contains(number)).ok_or("must be an integer from 0 to 2^53 - 1")
        };
        Ok(Self {
            app: query.parsed(TriggerParameters::CLIENT_ID, str::parse::<ClientId>)?.map(|client| client.0),
            event: query.parsed(name, event)?.ok_or_else(missing)?,
            entity: query.parsed(TriggerParameters::ENTITY_ID, number)?.unwrap_or(1),
        })
    };
}

/// The largest number that every receiver can read.
const MAXIMUM_ENTITY: i64 = (1 << 53) - 1;

/// The attempts among those that are asked for that a token may see.
fn visible(token: &TokenRecord, asked: &AttemptFilter) -> Result<AttemptFilter, ApiError> {
    let app = visible_app(token, asked.app)?;
    Ok(AttemptFilter {
        app,
        events: asked.events.and(WebhookEventSet::open_to(token.scopes)),
        ..asked.clone()
    })
}

/// The app whose attempts a token may see, when it asks for those of one; `None` for those of every app.
fn visible_app(token: &TokenRecord, asked: Option<AppId>) -> Result<Option<AppId>, ApiError> {
    match (token.app, asked) {
        (Some(own), Some(other)) if own != other => Err(ApiError::new(
            ErrorCode::InsufficientAppScope,
            "The token of an app opens what that app was told: leave out 'clientId'",
        )),
        (own, asked) => Ok(own.or(asked)),
    }
}

fn shown(token: &TokenRecord, attempt: WebhookAttempt) -> AttemptOut {
    let is_own = token.app == Some(attempt.webhook.app);
    AttemptOut::new(attempt, if is_own { RequestShown::Whole } else { RequestShown::Body })
}

/// An attempt that the caller may see.
async fn find<E: Engine>(
    caller: &Caller<E, SecretToken>,
    id: WebhookAttemptId,
) -> Result<WebhookAttempt, ApiError> {
    let AttemptFilter { app, events, .. } = visible(&caller.token_record(), &AttemptFilter::default())?;
    let found = caller.read(GetAttempt { id }).await?.filter(|attempt| {
        app.is_none_or(|app| app == attempt.webhook.app) && events.contains(attempt.event.event_type)
    });
    found.ok_or_else(|| attempt_not_found(id))
}

/// List attempts to tell apps of events
///
/// The latest first; of the app that the token belongs to, and of events that its scopes open. A token that was made by hand, for
/// no app, sees those of every app, without their URLs and headers. Attempts are kept for 30 days, and a million of a store.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/webhooks/attempts", tag = "Webhooks",
    params(AttemptsQuery),
    responses((status = 200, description = "The attempts", body = AttemptsOut)),
    security(("token" = [])),
)]
pub(crate) async fn list_webhook_attempts<E: Engine>(
    caller: Caller<E, SecretToken>,
    AttemptsQuery { filter, before, limit }: AttemptsQuery,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let token = caller.token_record();
    let list = ListAttempts { filter: visible(&token, &filter)?, before, limit };
    let ListedAttempts { attempts, next } = caller.read(list).await?;
    let items: Vec<AttemptOut> = attempts.into_iter().map(|attempt| shown(&token, attempt)).collect();
    let out = AttemptsOut { count: items.len(), next: next.map(|next| next.to_string()), items };
    caller.answer(out, 0, fields, |out, writer| writer.write(out)).await
}

/// Get an attempt to tell an app of an event
///
/// What was sent and what was answered. `GET …/webhooks/attempts?eventId=` has the other attempts for the same event.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/webhooks/attempts/{attemptId}", tag = "Webhooks",
    responses((status = 200, description = "The attempt", body = AttemptOut)),
    security(("token" = [])),
)]
pub(crate) async fn get_webhook_attempt<E: Engine>(
    caller: Caller<E, SecretToken>,
    AttemptPath(id): AttemptPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let attempt = find(&caller, id).await?;
    answer::selected(&shown(&caller.token_record(), attempt), &fields)
}

/// Send an event again
///
/// The event that the attempt was for, to the same webhook: the same `eventId`, signed with the secret of now. It is sent once,
/// waits for nothing and counts for nothing.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/webhooks/attempts/{attemptId}/replay", tag = "Webhooks",
    responses((status = 200, description = "It is sent again", body = ReplayedOut)),
    security(("token" = [])),
)]
pub(crate) async fn replay_webhook_attempt<E: Engine>(
    caller: Caller<E, SecretToken>,
    AttemptPath(id): AttemptPath,
) -> Result<Response, ApiError> {
    let attempt = find(&caller, id).await?;
    let replay = ReplayAttempts { attempts: vec![attempt.id], now: caller.now() };
    let answer = |&replay_count: &usize| WriteAnswer::of(&ReplayedOut { replay_count });
    caller.write(replay, answer).await
}

/// Send again what failed
///
/// Every event of which the last of these attempts failed, once each. When the time of a request is over (408), or the server is
/// to stop (503), it says how many are sent until then. It is safe to repeat.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/webhooks/replay", tag = "Webhooks",
    params(AttemptParameters),
    responses((status = 200, description = "They are sent again", body = ReplayedOut)),
    security(("token" = [])),
)]
pub(crate) async fn replay_failed_webhooks<E: Engine>(
    caller: Caller<E, SecretToken>,
    ReplayQuery(filter): ReplayQuery,
) -> Result<Response, ApiError> {
    let filter = visible(&caller.token_record(), &filter)?;
    let replay_count = caller.replay_failed(&filter).await?;
    answer::json(&ReplayedOut { replay_count })
}

/// Send an event, whether it happened or not
///
/// Needs the scope of the event, the app as well as the token. It is sent once to each webhook of the app that is told of such
/// events, with an `eventId` of its own, and counts for nothing.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/webhooks/trigger", tag = "Webhooks",
    params(TriggerParameters),
    responses((status = 200, description = "It is sent", body = TriggeredOut)),
    security(("token" = [])),
)]
pub(crate) async fn trigger_webhook<E: Engine>(
    caller: Caller<E, SecretToken>,
    TriggerQuery { app, event, entity }: TriggerQuery,
) -> Result<Response, ApiError> {
    let token = caller.token_record();
    let Some(app) = visible_app(&token, app)? else {
        let name = TriggerParameters::CLIENT_ID;
        return Err(ApiError::wrong_parameter(format!("Parameter '{name}' is missing: it names the app")));
    };
    require_scopes(&token, event.scope().as_slice())?;
    let wrong_app = |expected: &str| {
        let client = ClientId(app).to_string();
        ApiError::wrong_value(TriggerParameters::CLIENT_ID, &client, expected)
    };
    if caller.read(GetInstallation { app }).await?.is_none() {
        return Err(wrong_app("must be an app that the store let in"));
    }
    let webhooks = caller.webhooks_for(app, event).await?;
    if webhooks.is_empty() {
        return Err(wrong_app("must be an app with a webhook for that event"));
    }
    let (id, webhook_count) = (WebhookEventId::from_random(rand::random()), webhooks.len());
    let (store, now) = (caller.store(), caller.now());
    let trigger = TriggerEvent { store, app, webhooks, id, event_type: event, entity, now };
    let out = move |(): &()| WriteAnswer::of(&TriggeredOut { event_id: id.to_string(), webhook_count });
    caller.write(trigger, out).await
}
