//! The guard that keeps other host names away from the dashboard.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::header,
    middleware::{self, Next},
};

use crate::{
    http::{dashboard_url::DashboardUrl, host::host_of, options::TransportSecurity},
    portal::PortalHosts,
};

/// Lets only requests for the configured name reach the dashboard, or for loopback names while it has no TLS. Otherwise any site could
/// point its own name to this machine, and a browser would take its pages for the dashboard's own origin (DNS rebinding).
pub(crate) fn guard_host(
    router: Router,
    dashboard_url: &Arc<DashboardUrl>,
    portal_hosts: PortalHosts,
    transport_security: TransportSecurity,
) -> Router {
    let dashboard_url = Arc::clone(dashboard_url);
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let (dashboard_url, portal_hosts) = (Arc::clone(&dashboard_url), portal_hosts.clone());
        async move {
            let Some(host) = host_of(&request).filter(|host| dashboard_url.is_own(host)) else {
                tracing::debug!("a request for the dashboard names a host that is not that of --dashboard-url");
                return portal_hosts.respond(request.into_parts().0).await;
            };
            // A portal may be on a loopback name too, as in development.
            let (parts, body) = request.into_parts();
            if !dashboard_url.is_configured(&host) && portal_hosts.has_local_portal(&parts.headers, &parts.uri).await {
                return portal_hosts.respond(parts).await;
            }
            let request = Request::from_parts(parts, body);
            let mut response = next.run(request).await;
            if dashboard_url.is_secure(&host) {
                response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, transport_security.header());
            }
            response
        }
    }))
}
