//! Answers that are too long to be held whole: they are written in pieces, each when the caller has taken the one before.
//!
//! An answer whose first piece is all of it is answered at once, with its length. What happens in the middle of another one (the
//! database fails, the customer whose contacts are shown is deleted) breaks the connection off, so that no caller takes a part
//! for the whole. How many rows were left out because they are damaged is known at the end, and said in a trailer.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::unfold;
use http_body::Frame;
use http_body_util::StreamBody;
use shopfolk_operations::PORTION_BYTES;
use shopfolk_store::Engine;
use tokio::time::timeout;

use crate::answer::{self, DAMAGED, USUAL_SIZE};
use crate::app::App;
use crate::byte_budget::HeldBytes;
use crate::error::{ApiError, ErrorCode};
use crate::response_fields::ResponseFields;
use crate::selecting::Selected;

/// How long a piece may wait for room that others take with what they do not read.
const ROOM_LIMIT: Duration = Duration::from_secs(30);

/// The text of an answer, which is written piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    /// Adds those fields of a value that are wanted.
    pub(crate) fn add<T: serde::Serialize>(
        &mut self,
        value: &T,
        fields: &ResponseFields,
    ) -> Result<(), ApiError> {
        serde_json::to_writer(&mut self.0, &Selected(value, fields)).map_err(ApiError::internal)
    }

    /// Adds them without the end of the list in which they end, so that the list goes on.
    pub(crate) fn add_open<T: serde::Serialize>(
        &mut self,
        value: &T,
        fields: &ResponseFields,
    ) -> Result<(), ApiError> {
        const END: &[u8] = b"]}";
        self.add(value, fields)?;
        if !self.0.ends_with(END) {
            return Err(ApiError::internal("a list does not come last"));
        }
        self.0.truncate(self.0.len() - END.len());
        Ok(())
    }

    /// Adds text.
    pub(crate) fn add_text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Adds what was written elsewhere.
    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Adds the comma between an entry of a list and so many before it.
    pub(crate) fn separate(&mut self, before: u64) {
        if before > 0 {
            self.0.push(b',');
        }
    }
}

/// What an answer is made of.
pub(crate) trait Pieces: Send + Sized + 'static {
    /// What the next piece is made of.
    type Portion: Send + 'static;

    /// Reads what the next piece is made of; `None` behind the last.
    fn read(&mut self) -> impl Future<Output = Result<Option<Self::Portion>, ApiError>> + Send;

    /// Writes the piece. It takes long, and is done beside the threads that serve connections.
    fn write(&mut self, portion: Self::Portion, text: &mut Text) -> Result<(), ApiError>;

    /// How many rows were left out so far, because they are damaged.
    fn damaged(&self) -> u64;
}

/// Answers with all pieces.
pub(crate) async fn streamed<P: Pieces, E: Engine>(
    app: Arc<App<E>>,
    pieces: P,
) -> Result<Response, ApiError> {
    let mut streaming = Streaming { app, pieces: Some(pieces), told: 0, is_over: false };
    // The first piece is part of the request: what fails before it is an error as any other.
    let room = streaming.app.settings.answers.try_hold(PORTION_BYTES).ok_or_else(answer::no_room)?;
    let first = streaming.next(room).await?.unwrap_or_default();
    streaming.told = streaming.damaged();
    let told = streaming.told;
    let name = Arc::default();
    let log = StreamedRequest(Arc::clone(&name));
    let pieces = unfold((Some(first), streaming), move |(ready, mut streaming)| {
        let name: Arc<std::sync::OnceLock<HeaderValue>> = Arc::clone(&name);
        async move {
            let frame = match ready {
                Some(first) => Ok(Some(Frame::data(first))),
                None => streaming.next_frame().await,
            };
            match frame {
                Ok(frame) => frame.map(|frame| (Ok(frame), (None, streaming))),
                Err(error) => {
                    log_broken_off(name.get(), &error);
                    streaming.is_over = true;
                    Some((Err(error), (None, streaming)))
                }
            }
        }
    });
    let mut response = answer::json_bytes(Body::new(StreamBody::new(Box::pin(pieces))));
    response.headers_mut().insert(header::TRAILER, HeaderValue::from_name(DAMAGED));
    if told > 0 {
        response.headers_mut().insert(DAMAGED, told.into());
    }
    response.extensions_mut().insert(log);
    Ok(response)
}

/// The id of a request whose answer is streamed, once it has one.
#[derive(Debug, Clone)]
pub(crate) struct StreamedRequest(pub(crate) Arc<std::sync::OnceLock<HeaderValue>>);

fn log_broken_off(request: Option<&HeaderValue>, error: &ApiError) {
    let request_id = request.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let cause = error.cause.as_ref().map_or_else(|| error.to_string(), ToString::to_string);
    tracing::error!(request_id, cause, "an answer was broken off in the middle");
}

struct Streaming<P, E> {
    app: Arc<App<E>>,
    /// `None` while they are read or written.
    pieces: Option<P>,
    /// How many damaged rows the head of the answer tells of.
    told: u64,
    is_over: bool,
}

impl<P: Pieces, E: Engine> Streaming<P, E> {
    fn damaged(&self) -> u64 {
        self.pieces.as_ref().map_or(0, Pieces::damaged)
    }

    async fn next_frame(&mut self) -> Result<Option<Frame<Bytes>>, ApiError> {
        if self.is_over {
            return Ok(None);
        }
        let room = timeout(ROOM_LIMIT, self.app.settings.answers.hold(PORTION_BYTES)).await;
        let room = room.map_err(|_| too_slow("There was no room for more of the answer"))?;
        if let Some(piece) = self.next(room).await? {
            return Ok(Some(Frame::data(piece)));
        }
        self.is_over = true;
        let damaged = self.damaged();
        let trailer = || Frame::trailers(HeaderMap::from_iter([(DAMAGED, damaged.into())]));
        Ok((damaged > self.told).then(trailer))
    }

    /// The next piece, which takes the room that is there for it.
    async fn next(&mut self, room: HeldBytes) -> Result<Option<Bytes>, ApiError> {
        let Some(mut pieces) = self.pieces.take() else { return Ok(None) };
        let within = self.app.settings.request_timeout;
        let piece = async {
            let portion = pieces.read().await?;
            let Some(portion) = portion else { return Ok((pieces, None)) };
            let write = move || {
                let mut text = Text(Vec::with_capacity(USUAL_SIZE));
                pieces.write(portion, &mut text).map(|()| (pieces, Some(text.0)))
            };
            self.app.long_work.run(write).await?
        };
        let (pieces, text) =
            timeout(within, piece).await.map_err(|_| too_slow("The database is too slow"))??;
        self.pieces = Some(pieces);
        Ok(text.map(|text| room.keep(text)))
    }
}

fn too_slow(what: &'static str) -> ApiError {
    ApiError::new(ErrorCode::Timeout, what)
}
