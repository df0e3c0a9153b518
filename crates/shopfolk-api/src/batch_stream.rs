//! A completed batch with its answers, as a streamed answer.

use axum::http::StatusCode;
use shopfolk_model::{AnswerStatus, BatchId};
use shopfolk_operations::{AnsweredRequest, BatchAnswers, ReadBatchAnswers};
use shopfolk_store::Engine;

use crate::batch::BatchResponseOut;
use crate::caller::{AnyToken, Caller};
use crate::error::ApiError;
use crate::json::JsonValue;
use crate::order::DocumentValue;
use crate::response_fields::ResponseFields;
use crate::streamed::{Pieces, Text};

/// The answers one after the other.
pub(crate) struct BatchStream<E> {
    pub(crate) caller: Caller<E, AnyToken>,
    /// The text before the first.
    pub(crate) head: Text,
    pub(crate) batch: BatchId,
    /// How long the answers are that were not written yet.
    pub(crate) sizes: Vec<Option<u32>>,
    /// What is wanted of a response.
    pub(crate) fields: ResponseFields,
    /// Whether bodies are texts.
    pub(crate) escaped: bool,
    pub(crate) progress: BatchProgress,
}

/// How far it has come.
#[derive(Default)]
pub(crate) struct BatchProgress {
    /// The number of the next request.
    next: u32,
    written: u64,
    damaged: u64,
    is_over: bool,
}

impl<E: Engine> Pieces for BatchStream<E> {
    /// Answers; `None` is the end.
    type Portion = Option<BatchAnswers>;

    async fn read(&mut self) -> Result<Option<Option<BatchAnswers>>, ApiError> {
        if self.sizes.is_empty() {
            return Ok((!self.progress.is_over).then_some(None));
        }
        let read =
            ReadBatchAnswers { batch: self.batch, first: self.progress.next, sizes: self.sizes.clone() };
        Ok(Some(Some(self.caller.read(read).await?)))
    }

    fn write(&mut self, portion: Option<BatchAnswers>, text: &mut Text) -> Result<(), ApiError> {
        text.append(std::mem::take(&mut self.head));
        let Some(BatchAnswers { items, damaged, through }) = portion else {
            text.add_text("]}");
            self.progress.is_over = true;
            return Ok(());
        };
        self.sizes.drain(..through.min(self.sizes.len()));
        // Bounded by hundreds.
        self.progress.next += u32::try_from(through).unwrap_or(u32::MAX);
        self.progress.damaged += damaged;
        for request in &items {
            text.separate(self.progress.written);
            self.progress.written += 1;
            text.add(&response(request, self.escaped, &self.fields)?, &self.fields)?;
        }
        Ok(())
    }

    fn damaged(&self) -> u64 {
        self.progress.damaged
    }
}

/// What became of a request.
fn response<'a>(
    request: &'a AnsweredRequest,
    escaped: bool,
    wanted: &ResponseFields,
) -> Result<BatchResponseOut<'a>, ApiError> {
    let answer = request.answer.as_ref();
    let text = answer.map(|answer| answer.body.as_str());
    let body = match (wanted.within("httpBody"), text) {
        (Some(fields), Some(text)) if !escaped => Some(DocumentValue::of(text, fields)?),
        _ => (!escaped).then_some(DocumentValue::Parsed(JsonValue::Null)),
    };
    let status = answer.map(|answer| answer.status);
    let line = |status: AnswerStatus| StatusCode::from_u16(status.get()).ok()?.canonical_reason();
    Ok(BatchResponseOut {
        id: &request.name,
        status: match status {
            None => "NOT_EXECUTED",
            Some(status) if status.is_success() => "COMPLETED",
            Some(_) => "FAILED",
        },
        http_body: body,
        escaped_http_body: escaped.then_some(text.unwrap_or_default()),
        http_status_code: status.map_or(0, AnswerStatus::get),
        http_status_line: status.and_then(line).unwrap_or_default(),
    })
}
