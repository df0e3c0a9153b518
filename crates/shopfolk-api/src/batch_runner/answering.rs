//! A request of a batch, and what it is answered with.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use shopfolk_model::{
    Actor, AnswerStatus, BatchAnswer, BatchMethod, BatchRequest, MAXIMUM_BATCH_ANSWER, MAXIMUM_BATCH_ANSWERS,
};
use shopfolk_operations::{BatchEntry, OperationError, RecordBatchAnswer, has_room_for_answer};
use shopfolk_store::Engine;
use tower::ServiceExt;

use super::answered::Answered;
use super::running::RunningBatch;
use crate::batched::{BatchedRequest, KeptAnswer};
use crate::byte_budget::{HeldBytes, UNCOUNTED};
use crate::error::{ApiError, ErrorCode};

/// What a path may not have as it is; everything that is encoded already stays.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

impl<E: Engine> RunningBatch<E> {
    /// Sends a request through the router and keeps its answer, unless it is one that may be tried again.
    ///
    /// # Errors
    /// When the answer cannot be kept.
    pub(super) async fn answer(
        &self,
        entry: BatchEntry,
        request: &BatchRequest,
        may_try_again: bool,
    ) -> Result<Answered, OperationError> {
        let response = match self.http_request(entry, request) {
            Ok(request) => match self.runner.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Err(error) => error.into_response(),
        };
        let status = response.status();
        let is_kept = response.extensions().get::<KeptAnswer>().is_some();
        if !is_kept && let Some(answered) = self.without_answer(&response, may_try_again) {
            return Ok(answered);
        }
        let success = if is_kept {
            let size = response.into_body().collect().await.map_or(0, |body| body.to_bytes().len());
            self.answer_bytes.fetch_add(size as u64, Ordering::Relaxed);
            status.is_success()
        } else {
            let Some((answer, _held)) = self.bounded(response).await else {
                // It broke off in the middle.
                return Ok(Answered::TryAgain);
            };
            self.answer_bytes.fetch_add(answer.body.len() as u64, Ordering::Relaxed);
            let record = RecordBatchAnswer { entry, answer };
            let by = Actor::Token(self.batch.token);
            self.runner.app.engine.write(self.store, by, record).await?.is_success()
        };
        Ok(if success { Answered::Success } else { Answered::Failure })
    }

    /// The request as it comes to the router.
    fn http_request(&self, entry: BatchEntry, request: &BatchRequest) -> Result<Request<Body>, ApiError> {
        let target = utf8_percent_encode(request.target(), ENCODED);
        let uri: Uri = format!("/api/v3/{}/{target}", self.store).parse().map_err(|error| {
            ApiError::wrong_value("path", &request.path, format!("must be a path: {error}"))
        })?;
        let method = match request.method {
            BatchMethod::Get => Method::GET,
            BatchMethod::Post => Method::POST,
            BatchMethod::Put => Method::PUT,
            BatchMethod::Delete => Method::DELETE,
        };
        let body = request.body.clone().map_or_else(Body::empty, Body::from);
        Request::builder()
            .method(method)
            .uri(uri)
            .header(header::HOST, "batch")
            .header(header::CONTENT_TYPE, "application/json")
            .extension(BatchedRequest { token: self.batch.hash, entry })
            .body(body)
            .map_err(ApiError::internal)
    }

    /// What it means that there is no answer to keep, where there is none.
    fn without_answer(&self, response: &Response, may_try_again: bool) -> Option<Answered> {
        let code = response.extensions().get::<ErrorCode>();
        let seconds = || response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok();
        match (response.status(), code) {
            (_, Some(ErrorCode::StoreIsSuspended)) => Some(Answered::Suspended),
            (_, Some(ErrorCode::InvalidApiToken)) => Some(Answered::NoToken),
            (_, Some(ErrorCode::RateLimited)) => {
                Some(Answered::Limited(Duration::from_secs(seconds().unwrap_or(1))))
            }
            (status, _) if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                if self.runner.app.settings.shutting_down.is_announced() {
                    return Some(Answered::ServerEnds);
                }
                may_try_again.then_some(Answered::TryAgain)
            }
            _ => None,
        }
    }

    /// The answer, or what is kept where it is too large; `None` where it breaks off.
    async fn bounded(&self, response: Response) -> Option<(BatchAnswer, HeldBytes)> {
        let status = response.status();
        let mut body = response.into_body();
        let (mut bytes, mut held) = (Vec::new(), HeldBytes::NOTHING);
        let mut is_too_large = false;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.ok()?.into_data() else { continue };
            if bytes.len() <= UNCOUNTED && bytes.len() + data.len() > UNCOUNTED {
                // For all that is to come, so that it never stops halfway for the want of it.
                held = self.runner.answers.hold(MAXIMUM_BATCH_ANSWER).await;
            }
            let size = bytes.len() + data.len();
            let before = self.answer_bytes.load(Ordering::Relaxed);
            if size > MAXIMUM_BATCH_ANSWER || !has_room_for_answer(before, size as u64) {
                is_too_large = true;
                break;
            }
            bytes.extend_from_slice(&data);
        }
        if is_too_large {
            let message = format!(
                "The answer is too large for a batch: it may have {MAXIMUM_BATCH_ANSWER} bytes, and all answers of a batch \
                 {MAXIMUM_BATCH_ANSWERS}. Ask for less with limit or responseFields"
            );
            let response = ApiError::new(ErrorCode::AnswerTooLarge, message).into_response();
            let status = response.status();
            let bytes = response.into_body().collect().await.ok()?.to_bytes().to_vec();
            return Some((kept_answer(status, bytes)?, held));
        }
        Some((kept_answer(status, bytes)?, held))
    }
}

fn kept_answer(status: StatusCode, body: Vec<u8>) -> Option<BatchAnswer> {
    // Every answer of the API is JSON.
    Some(BatchAnswer {
        status: AnswerStatus::new(status.as_u16()).ok()?,
        body: String::from_utf8(body).ok()?,
    })
}
