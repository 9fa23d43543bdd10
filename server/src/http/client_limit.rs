//! How many requests one client may have at a time behind a proxy, whose connections belong to everybody. A request lasts until its
//! answer is read.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_client_ip::ClientIpSource;

use super::{client_address::client_address, connections::MaxConnections, rate_limit::network, turns::Turns};
use crate::observe::sampled::Sampled;

/// Requests that were refused.
static REFUSED: Sampled = Sampled::new();

/// Requests whose client is not known.
static UNKNOWN: Sampled = Sampled::new();

/// The limit; none if clients connect themselves, since then their connections are limited.
#[derive(Clone, Debug)]
pub(crate) struct ClientLimit(Option<Arc<Turns<IpAddr>>>);

impl ClientLimit {
    /// The limit for clients that are told apart in this way.
    pub(crate) fn new(source: &ClientIpSource, max: MaxConnections) -> Self {
        let of_address = max.of_address.filter(|_| *source != ClientIpSource::ConnectInfo);
        Self(of_address.map(|of_address| Arc::new(Turns::new(of_address, max.total))))
    }
}

/// Refuses a request of a client that has too many. Where the client is not known, only the total of connections counts.
pub(crate) async fn limit(State(ClientLimit(turns)): State<ClientLimit>, mut request: Request, next: Next) -> Response {
    let address = client_address(&mut request).await;
    if address.is_none() {
        UNKNOWN.note(|times| {
            tracing::warn!(
                times,
                "a request has no client address in the header that --client-address names: such clients share one limit, and History \
                 shows no address; set that header in the proxy"
            );
        });
    }
    let Some((turns, address)) = turns.zip(address) else { return next.run(request).await };
    if let Some(turn) = turns.try_take(network(address)) {
        return turn.until_written(next.run(request).await);
    }
    REFUSED.note(|times| tracing::warn!(times, "a client has too many requests at a time; more are refused"));
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "5")], "Too many requests at a time. Wait for some of them to end.\n")
        .into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Extension, Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    fn router(source: ClientIpSource) -> Router {
        let limit_to_two = ClientLimit::new(&source, MaxConnections { total: 100, of_address: Some(2) });
        Router::new().route("/", get(|| async { "x" })).layer(middleware::from_fn_with_state(limit_to_two, limit)).layer(Extension(source))
    }

    async fn ask(router: &Router, client: Option<&str>) -> Response {
        let request = client.into_iter().fold(Request::builder().uri("/"), |request, client| request.header("x-real-ip", client));
        router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn behind_a_proxy_unread_answers_count_for_their_client() {
        let router = router(ClientIpSource::XRealIp);
        let unread = [ask(&router, Some("192.0.2.1")).await, ask(&router, Some("192.0.2.1")).await];
        let third = ask(&router, Some("192.0.2.1")).await;
        assert_eq!((third.status(), &third.headers()["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"5".parse().unwrap()));
        assert_eq!(ask(&router, Some("192.0.2.2")).await.status(), StatusCode::OK);
        drop(unread);
        assert_eq!(ask(&router, Some("192.0.2.1")).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn unknown_clients_are_not_limited_here() {
        let router = router(ClientIpSource::XRealIp);
        let mut unread = Vec::new();
        for _ in 0..10 {
            unread.push(ask(&router, None).await);
        }
        assert!(unread.iter().all(|answer| answer.status() == StatusCode::OK));
    }
}
