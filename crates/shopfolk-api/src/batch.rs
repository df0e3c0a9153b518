//! Batches on the wire.

use std::borrow::Cow;

use serde::Serialize;
use shopfolk_model::{BatchMethod, BatchRequest, BatchStatus};
use utoipa::openapi::schema::{Object, OneOfBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::error::ApiError;
use crate::fields::Fields;
use crate::json::JsonValue;
use crate::order::DocumentValue;
use crate::wire::{Cell, Components, Direction, WireValue, request_shape, wire_object};
use crate::wire_schema::component;

/// Any JSON.
pub(crate) struct AnyJson;

impl WireValue for AnyJson {
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {}

    fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
        Object::default().into()
    }
}

wire_object! {
    /// A request in a batch.
    "BatchRequest": BatchRequest as BatchRequestFields = _ => {
        /// What it is called, so that its response can be told from the others.
        NAME "id": Requested &'static str {example: "000001"};
        /// The path in the store and the query, with or without a slash before it.
        PATH "path": Required &'static str {example: "/customers?limit=1"};
        /// `GET`, `POST`, `PUT` or `DELETE`.
        METHOD "method": Required &'static str {example: "GET"};
        /// The body: JSON, or a text with JSON in it. Left out, `null` or an empty text where there is none.
        BODY "body": Requested AnyJson;
    }
}

const NO_NUL: &str = "must not contain U+0000";

/// A text that both databases can keep.
fn without_nul(text: &str) -> Result<String, &'static str> {
    if text.contains('\0') { Err(NO_NUL) } else { Ok(text.to_owned()) }
}

request_shape! {
    /// A request in a batch.
    "BatchRequest": BatchRequest = New of BatchRequest, example {
        "id": "000001", "path": "/customers?limit=1", "method": "GET", "body": ""
    } => |fields| {
        let path = fields.text(BatchRequestFields::PATH.name, without_nul)?.value();
        let method = fields.text(BatchRequestFields::METHOD.name, str::parse::<BatchMethod>)?.value();
        let missing = |name, expected| fields.missing(name, expected);
        Ok(Self {
            name: fields.text(BatchRequestFields::NAME.name, without_nul)?.value().unwrap_or_default(),
            path: path.ok_or_else(|| missing(BatchRequestFields::PATH.name, "must be a path in the store"))?,
            method: method
                .ok_or_else(|| missing(BatchRequestFields::METHOD.name, "must be one of GET, POST, PUT, DELETE"))?,
            body: body(fields)?,
        })
    }
}

/// The body of a request: JSON is taken as it is, a text as what it says.
fn body(fields: &Fields<'_>) -> Result<Option<String>, ApiError> {
    let name = BatchRequestFields::BODY.name;
    match fields.object_itself().get(name) {
        None | Some(JsonValue::Null) => Ok(None),
        Some(JsonValue::Text(text)) if text.trim_ascii().is_empty() => Ok(None),
        Some(JsonValue::Text(_)) => Ok(fields.text(name, without_nul)?.value()),
        Some(json) => serde_json::to_string(json).map(Some).map_err(ApiError::internal),
    }
}

/// A batch that was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = BatchTicket)]
pub(crate) struct TicketOut {
    /// By which it is known from now on.
    #[schema(example = "0f8fad5b-d9cb-469f-a165-70867728950e")]
    pub(crate) ticket: String,
}

/// A batch, or a list of them, in the OpenAPI document.
pub(crate) struct BatchOrBatches;

impl ToSchema for BatchOrBatches {
    fn name() -> Cow<'static, str> {
        "BatchOrBatches".into()
    }

    fn schemas(components: &mut Components) {
        for (name, schema) in
            [(BatchOut::name(), BatchOut::schema()), (BatchListOut::name(), BatchListOut::schema())]
        {
            component(&name, schema, components);
        }
        BatchOut::schemas(components);
        BatchListOut::schemas(components);
    }
}

impl PartialSchema for BatchOrBatches {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(Ref::from_schema_name(BatchOut::name()))
            .item(Ref::from_schema_name(BatchListOut::name()))
            .into()
    }
}

/// How far a batch is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Batch)]
pub(crate) struct BatchOut<'a> {
    /// `QUEUED`, `IN_PROGRESS` or `COMPLETED`.
    #[schema(example = "COMPLETED")]
    pub(crate) status: &'static str,
    /// How many requests it has.
    pub(crate) total_requests: u32,
    /// How many of them were answered.
    pub(crate) completed_requests: u32,
    /// The answers in the order of the requests, once it is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) responses: Option<&'a [BatchResponseOut<'a>]>,
}

/// What became of a request of a batch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BatchResponse)]
pub(crate) struct BatchResponseOut<'a> {
    /// The `id` of the request, or an empty text.
    pub(crate) id: &'a str,
    /// `COMPLETED`, `FAILED` (answered with anything but a 2xx) or `NOT_EXECUTED`.
    #[schema(example = "COMPLETED")]
    pub(crate) status: &'static str,
    /// The body of the answer; `null` where the request was not executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub(crate) http_body: Option<DocumentValue<'a>>,
    /// The same as a text, with `escapedJson`; empty where the request was not executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) escaped_http_body: Option<&'a str>,
    /// The status of the answer; 0 where the request was not executed.
    #[schema(example = 200)]
    pub(crate) http_status_code: u16,
    /// What the status is called.
    #[schema(example = "OK")]
    pub(crate) http_status_line: &'static str,
}

/// Batches of a token.
#[derive(Serialize, ToSchema)]
#[schema(as = BatchList)]
pub(crate) struct BatchListOut {
    /// The batches, in the order in which they were sent.
    pub(crate) items: Vec<ListedBatchOut>,
}

/// A batch in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedBatch)]
pub(crate) struct ListedBatchOut {
    /// By which it is known.
    pub(crate) ticket: String,
    /// `QUEUED`, `IN_PROGRESS` or `COMPLETED`.
    #[schema(example = "QUEUED")]
    pub(crate) status: &'static str,
}

impl BatchOut<'_> {
    /// How far a batch is, without its answers.
    pub(crate) fn of(status: BatchStatus, answers: &[Option<u32>]) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            status: status.name(),
            total_requests: count(answers.len()),
            completed_requests: count(answers.iter().flatten().count()),
            responses: None,
        }
    }
}
