//! The part for visitors: under `/portal/{slug}/`, and at the root of a host that is an instance's portal.

mod api;
mod closed;
pub mod listener;
mod problem;
pub(crate) mod saved;
pub mod snapshot;

use axum::{
    Router,
    http::{HeaderMap, HeaderName, Method, Uri, header},
    response::Response,
    routing::{any, get},
};
use tower_http::cors::{Any, CorsLayer};

use crate::security::asked_host;
use snapshot::Snapshots;

/// What answers at a host that is not the dashboard's, to what is none of the portal's routes.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere(Snapshots);

impl Elsewhere {
    pub(crate) fn new(snapshots: Snapshots) -> Self {
        Self(snapshots)
    }

    pub(crate) async fn answer(&self, headers: &HeaderMap, uri: &Uri) -> Response {
        closed::page_at_host(&self.0, headers, uri).await
    }

    /// What answers at a host whose portal is closed; `None` where there is none, or it is open.
    pub(crate) async fn closed(&self, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
        // Only portals have such names; the dashboard is asked for under plain ones.
        let host = asked_host(headers, uri)?;
        if !host.contains(".localhost") {
            return None;
        }
        closed::page_of_closed(&self.0, headers, uri).await
    }
}

/// The portal's routes. Answers may be read by any site: they hold nothing secret.
pub(crate) fn router(snapshots: Snapshots) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, HeaderName::from_static("retry-after")]);
    let api = Router::new()
        .route("/v1/redirects", get(api::redirects))
        .route("/v1/resolve", get(api::resolve))
        .route("/v1/{*path}", any(problem::no_such_path));
    Router::new()
        .nest("/portal/{slug}", api.clone())
        .merge(api)
        .route("/portal/{slug}", any(closed::page))
        .route("/portal/{slug}/", any(closed::page))
        .route("/portal/{slug}/{*path}", any(closed::page))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(cors)
        .with_state(snapshots)
}
