//! Answers that need no HTTP library: requests that one read has brought whole, and that can be answered at once, from memory. Answering
//! them costs half of what hyper takes for its part alone. Whatever is not such a request goes to hyper, with the rest of its connection.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    time::Duration,
};

use axum::body::Bytes;
use httparse::{EMPTY_HEADER, Status};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Sleep, sleep},
};

use super::idle_connections::ConnectionUse;

/// How many bytes are read at a time. A request whose head is longer goes to hyper.
const READ_BYTES: usize = 8 * 1024;

/// How many bytes of answers wait until they are written. More are made then, so that nobody fills the memory with requests that came together.
const MAX_ANSWERS: usize = 64 * 1024;

/// A request with more headers goes to hyper.
const MAX_HEADERS: usize = 32;

/// Answers some requests at once.
pub trait Direct: Clone + Send + Sync + 'static {
    /// Appends the whole response, head and body. `false` if this request is somebody else's: then nothing is appended.
    fn answer(&self, request: &httparse::Request<'_, '_>, response: &mut Vec<u8>) -> bool;
}

/// Answers nothing.
impl Direct for std::convert::Infallible {
    fn answer(&self, _: &httparse::Request<'_, '_>, _: &mut Vec<u8>) -> bool {
        match *self {}
    }
}

/// Answers the requests of a connection for as long as it can. Returns what was read and not answered; `None` if the connection is over:
/// its client has ended it, has asked nothing for that long, or the server stops.
///
/// # Errors
/// The connection is broken.
pub(super) async fn answer_directly(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    direct: &impl Direct,
    connection_use: &ConnectionUse,
    patience: Duration,
    stopped: impl Future<Output = ()>,
) -> io::Result<Option<Bytes>> {
    let mut patience = Patience { limit: patience, end: Box::pin(sleep(patience)) };
    let mut stopped = pin!(stopped);
    let (mut read, mut answers) = (Vec::with_capacity(READ_BYTES), Vec::new());
    loop {
        tokio::select! {
            biased;
            bytes = stream.read_buf(&mut read) => if bytes? == 0 {
                return Ok(None);
            },
            () = patience.lost(connection_use) => return Ok(None),
            () = &mut stopped => return Ok(None),
        }
        let mut rest = &read[..];
        let in_use = connection_use.begin();
        // Requests that came together are answered together.
        while let Some(length) = answer_first(rest, direct, &mut answers) {
            rest = &rest[length..];
            if answers.len() >= MAX_ANSWERS {
                stream.write_all(&answers).await?;
                // An idle connection keeps no room for answers of that size.
                answers = Vec::new();
            }
        }
        stream.write_all(&answers).await?;
        drop(in_use);
        stream.flush().await?;
        if !rest.is_empty() {
            return Ok(Some(Bytes::copy_from_slice(rest)));
        }
        read.clear();
        answers.clear();
    }
}

/// Answers the first of the requests in `read`. Returns its length, or `None` if it is not answered here.
fn answer_first(read: &[u8], direct: &impl Direct, answers: &mut Vec<u8>) -> Option<usize> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(Status::Complete(length)) = request.parse(read) else { return None };
    (is_simple(&request) && direct.answer(&request, answers)).then_some(length)
}

/// Whether a request is over with its head and asks nothing of the connection, in a spelling that everybody reads alike.
fn is_simple(request: &httparse::Request<'_, '_>) -> bool {
    let is_plain = |target: &str| target.starts_with('/') && target.bytes().all(is_of_target);
    let is_simple = |header: &httparse::Header<'_>| match header.name.len() {
        // `Connection: keep-alive` says what is the case.
        10 if header.name.eq_ignore_ascii_case("connection") => header.value.eq_ignore_ascii_case(b"keep-alive"),
        _ => !OF_THE_CONNECTION.iter().any(|name| header.name.eq_ignore_ascii_case(name)),
    };
    request.method == Some("GET")
        && request.version == Some(1)
        && request.path.is_some_and(is_plain)
        && request.headers.iter().all(is_simple)
}

/// Headers of requests with a body, and of those that ask something of the connection.
const OF_THE_CONNECTION: [&str; 6] = ["content-length", "transfer-encoding", "expect", "upgrade", "http2-settings", "proxy-connection"];

/// What a request's target may consist of (RFC 3986).
fn is_of_target(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/?".contains(&byte)
}

/// How long a connection may be idle. Its timer is set anew only when it has run out, because that costs more than the rest.
struct Patience {
    limit: Duration,
    end: Pin<Box<Sleep>>,
}

impl Patience {
    /// Waits until the connection has been idle for too long.
    async fn lost(&mut self, connection_use: &ConnectionUse) {
        loop {
            self.end.as_mut().await;
            let left = self.limit.saturating_sub(connection_use.idle_for());
            if left.is_zero() {
                return;
            }
            self.end.as_mut().reset(tokio::time::Instant::now() + left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures_util::FutureExt;
    use tokio::io::duplex;

    use super::*;
    use crate::http::idle_connections::IdleConnections;

    /// Answers everything with as many bytes as may wait, and counts its answers.
    #[derive(Clone, Default)]
    struct Large(Arc<AtomicUsize>);

    impl Direct for Large {
        fn answer(&self, _: &httparse::Request<'_, '_>, response: &mut Vec<u8>) -> bool {
            self.0.fetch_add(1, Ordering::SeqCst);
            response.resize(response.len() + MAX_ANSWERS, 0);
            true
        }
    }

    #[tokio::test]
    async fn requests_that_come_together_are_answered_one_after_the_other_if_their_answers_are_large() {
        let (mut client, mut server) = duplex(MAX_ANSWERS / 2);
        let request = b"GET /x HTTP/1.1\r\n\r\n";
        client.write_all(&request.repeat(400)).await.unwrap();
        let opened = IdleConnections::new().opened();
        let large = Large::default();
        let mut answering =
            Box::pin(answer_directly(&mut server, &large, &opened.connection_use, Duration::from_hours(1), std::future::pending()));
        assert!((&mut answering).now_or_never().is_none());
        assert_eq!(large.0.load(Ordering::SeqCst), 1, "the client has read nothing yet");
        let mut all = vec![0; 400 * MAX_ANSWERS];
        tokio::select! {
            read = client.read_exact(&mut all) => assert_eq!(read.unwrap(), all.len()),
            ended = &mut answering => panic!("{ended:?}"),
        }
    }
}
