//! The part for visitors: under `/portal/{slug}/`, and at the root of a host that is an instance's portal.

mod api;
mod closed;
mod fast_path;
pub mod listener;
mod pages;
pub(crate) mod probes;
mod problem_details;
pub(crate) mod refresh_after_save;
pub mod snapshot;
pub(crate) mod snapshot_file;

use axum::{
    Router,
    http::{HeaderMap, HeaderName, Method, Uri, header, request::Parts},
    response::Response,
    routing::{any, get},
};
use tower_http::cors::{Any, CorsLayer};

use crate::http::layers::asked_host;
pub use fast_path::Ahead;
pub(crate) use pages::Portal;
use snapshot::Snapshots;

/// What answers at a host that is not the dashboard's, to what is none of the portal's routes.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere {
    portal: Portal,
    snapshots: Snapshots,
}

impl Elsewhere {
    pub(crate) fn new(portal: Portal, snapshots: Snapshots) -> Self {
        Self { portal, snapshots }
    }

    pub(crate) async fn answer(&self, head: Parts) -> Response {
        pages::at_host(self.portal.clone(), &self.snapshots, head).await
    }

    /// Whether the host that was asked for is a portal's, by a name of this machine.
    pub(crate) async fn is_at(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        // Only portals have such names; the dashboard is asked for under plain ones.
        asked_host(headers, uri).is_some_and(|host| host.contains(".localhost")) && self.snapshots.at_host(headers, uri).await.is_ok()
    }
}

/// The portal's API. Its answers may be read by any site: they hold nothing secret.
pub(crate) fn api(snapshots: Snapshots) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, HeaderName::from_static("retry-after")]);
    let api = Router::new()
        .route("/v1/redirects", get(api::redirects))
        .route("/v1/resolve", get(api::resolve))
        .route("/v1/{*path}", any(problem_details::no_such_path));
    Router::new()
        .nest("/portal/{slug}", api.clone())
        .merge(api)
        .method_not_allowed_fallback(problem_details::method_not_allowed)
        .layer(cors)
        .with_state(snapshots)
}

/// The hosted pages, and the portal's other paths.
pub(crate) fn pages(portal: Portal, snapshots: Snapshots) -> Router {
    pages::router(portal).with_state(snapshots)
}
