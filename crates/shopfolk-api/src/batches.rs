//! `/batch`: requests that are sent together and run beside their caller.

use axum::http::Uri;
use axum::response::Response;
use shopfolk_model::{
    BatchGroup, BatchMode, BatchRequest, BatchStatus, DeduplicationKey, MAXIMUM_BATCH_REQUESTS, OrderNumber,
    Ticket,
};
use shopfolk_operations::{CancelBatches, CreateBatch, DeleteBatch, FindBatch, FoundBatch};
use shopfolk_store::Engine;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::answer::WriteAnswer;
use crate::batch::{BatchListOut, BatchOrBatches, BatchOut, ListedBatchOut, TicketOut};
use crate::batch_stream::{BatchProgress, BatchStream};
use crate::body::JsonList;
use crate::caller::{AnyToken, Caller};
use crate::counts::{DeleteCountOut, UpdateCountOut};
use crate::error::ApiError;
use crate::from_uri::from_uri;
use crate::query::{self, Fields, PAGE_SIZE, Query, query_parameters};
use crate::streamed::Text;

type BatchBody = JsonList<BatchRequest, MAXIMUM_BATCH_REQUESTS>;

query_parameters! {
    SentBatchParameters:
    /// Whether no further request is begun once one has failed; true by default
    STOP "stopOnFirstFailure": bool, "true";
    /// Whether several requests are under way at once, up to 100
    PARALLEL "allowParallelMode": bool, "false";
    /// A UUID: a batch that comes with the same one within an hour is the same batch, and gets the same ticket
    DEDUPLICATION_KEY "deduplicationKey": String, "0f8fad5b-d9cb-469f-a165-70867728950e";
    /// What it can be cancelled by, with others
    GROUP "groupId": String;
}

query_parameters! {
    BatchParameters:
    /// The batch; without one, those are listed that the other parameters say
    TICKET "ticket": String, "0f8fad5b-d9cb-469f-a165-70867728950e";
    /// Whether bodies of answers are texts, in `escapedHttpBody`
    ESCAPED "escapedJson": bool, "false";
    /// Only batches that are `QUEUED`, `IN_PROGRESS` or `COMPLETED`
    STATUS "status": String, "QUEUED";
}

query_parameters! {
    DeletedBatchParameters:
    /// The batch
    TICKET "ticketId": String, "0f8fad5b-d9cb-469f-a165-70867728950e";
}

query_parameters! {
    CancelledBatchParameters:
    /// Only batches that were sent with this `groupId`
    GROUP "groupId": String;
    /// Only this batch
    TICKET "ticketId": String, "0f8fad5b-d9cb-469f-a165-70867728950e";
}

/// How a batch is to run, as the query says.
pub(crate) struct SentBatch {
    mode: BatchMode,
    deduplication_key: Option<DeduplicationKey>,
    group: Option<BatchGroup>,
}

/// Which batches are asked for.
pub(crate) enum BatchQuery {
    One { ticket: Ticket, escaped: bool },
    All { status: Option<BatchStatus>, offset: u64, limit: usize },
}

impl utoipa::IntoParams for BatchQuery {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let of_pages = query::page_parameters(PAGE_SIZE).into_iter();
        let of_pages = of_pages.filter(|parameter| parameter.name != "after");
        <BatchParameters as utoipa::IntoParams>::into_params(place).into_iter().chain(of_pages).collect()
    }
}

/// Which batch is to go.
pub(crate) struct DeletedBatch(Ticket);

/// Which batches are to be cancelled.
pub(crate) struct CancelledBatches {
    group: Option<BatchGroup>,
    ticket: Option<Ticket>,
}

/// A parameter that asks nothing where it is empty.
fn unless_empty<T, E>(parse: impl Fn(&str) -> Result<T, E>) -> impl Fn(&str) -> Result<Option<T>, E> {
    move |text| if text.trim().is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn group(query: &Query<'_>, name: &str) -> Result<Option<BatchGroup>, ApiError> {
    Ok(query.parsed(name, BatchGroup::optional)?.flatten())
}

fn ticket(query: &Query<'_>, name: &str) -> Result<Option<Ticket>, ApiError> {
    Ok(query.parsed(name, unless_empty(str::parse))?.flatten())
}

from_uri! {
    SentBatch = |uri| {
        let query = Query::of(uri);
        let mode = BatchMode {
            parallel: query.boolean(SentBatchParameters::PARALLEL)?.unwrap_or(false),
            stop_on_first_failure: query.boolean(SentBatchParameters::STOP)?.unwrap_or(true),
        };
        let key = query.parsed(SentBatchParameters::DEDUPLICATION_KEY, unless_empty(str::parse))?;
        Ok(Self { mode, deduplication_key: key.flatten(), group: group(&query, SentBatchParameters::GROUP)? })
    };
    BatchQuery = |uri| batch_query(uri);
    DeletedBatch = |uri| {
        let name = DeletedBatchParameters::TICKET;
        let missing = || ApiError::wrong_parameter(format!("Parameter '{name}' is missing: it names the batch"));
        ticket(&Query::of(uri), name)?.map(Self).ok_or_else(missing)
    };
    CancelledBatches = |uri| {
        let query = Query::of(uri);
        let group = group(&query, CancelledBatchParameters::GROUP)?;
        let ticket = ticket(&query, CancelledBatchParameters::TICKET)?;
        if group.is_none() && ticket.is_none() {
            return Err(ApiError::wrong_parameter(
                "Parameters 'groupId' and 'ticketId' are missing: one of them says which batches are to be cancelled",
            ));
        }
        Ok(Self { group, ticket })
    };
}

fn batch_query(uri: &Uri) -> Result<BatchQuery, ApiError> {
    let query = Query::of(uri);
    let escaped = query.boolean(BatchParameters::ESCAPED)?.unwrap_or(false);
    if let Some(ticket) = ticket(&query, BatchParameters::TICKET)? {
        return Ok(BatchQuery::One { ticket, escaped });
    }
    let status = query.parsed(BatchParameters::STATUS, unless_empty(str::parse::<BatchStatus>))?.flatten();
    let page = query.page::<OrderNumber>((), PAGE_SIZE)?;
    Ok(BatchQuery::All { status, offset: page.offset(), limit: page.limit as usize })
}

/// Send a batch
///
/// Keeps up to 500 requests and answers at once with a ticket. They run one after the other, behind the batches that the token sent
/// before, each with the scopes and the limit of the token. With `stopOnFirstFailure` those behind the first one that fails are
/// not executed. One that fails with 5xx is tried again five times, three seconds apart. Whatever becomes of the server meanwhile,
/// no request is executed twice. A batch is kept for a day after it was completed.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/batch", tag = "Batches",
    params(SentBatchParameters),
    request_body = BatchBody,
    responses((status = 200, description = "Kept", body = TicketOut)),
    security(("token" = [])),
)]
pub(crate) async fn create_batch<E: Engine>(
    caller: Caller<E, AnyToken>,
    SentBatch { mode, deduplication_key, group }: SentBatch,
    JsonList(requests, _held): BatchBody,
) -> Result<Response, ApiError> {
    caller.refuse_in_batch()?;
    let ticket = Ticket::of_random(rand::random());
    let (token, now) = (caller.token(), caller.now());
    let create = CreateBatch { token, group, deduplication_key, mode, requests, ticket, now };
    let answer = |ticket: &Ticket| WriteAnswer::of(&TicketOut { ticket: ticket.to_string() });
    let response = caller.write(create, answer).await?;
    caller.tell_of_batch();
    Ok(response)
}

/// Look at a batch, or list batches
///
/// With `ticket`: how far a batch is, and once it is completed what its requests were answered with. Without: the batches of the
/// token, in the order in which they were sent.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/batch", tag = "Batches",
    params(BatchQuery),
    responses((status = 200, description = "The batch, or the batches", body = BatchOrBatches)),
    security(("token" = [])),
)]
pub(crate) async fn get_batches<E: Engine>(
    caller: Caller<E, AnyToken>,
    query: BatchQuery,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    caller.refuse_in_batch()?;
    let (ticket, escaped) = match query {
        BatchQuery::One { ticket, escaped } => (ticket, escaped),
        BatchQuery::All { status, offset, limit } => {
            let (found, damaged) = caller.list_batches(status, offset, limit).await?;
            let listed = |batch: shopfolk_model::Batch| ListedBatchOut {
                ticket: batch.ticket.to_string(),
                status: batch.status().name(),
            };
            let all = BatchListOut { items: found.into_iter().map(listed).collect() };
            return caller.answer(all, damaged, fields, |all, writer| writer.write(all)).await;
        }
    };
    let FoundBatch { batch, answers } = caller.read(FindBatch { token: caller.token(), ticket }).await?;
    let status = batch.status();
    let wanted = fields.within("responses").filter(|_| status == BatchStatus::Completed).cloned();
    let Some(wanted) = wanted else {
        return caller
            .answer(answers, 0, fields, move |answers, writer| writer.write(&BatchOut::of(status, answers)))
            .await;
    };
    let mut head = Text::default();
    head.add_open(&BatchOut { responses: Some(&[]), ..BatchOut::of(status, &answers) }, &fields)?;
    let stream = BatchStream {
        caller: caller.again(),
        head,
        batch: batch.id,
        sizes: answers,
        fields: wanted,
        escaped,
        progress: BatchProgress::default(),
    };
    caller.stream(stream).await
}

/// Delete a batch
///
/// Removes a batch of the token with its answers. What of it was not begun is never executed.
#[utoipa::path(
    delete, path = "/api/v3/{storeId}/batch", tag = "Batches",
    params(DeletedBatchParameters),
    responses((status = 200, description = "Deleted, or not there", body = DeleteCountOut)),
    security(("token" = [])),
)]
pub(crate) async fn delete_batch<E: Engine>(
    caller: Caller<E, AnyToken>,
    DeletedBatch(ticket): DeletedBatch,
) -> Result<Response, ApiError> {
    caller.refuse_in_batch()?;
    let answer = |deleted: &bool| WriteAnswer::of(&DeleteCountOut { delete_count: u8::from(*deleted) });
    caller.write(DeleteBatch { token: caller.token(), ticket }, answer).await
}

/// Cancel batches
///
/// Completes batches of the token: what of them was not begun is not executed. What was answered stays.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/batch/cancel-group", tag = "Batches",
    params(CancelledBatchParameters),
    responses((status = 200, description = "Cancelled, or completed already", body = UpdateCountOut)),
    security(("token" = [])),
)]
pub(crate) async fn cancel_batches<E: Engine>(
    caller: Caller<E, AnyToken>,
    CancelledBatches { group, ticket }: CancelledBatches,
) -> Result<Response, ApiError> {
    caller.refuse_in_batch()?;
    let cancel = CancelBatches { token: caller.token(), group, ticket, now: caller.now() };
    let answer = |cancelled: &u32| WriteAnswer::of(&UpdateCountOut { update_count: *cancelled });
    caller.write(cancel, answer).await
}
