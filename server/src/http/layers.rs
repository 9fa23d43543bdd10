//! What every answer carries and every request must pass: headers, limits, no other site's posts, no other host's name.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use leptos::nonce::use_nonce;
use leptos_axum::ResponseOptions;
use tower_http::{compression::CompressionLayer, csrf::CsrfLayer, limit::RequestBodyLimitLayer};
use url::Url;

use crate::{
    http::{dashboard_url::Reach, envelope::Around},
    observe::{metrics, traces},
    portal::PortalHosts,
};

/// The largest body that is read, in bytes: a form with every field far over its limit still comes back to be mended. Lists of
/// links have a limit of their own.
const LARGEST_BODY: usize = 256 * 1024;

/// How long browsers ask under TLS only, once they have had an answer under TLS: a year.
pub(crate) const TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Bounds the bodies that are sent to a router's routes so far.
pub(crate) fn body_limit() -> RequestBodyLimitLayer {
    RequestBodyLimitLayer::new(LARGEST_BODY)
}

/// Puts what holds for every request and answer around the router.
pub fn around(router: Router) -> Router {
    // Where nobody reads them, they cost nothing.
    let router = if traces::are_sent() { router.layer(middleware::from_fn(traces::traced)) } else { router };
    if metrics::are_kept() { router.layer((metrics::Counting, Around)) } else { router.layer(Around) }
}

/// Puts around pages what answers of the portal API need not have: they change nothing, and are small.
pub(crate) fn pages(router: Router) -> Router {
    // The browser's files have their compressed forms already; pages hold no secret that their length could tell: what they repeat
    // of a query stands beside its own percent-encoding.
    router.layer((CompressionLayer::new(), CsrfLayer::new()))
}

/// Sets a page's content security policy, from inside its context, where the nonce exists.
pub(crate) fn set_page_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), leptos::prelude::use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Lets only requests for loopback names, or for the configured one, reach the dashboard. Otherwise any site could have its own
/// name point to this machine, and its pages would be the dashboard's own origin to a browser (DNS rebinding).
pub(crate) fn only_for(router: Router, reach: &Arc<Reach>, portal_hosts: PortalHosts) -> Router {
    let reach = Arc::clone(reach);
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let (reach, portal_hosts) = (Arc::clone(&reach), portal_hosts.clone());
        async move {
            let Some(host) = host_of(&request).filter(|host| reach.is_own(host)) else {
                tracing::debug!("the dashboard was asked for under a host name that is not that of --dashboard-url");
                return portal_hosts.respond(request.into_parts().0).await;
            };
            // A portal may be on a name of this machine too, as in development.
            let (parts, body) = request.into_parts();
            if !reach.is_configured(&host) && portal_hosts.has_local_portal(&parts.headers, &parts.uri).await {
                return portal_hosts.respond(parts).await;
            }
            let request = Request::from_parts(parts, body);
            let mut response = next.run(request).await;
            if reach.is_secure(&host) {
                response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT_SECURITY));
            }
            response
        }
    }))
}

/// The host name that was asked for, without its port.
pub(crate) fn host_of(request: &Request) -> Option<String> {
    asked_host(request.headers(), request.uri()).and_then(host_name)
}

/// The name in a `Host` header, as URLs have it.
pub(crate) fn host_name(host: &str) -> Option<String> {
    Some(Url::parse(&format!("http://{host}")).ok()?.host_str()?.to_owned())
}

/// The host that was asked for, with its port: from the request line (HTTP/2), else the `Host` header.
pub(crate) fn asked_host<'a>(headers: &'a axum::http::HeaderMap, uri: &'a axum::http::Uri) -> Option<&'a str> {
    uri.authority().map(axum::http::uri::Authority::as_str).or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// Answers for a method that a path does not have.
pub(crate) async fn method_not_allowed() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}
