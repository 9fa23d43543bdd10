//! The routes of the management API.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::StatusCode,
    middleware,
    routing::get,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Management, activity, allowed_origins,
    caller::authenticate,
    history, instances, members,
    openapi::{base, response, whole},
    page,
    problem::Problem,
    redirects, resolve,
};
use crate::http::layers::MAX_BODY_BYTES;

/// Where the API is.
pub(crate) const PREFIX: &str = "/management/v1";

/// The largest list of links, in bytes. JSON needs more of them than the dashboard's lists do.
const MAX_LIST_BYTES: usize = 4 * app::bulk_check::list::MAX_LIST_BYTES;

/// The paths and their description.
fn described() -> OpenApiRouter<Management> {
    OpenApiRouter::with_openapi(base()).nest(
        PREFIX,
        OpenApiRouter::new()
            .routes(routes!(instances::list::list, instances::create::create))
            .routes(routes!(instances::read, instances::update::replace, instances::update::change))
            .routes(routes!(instances::update::archive))
            .routes(routes!(instances::update::impact))
            .routes(routes!(redirects::read, redirects::replace, redirects::change))
            .routes(routes!(allowed_origins::list, allowed_origins::add, allowed_origins::remove))
            .routes(routes!(resolve::one))
            .routes(routes!(activity::read))
            .routes(routes!(history::read))
            .routes(routes!(members::list))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .merge(OpenApiRouter::new().routes(routes!(resolve::bulk)).layer(DefaultBodyLimit::max(MAX_LIST_BYTES))),
    )
}

/// The router of the API. Everything but its description needs a token.
pub(crate) fn router(management: Management) -> Router {
    let (router, document) = described().split_for_parts();
    let document = Arc::new(whole(&document));
    let shown = Arc::clone(&document);
    let schema = Arc::new(app::manifest::json_schema());
    let api = router
        .route(&format!("{PREFIX}/{{*path}}"), axum::routing::any(unknown_path))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(management.clone(), authenticate))
        .with_state(management);
    Router::new()
        .route(PREFIX, get(move || async move { page::response(&shown) }))
        .route(&format!("{PREFIX}/openapi.json"), get(move || async move { response(&document) }))
        .route(app::manifest::SCHEMA_PATH, get(move || async move { response(&schema) }))
        .merge(api)
}

async fn unknown_path(request: Request) -> Problem {
    let detail = format!("There is no path {}. See {PREFIX}/openapi.json.", request.uri().path());
    Problem::new(StatusCode::NOT_FOUND, detail)
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format_args!("This path has no such method. Allow says which it has, and {PREFIX}/openapi.json what they do."),
    )
}
