//! The whole HTTP surface: the dashboard, the portal, the browser's files, and the probes.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::Request,
    http::Method,
    middleware::{self, Next},
    response::Response,
};
use sqlx::PgPool;

use crate::{
    config::SecondFactor,
    dashboard::{self, Dashboard},
    http::{client_limit, dashboard_url::DashboardUrl, envelope::Around, layers, options::HttpOptions},
    management::{self, Management},
    observe::{metrics, traces},
    portal::{
        self, FastPath, PageContext, PortalHosts, SecretKeySource, probes,
        proxy_check::{self, ProxyCheck},
        refresh_after_save,
        snapshot::Snapshots,
        waiting,
    },
    target_checks::proof_routes,
};

/// What answers requests.
#[derive(Clone, Debug)]
pub struct Site {
    /// Everything.
    pub router: Router,
    /// What is answered from memory, before the router.
    pub fast_path: FastPath,
}

/// What a runtime without a dashboard serves: the portal, its context over these connections, and the probes.
pub fn portal_site(pool: PgPool, snapshots: Snapshots, dashboard_url: DashboardUrl, options: HttpOptions) -> Site {
    let dashboard_url = Arc::new(dashboard_url);
    let check = ProxyCheck::new(&dashboard_url, &options.client_address, &snapshots);
    let secret = SecretKeySource { file: options.secret_key_file.clone(), creates: false };
    let context = PageContext::new(pool, dashboard_url, &options, &snapshots, secret);
    let fast_path = FastPath::new(snapshots.clone()).with_pages(context.clone(), check.clone());
    let applications = portal::applications(context.clone(), snapshots.clone());
    let portal_hosts = PortalHosts::new(context.clone(), snapshots.clone());
    let proof = proof_routes(snapshots.pool().clone());
    let answer = async move |request: Request| portal_hosts.respond(request.into_parts().0).await;
    let hosted = portal::pages(context, snapshots.clone()).fallback(answer);
    Site { router: assemble(hosted.layer(layers::body_limit()), applications, proof, snapshots, options, check), fast_path }
}

/// Everything that is served: the dashboard over these connections, the portal from that memory.
pub fn site(pool: PgPool, snapshots: Snapshots, dashboard_url: DashboardUrl, options: HttpOptions, second_factor: SecondFactor) -> Site {
    let dashboard_url = Arc::new(dashboard_url);
    let check = ProxyCheck::new(&dashboard_url, &options.client_address, &snapshots);
    let secret = SecretKeySource { file: Some(second_factor.key_file.clone()), creates: true };
    let context = PageContext::new(pool.clone(), Arc::clone(&dashboard_url), &options, &snapshots, secret);
    let fast_path = FastPath::new(snapshots.clone()).with_pages(context.clone(), check.clone());
    let applications = portal::applications(context.clone(), snapshots.clone());
    let deleting = context.clone();
    let portal_hosts = PortalHosts::new(context.clone(), snapshots.clone());
    let dashboard = Dashboard::new(pool, Arc::clone(&dashboard_url), second_factor, &options);
    let management = management::router(Management::new(&dashboard));
    let dashboard = dashboard::routes::router(dashboard)
        .merge(management)
        .layer(middleware::from_fn(move |request, next| forget_deleted_visitors(deleting.clone(), request, next)))
        .layer(middleware::from_fn_with_state(snapshots.clone(), refresh_after_save::layer))
        .layer(middleware::from_fn_with_state(snapshots.clone(), waiting::layer));
    let dashboard = dashboard::host_guard::guard_host(dashboard, &dashboard_url, portal_hosts, options.transport_security);
    let proof = proof_routes(snapshots.pool().clone());
    let hosted = portal::pages(context, snapshots.clone()).layer(layers::body_limit());
    Site { router: assemble(hosted.merge(dashboard), applications, proof, snapshots, options, check), fast_path }
}

/// Puts the pages beside the portal API and the probes. Probes come from the machine or a load balancer, under whatever host.
fn assemble(pages: Router, applications: Router, proof: Router, snapshots: Snapshots, options: HttpOptions, check: ProxyCheck) -> Router {
    let applications =
        for_clients(applications, options.clone()).layer(middleware::from_fn_with_state(check.clone(), proxy_check::of_pages));
    let pages = for_clients(pages, options).layer(middleware::from_fn_with_state(check.clone(), proxy_check::of_pages));
    let api = portal::api(snapshots.clone()).layer(middleware::from_fn_with_state(check, proxy_check::of_api));
    around(api.merge(applications).merge(proof).merge(probes::routes(snapshots)).merge(layers::pages(pages, portal::is_open_to_all_sites)))
}

/// Tells a router who its clients are, and lets none of them have too many requests at a time.
fn for_clients(router: Router, HttpOptions { client_address, client_limit, .. }: HttpOptions) -> Router {
    router.layer((Extension(client_address), middleware::from_fn_with_state(client_limit, client_limit::limit)))
}

/// An admin who deletes a visitor's account ends their sessions, of which this server must know at once.
async fn forget_deleted_visitors(context: Arc<PageContext>, request: Request, next: Next) -> Response {
    let deletes = request.method() == Method::POST && request.uri().path().ends_with("/visitors/delete");
    let response = next.run(request).await;
    if deletes {
        context.forget_sessions();
    }
    response
}

/// Puts what holds for every request and answer around a router.
pub fn around(router: Router) -> Router {
    // Traces and metrics that nobody reads cost nothing.
    let router = if traces::are_sent() { router.layer(middleware::from_fn(traces::traced)) } else { router };
    if metrics::are_kept() { router.layer((metrics::Counting, Around)) } else { router.layer(Around) }
}
