//! Refuses what shows that the proxy in front of the server is not set up. With a dashboard behind TLS, such a request would get a
//! session without TLS's protection, or share its limits with everybody.

use std::sync::Arc;

use app::portal::view::ProxyMistake;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName},
    middleware::Next,
    response::Response,
};
use axum_client_ip::ClientIpSource;

use super::{pages, problem_details::ProblemDetails, snapshot::Snapshots};
use crate::{
    http::{dashboard_url::DashboardUrl, forwarded::address_header, host::host_of},
    observe::sampled::Sampled,
};

/// Requests with a client's address that is not read.
static UNREAD: Sampled = Sampled::new();

/// What a request is checked against.
#[derive(Clone, Debug)]
pub(crate) struct ProxyCheck {
    dashboard_url: Arc<DashboardUrl>,
    /// Whether each client's address is that of its connection.
    reads_connection: bool,
    snapshots: Snapshots,
}

impl ProxyCheck {
    pub(crate) fn new(dashboard_url: &Arc<DashboardUrl>, client_address: &ClientIpSource, snapshots: &Snapshots) -> Self {
        Self {
            dashboard_url: Arc::clone(dashboard_url),
            reads_connection: *client_address == ClientIpSource::ConnectInfo,
            snapshots: snapshots.clone(),
        }
    }

    /// Whether nothing shows that the proxy is not set up, so that [`of_pages`] has nothing to say.
    pub(crate) fn passes(&self, headers: &HeaderMap) -> bool {
        self.unread(headers).is_none()
    }

    /// The header that tells a client's address nobody reads.
    fn unread(&self, headers: &HeaderMap) -> Option<&'static HeaderName> {
        if self.reads_connection { address_header(headers) } else { None }
    }
}

/// Around pages and the management API: refuses a request that tells a client's address nobody reads. Where the dashboard has no TLS,
/// as on a laptop or beside a portal runtime, the log says so.
pub(crate) async fn of_pages(State(check): State<ProxyCheck>, request: Request, next: Next) -> Response {
    let Some(header) = check.unread(request.headers()) else { return next.run(request).await };
    UNREAD.note(|times| {
        tracing::warn!(
            times,
            "a proxy tells the client's address in a header, as in X-Forwarded-For, but --client-address is ConnectInfo: all clients \
             share the proxy's address and its limits; set --client-address to the header that the proxy sets"
        );
    });
    if check.dashboard_url.has_tls() {
        return pages::proxy_mistake(request.headers(), ProxyMistake::ClientAddress(header.to_string()));
    }
    next.run(request).await
}

/// Around the portal API: at a host that is neither the dashboard's nor a portal's, it says why there is nothing. Below
/// `/portal/{slug}` any host will do, and a client's address is never read.
pub(crate) async fn of_api(State(check): State<ProxyCheck>, request: Request, next: Next) -> Response {
    let names_portal = request.uri().path().starts_with("/v1/") && check.dashboard_url.has_tls();
    if !names_portal || host_of(&request).is_some_and(|host| check.dashboard_url.is_configured(&host)) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match check.snapshots.at_host(&parts.headers, &parts.uri).await {
        Err(ProblemDetails::UnknownInstance) => pages::misdirected(&parts),
        _ => next.run(Request::from_parts(parts, body)).await,
    }
}
