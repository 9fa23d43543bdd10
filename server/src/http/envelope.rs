//! Around every request and its answer, in one step: a name by which its lines are found in the log, a bound on its address and on
//! its time, and headers that every answer has. One layer and not one for each: every layer around a router costs each request an
//! allocation or two and a copy of all that is below it, and the portal's warm answers are made in less time than that.

use std::{
    convert::Infallible,
    future::Future,
    hash::{BuildHasher, RandomState},
    pin::Pin,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::http::{
    host::is_plain,
    request::{MAX_ADDRESS_BYTES, NAME, logged_path},
};

/// The longest that a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What an answer has, unless it says otherwise itself.
const FIXED: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// What an answer has beside, unless its type is one of [`NO_PAGES`]: a browser goes by them where it shows a page.
const OF_PAGES: [(HeaderName, HeaderValue); 3] = [
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// The types of answers that no browser shows as a page: programs read the first, and pages load the others.
const NO_PAGES: [&str; 4] = ["application/json", "application/wasm", "text/css; charset=utf-8", "text/javascript; charset=utf-8"];

/// Puts it around each route of a router.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around;

impl<S> Layer<S> for Around {
    type Service = Surrounded<S>;

    fn layer(&self, inner: S) -> Surrounded<S> {
        Surrounded(inner)
    }
}

/// A route with that around it.
#[derive(Clone, Debug)]
pub(crate) struct Surrounded<S>(S);

impl<S> Service<Request> for Surrounded<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let begun = Instant::now();
        // What a client calls it does not count, and is not logged.
        let name = name();
        request.headers_mut().insert(NAME, name.clone());
        let id = name.to_str().unwrap_or_default();
        let span = tracing::info_span!("request", id, method = %request.method(), path = logged_path(&request));
        let answer = match refused(&request) {
            Some(refused) => Err(refused),
            None => Ok(span.in_scope(|| self.0.call(request))),
        };
        let answering = async move {
            let mut response = match answer {
                Err(refused) => refused.into_response(),
                Ok(answer) => match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
                    Ok(Ok(response)) => response,
                    Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                },
            };
            tracing::debug!(status = response.status().as_u16(), microseconds = begun.elapsed().as_micros(), "answered");
            complete(response.headers_mut(), name);
            Ok(response)
        };
        Box::pin(answering.instrument(span))
    }
}

/// What a request is answered that nothing below may see.
fn refused(request: &Request) -> Option<(StatusCode, &'static str)> {
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > MAX_ADDRESS_BYTES) {
        Some((StatusCode::URI_TOO_LONG, "This address is too long: 32,768 bytes at most.\n"))
    } else if !is_plain(request.headers(), request.uri()) {
        Some((StatusCode::BAD_REQUEST, "Name the host once, as in `Host: accounts.myapp.com`.\n"))
    } else {
        None
    }
}

/// Gives an answer the headers that every answer has, and its request's name.
pub(crate) fn complete(headers: &mut HeaderMap, name: HeaderValue) {
    headers.reserve(FIXED.len() + OF_PAGES.len() + 1);
    let is_page = headers.get(header::CONTENT_TYPE).is_none_or(|kind| NO_PAGES.iter().all(|known| kind != known));
    for (header, value) in FIXED.into_iter().chain(OF_PAGES.into_iter().filter(|_| is_page)) {
        headers.entry(header).or_insert(value);
    }
    headers.insert(NAME, name);
}

/// A name of 64 bits that nobody guesses: a count, hashed with a key of this process. Asking the system for each would take longer
/// than the rest.
pub(crate) fn name() -> HeaderValue {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    let bytes = number.to_be_bytes();
    let digits: [u8; 16] = std::array::from_fn(|place| {
        let byte = bytes[place / 2];
        b"0123456789abcdef"[usize::from(if place % 2 == 0 { byte >> 4 } else { byte & 15 })]
    });
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static(""))
}
