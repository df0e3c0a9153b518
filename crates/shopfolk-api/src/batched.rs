//! Requests of batches on their way through the API: as their token, and done once.
//!
//! The runner puts a [`BatchedRequest`] beside a request, where nothing that comes over a connection can put one. The rest is what
//! any other request goes through: the store, the scopes, the limit of the token.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shopfolk_model::{AnswerStatus, BatchAnswer, TokenHash};
use shopfolk_operations::{BatchEntry, answered, keep_answer};
use shopfolk_store::{WriteOperation, WriteTx};

use crate::answer::WriteAnswer;
use crate::error::ApiError;

/// Says of a request that it is one of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchedRequest {
    /// The token as which it is done.
    pub(crate) token: TokenHash,
    /// Which one.
    pub(crate) entry: BatchEntry,
}

/// Says of an answer that the batch has it already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeptAnswer;

/// The answer that the batch has.
pub(crate) fn kept(answer: WriteAnswer) -> Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(KeptAnswer);
    response
}

/// An operation with what is answered of it. As a request of a batch it is not run where an answer is there, and otherwise its
/// answer is kept with what it changes, in one transaction.
pub(crate) struct AnsweredWrite<O, A> {
    pub(crate) operation: O,
    pub(crate) answer: A,
    /// The request of a batch, where it is one.
    pub(crate) entry: Option<BatchEntry>,
}

/// What came of an operation.
pub(crate) enum Outcome<T> {
    /// It was done, and is to be answered.
    Written(T),
    /// It was done as a request of a batch, now or before, and this is its answer.
    Kept(WriteAnswer),
}

impl<O, A> WriteOperation for AnsweredWrite<O, A>
where
    O: WriteOperation,
    ApiError: From<O::Error>,
    A: Fn(&O::Output) -> Result<WriteAnswer, ApiError> + Send + Sync + 'static,
{
    type Output = Outcome<O::Output>;
    type Error = ApiError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, ApiError> {
        let Some(entry) = self.entry else { return Ok(Outcome::Written(self.operation.run(tx).await?)) };
        if let Some(BatchAnswer { status, body }) = answered(tx, entry).await? {
            let status = StatusCode::from_u16(status.get()).map_err(ApiError::internal)?;
            return Ok(Outcome::Kept(WriteAnswer::with_body(status, body.into_bytes())));
        }
        let output = self.operation.run(tx).await?;
        let answer = (self.answer)(&output)?;
        let status = AnswerStatus::new(answer.status.as_u16()).map_err(ApiError::internal)?;
        let body = String::from_utf8(answer.body.clone()).map_err(ApiError::internal)?;
        keep_answer(tx, entry, BatchAnswer { status, body }).await?;
        Ok(Outcome::Kept(answer))
    }
}
