//! The whole HTTP surface: the dashboard, the portal, the browser's files, and the probes.

use std::sync::Arc;

use axum::{Extension, Router, extract::Request, middleware};
use sqlx::PgPool;

use crate::{
    config::SecondFactor,
    dashboard::{self, Dashboard},
    http::{client_limit, dashboard_url::DashboardUrl, envelope::Around, layers, options::HttpOptions},
    management::{self, Management},
    observe::{metrics, traces},
    portal::{self, PageContext, PortalHosts, probes, refresh_after_save, snapshot::Snapshots},
    target_checks::proof_routes,
};

/// What a runtime without a dashboard serves: the portal, its context over these connections, and the probes.
pub fn portal_router(pool: PgPool, snapshots: Snapshots, dashboard_url: DashboardUrl, options: HttpOptions) -> Router {
    let context = PageContext::new(pool, Arc::new(dashboard_url), options.transport_security, snapshots.visits().clone());
    let portal_hosts = PortalHosts::new(context.clone(), snapshots.clone());
    let proof = proof_routes(snapshots.pool().clone());
    let answer = async move |request: Request| portal_hosts.respond(request.into_parts().0).await;
    let hosted = portal::pages(context, snapshots.clone()).merge(probes::routes(snapshots.clone())).fallback(answer);
    let pages = layers::pages(for_clients(hosted.layer(layers::body_limit()), options));
    around(portal::api(snapshots).merge(proof).merge(pages))
}

/// Everything that is served: the dashboard over these connections, the portal from that memory.
pub fn router(
    pool: PgPool,
    snapshots: Snapshots,
    dashboard_url: DashboardUrl,
    options: HttpOptions,
    second_factor: SecondFactor,
) -> Router {
    let dashboard_url = Arc::new(dashboard_url);
    let context = PageContext::new(pool.clone(), Arc::clone(&dashboard_url), options.transport_security, snapshots.visits().clone());
    let portal_hosts = PortalHosts::new(context.clone(), snapshots.clone());
    let dashboard = Dashboard::new(pool, Arc::clone(&dashboard_url), second_factor, &options);
    let management = management::router(Management::new(&dashboard));
    let dashboard = dashboard::routes::router(dashboard)
        .merge(management)
        .layer(middleware::from_fn_with_state(snapshots.clone(), refresh_after_save::layer))
        .merge(probes::routes(snapshots.clone()));
    let dashboard = dashboard::host_guard::guard_host(dashboard, &dashboard_url, portal_hosts, options.transport_security);
    let proof = proof_routes(snapshots.pool().clone());
    let hosted = portal::pages(context, snapshots.clone()).layer(layers::body_limit());
    let pages = layers::pages(for_clients(hosted.merge(dashboard), options));
    around(portal::api(snapshots).merge(proof).merge(pages))
}

/// Tells a router who its clients are, and lets none of them have too many requests at a time.
fn for_clients(router: Router, HttpOptions { client_address, client_limit, .. }: HttpOptions) -> Router {
    router.layer((Extension(client_address), middleware::from_fn_with_state(client_limit, client_limit::limit)))
}

/// Puts what holds for every request and answer around a router.
pub fn around(router: Router) -> Router {
    // Traces and metrics that nobody reads cost nothing.
    let router = if traces::are_sent() { router.layer(middleware::from_fn(traces::traced)) } else { router };
    if metrics::are_kept() { router.layer((metrics::Counting, Around)) } else { router.layer(Around) }
}
