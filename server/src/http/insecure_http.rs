//! `--insecure-http`: the dashboard without TLS for other machines of a private network, to try it out. Nobody else gets an answer.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::IpAddr,
    task::{Context, Poll},
};

use app::runtimes::RuntimeRole;
use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse, Response},
};
use axum_client_ip::ClientIpSource;
use futures_util::future::Either;
use tower::Service;

use super::{dashboard_url::is_loopback, envelope, forwarded::is_forwarded};
use crate::{config::Config, observe::sampled::Sampled};

const REFUSED: &str =
    "This server runs without TLS (--insecure-http), so it answers only clients of its private network, without a proxy between.\n";

/// Requests from elsewhere.
static NOT_PRIVATE: Sampled = Sampled::new();

/// Checks that passwords travel with TLS, or on this machine only, or in a private network if the configuration says so.
///
/// # Errors
/// They would travel unencrypted further than the configuration allows.
pub(crate) fn check_transport(config: &Config) -> anyhow::Result<()> {
    let has_tls = config.dashboard_url.as_ref().is_some_and(|url| url.scheme() == "https");
    let listen = config.listen.ip();
    if !config.insecure_http {
        if config.role == RuntimeRole::All && !has_tls && !listen.is_loopback() {
            anyhow::bail!(
                "other machines can reach {listen}, and passwords must not travel without TLS. Put a proxy with TLS in front, and set its URL with --dashboard-url https://… To only try it in a private network, use --insecure-http."
            );
        }
        if let Some(url) = config.dashboard_url.as_ref().filter(|url| !has_tls && !url.host_str().is_some_and(is_loopback)) {
            anyhow::bail!(
                "{url} has no TLS. Set --dashboard-url to an https URL. To only try it in a private network, use --insecure-http."
            );
        }
        return Ok(());
    }
    if has_tls {
        anyhow::bail!("--insecure-http is for trying it without TLS, but --dashboard-url is an https URL. Leave one of them out.");
    }
    if config.client_address != ClientIpSource::ConnectInfo {
        anyhow::bail!(
            "--insecure-http works without a proxy only. Leave out --client-address, or put TLS into the proxy and leave out --insecure-http."
        );
    }
    if !listen.is_unspecified() && !is_private(listen) {
        anyhow::bail!(
            "{listen} is a public address, and --insecure-http is for private networks only. Choose another address with --listen."
        );
    }
    tracing::warn!(
        "there is no TLS (--insecure-http): others in the network can read passwords and take over sessions. Use it for trying things out only"
    );
    Ok(())
}

/// Whether it is an address of a private network, of a link, or of this machine.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// A service that answers one client. Under `--insecure-http` it does so only in a private network.
#[derive(Clone, Debug)]
pub(crate) struct ForClient<S> {
    service: S,
    /// Whether this client is in a private network; `None` if that does not matter.
    is_private: Option<bool>,
}

impl<S> ForClient<S> {
    /// That service for this client.
    pub(crate) fn new(service: S, client: IpAddr, insecure_http: bool) -> Self {
        Self { service, is_private: insecure_http.then(|| is_private(client)) }
    }

    /// Behind a proxy, every client seems to have the proxy's address.
    fn refuses(&self, headers: &HeaderMap) -> bool {
        self.is_private.is_some_and(|is_private| !is_private || is_forwarded(headers))
    }
}

impl<S, B> Service<Request<B>> for ForClient<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Self::Response, Infallible>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !self.refuses(request.headers()) {
            return Either::Right(self.service.call(request));
        }
        NOT_PRIVATE.note(|times| tracing::warn!(times, "a request from outside the private network is refused (--insecure-http)"));
        let mut response = (StatusCode::FORBIDDEN, REFUSED).into_response();
        envelope::complete(response.headers_mut(), envelope::name());
        Either::Left(ready(Ok(response)))
    }
}

#[cfg(test)]
mod tests;
