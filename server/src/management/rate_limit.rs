//! How many requests each token may send, and the headers that say so.
//!
//! <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>

use std::time::Duration;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::problem::Problem;
use crate::http::rate_limit::{RateLimit, RateLimited};

/// The policy, and what is left of it.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// How many requests each token may send, by its hash.
#[derive(Debug)]
pub(super) struct TokenRateLimit {
    limit: RateLimit<[u8; 32]>,
    policy: String,
}

impl TokenRateLimit {
    /// Allows `burst` requests at once, and one more after each `interval`.
    pub(super) fn new(burst: u32, interval: Duration) -> Self {
        let policy = format!("\"token\";q={burst};w={}", interval.as_millis() * u128::from(burst) / 1000);
        Self { limit: RateLimit::new(burst, interval), policy }
    }

    /// Answers a request of that token, or refuses it if there were too many.
    pub(super) async fn answer(&self, token: &[u8; 32], answer: impl Future<Output = Response>) -> Response {
        let mut response = match self.limit.take(token) {
            Ok(()) => answer.await,
            Err(RateLimited { seconds }) => {
                let detail = format!("This token has sent too many requests. Try again in {seconds} s.");
                Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).with(header::RETRY_AFTER, seconds.to_string()).into_response()
            }
        };
        for (name, value) in [(POLICY, self.policy.clone()), (LEFT, format!("\"token\";r={}", self.limit.left(token)))] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn beyond_its_requests_a_token_is_refused_and_told_when_to_come_back() {
        let limit = TokenRateLimit::new(2, Duration::from_hours(1));
        let ask = async |token: u8| limit.answer(&[token; 32], async { "done".into_response() }).await;
        for (token, status, left) in [(1, 200, 1), (1, 200, 0), (1, 429, 0), (2, 200, 1)] {
            let response = ask(token).await;
            let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(response.status().as_u16(), status, "{token} {left}");
            assert_eq!(header("ratelimit"), Some(format!("\"token\";r={left}")));
            assert_eq!(header("ratelimit-policy").as_deref(), Some("\"token\";q=2;w=7200"));
            assert_eq!(header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().unwrap() >= 1), status == 429);
        }
    }
}
