//! Hands a long body on in pieces: compressing one takes a moment, and other requests run between two pieces. It also means
//! that no more is made than the client reads.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use hyper::body::{Frame, SizeHint};

/// The largest piece, in bytes. Compressing it takes about a millisecond.
const MAX_PIECE_BYTES: usize = 32 * 1024;

/// Divides the body of an answer, if it may be longer than a piece.
pub(crate) async fn divided(response: Response) -> Response {
    let short = response.body().size_hint().upper().is_some_and(|most| most <= MAX_PIECE_BYTES as u64);
    if short { response } else { response.map(|body| Body::new(Pieces { body, rest: Bytes::new(), rested: true })) }
}

struct Pieces {
    body: Body,
    /// What is left of the last frame.
    rest: Bytes,
    /// Whether others had their turn since the last piece.
    rested: bool,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.rested {
            self.rested = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(MAX_PIECE_BYTES);
        self.rested = length < MAX_PIECE_BYTES;
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, mut hint) = (self.rest.len() as u64, self.body.size_hint());
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_long_body_arrives_whole_in_pieces_with_a_rest_between_them() {
        let whole: Vec<u8> = (0..=255).cycle().take(3 * MAX_PIECE_BYTES + 7).collect();
        let mut body = divided(Response::new(Body::from(whole.clone()))).await.into_body();
        assert_eq!(body.size_hint().exact(), Some(whole.len() as u64));
        let mut got = Vec::new();
        let mut rests = 0;
        loop {
            let polled = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).now_or_never();
            match polled {
                None => rests += 1,
                Some(None) => break,
                Some(Some(frame)) => {
                    let piece = frame.unwrap().into_data().unwrap();
                    assert!(piece.len() <= MAX_PIECE_BYTES);
                    got.extend_from_slice(&piece);
                    assert_eq!(body.size_hint().exact(), Some((whole.len() - got.len()) as u64));
                }
            }
        }
        assert!(got == whole && rests == 3, "{} {rests}", got.len());
    }

    #[tokio::test]
    async fn a_short_body_stays_as_it_is() {
        let body = divided(Response::new(Body::from("short"))).await.into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "short");
    }
}
