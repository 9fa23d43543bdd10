//! What visitors reach: the portal API and the hosted pages, under `/portal/{slug}/` and at the root of a portal's own host.

mod api;
mod cookies;
mod fast_path;
pub mod listener;
mod oidc;
mod pages;
mod portal_hosts;
mod prepared;
pub(crate) mod probes;
mod problem_details;
pub(crate) mod proxy_check;
mod rate_limits;
pub(crate) mod refresh_after_save;
mod session_cache;
pub mod snapshot;
pub(crate) mod snapshot_file;
pub mod visits;
pub(crate) mod waiting;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, Method, header},
    routing::{any, get},
};
use tower_http::cors::{Any, CorsLayer};

pub use fast_path::FastPath;
pub(crate) use oidc::{SecretKeySource, api as applications, is_open_to_all_sites};
pub(crate) use pages::PageContext;
pub(crate) use portal_hosts::PortalHosts;
use snapshot::Snapshots;

/// The routes of the portal API. Any site may read its responses: they hold nothing secret.
pub(crate) fn api(snapshots: Snapshots) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, HeaderName::from_static("retry-after")]);
    let api = Router::new()
        .route("/v1/redirects", get(api::redirects))
        .route("/v1/resolve", get(api::resolve))
        .route("/v1/{*path}", any(api::unknown_path));
    Router::new()
        .nest("/portal/{slug}", api.clone())
        .merge(api)
        .method_not_allowed_fallback(api::method_not_allowed)
        .layer(cors)
        .with_state(snapshots)
}

/// The routes of the hosted pages, and of the portal's other paths.
pub(crate) fn pages(context: Arc<PageContext>, snapshots: Snapshots) -> Router {
    pages::router(context).with_state(snapshots)
}
