//! A body in slices, between which others get a turn: whatever is done with a large piece takes a thread for a moment at a time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::Error;
use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The most bytes of a slice: compressing it takes less than a millisecond.
const SLICE: usize = 16 * 1024;

/// The body, of which the rest of a piece may be left.
pub(crate) struct Sliced {
    body: Body,
    rest: Bytes,
    is_turn_of_others: bool,
}

impl Sliced {
    pub(crate) const fn of(body: Body) -> Self {
        Self { body, rest: Bytes::new(), is_turn_of_others: false }
    }
}

impl http_body::Body for Sliced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                end => return Poll::Ready(end),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        } else if std::mem::take(&mut self.is_turn_of_others) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = self.rest.len().min(SLICE);
        self.is_turn_of_others = true;
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body::Body as _;
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn a_large_piece_comes_in_slices_with_turns_of_others_between_them() {
        let piece: Vec<u8> = (0..40_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let mut sliced = Sliced::of(piece.clone().into());
        assert_eq!(sliced.size_hint().exact(), Some(40_000));
        let (mut parts, mut turns) = (Vec::new(), 0);
        while !sliced.is_end_stream() {
            match sliced.frame().now_or_never() {
                None => turns += 1,
                Some(frame) => parts.push(frame.unwrap().unwrap().into_data().unwrap()),
            }
        }
        let lengths: Vec<_> = parts.iter().map(Bytes::len).collect();
        assert_eq!((lengths, turns), (vec![16_384, 16_384, 7_232], 2));
        assert_eq!(parts.concat(), piece);
    }
}
