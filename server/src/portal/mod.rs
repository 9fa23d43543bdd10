//! The part for visitors: under `/portal/{slug}/`, and at the root of a host that is an instance's portal.

mod api;
mod problem;
mod snapshot;

use axum::{
    Router,
    http::{HeaderName, Method, header},
    routing::get,
};
use sqlx::PgPool;
use tower_http::cors::{Any, CorsLayer};

use snapshot::Snapshots;

/// The portal's routes. Answers may be read by any site: they hold nothing secret.
pub(crate) fn router(pool: PgPool) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, HeaderName::from_static("retry-after")]);
    let api = Router::new()
        .route("/v1/redirects", get(api::redirects))
        .route("/v1/resolve", get(api::resolve))
        .route("/v1/{*path}", axum::routing::any(problem::no_such_path));
    Router::new()
        .nest("/portal/{slug}", api.clone())
        .merge(api)
        .route("/portal/{slug}", axum::routing::any(problem::no_such_path))
        .route("/portal/{slug}/{*path}", axum::routing::any(problem::no_such_path))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(cors)
        .with_state(Snapshots::new(pool))
}
