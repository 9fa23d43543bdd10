//! The whole HTTP surface: the dashboard, the portal, the browser's files, and how the process is.

use app::error::AppError;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use sqlx::PgPool;

use crate::{assets, forms, pages::Pages, portal, security};

/// Everything that is served. `dashboard_hosts` are host names besides loopback ones under which the dashboard may be asked for.
pub fn router(pool: PgPool, dashboard_hosts: &[String]) -> Router {
    let pages = Pages { pool: pool.clone(), files: assets::document_files() };
    let portal = portal::router(pool);
    security::around(portal.merge(security::only_for(dashboard(pages), dashboard_hosts)))
}

fn dashboard(pages: Pages) -> Router {
    let routes = generate_route_list({
        let pages = pages.clone();
        move || pages.document()
    });
    let (context, shown) = (pages.clone(), pages.clone());
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/instances") }))
        .route("/instances/new", post(forms::create_instance))
        .route("/instances/{slug}/settings", post(forms::save_instance))
        .route("/instances/{slug}/redirects", post(forms::save_fallbacks))
        .leptos_routes_with_context(&pages, routes, move || context.provide(), move || shown.document())
        .route("/api/{*function}", any(server_function))
        .route("/pkg/{name}", get(assets::get))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(not_found)
        .method_not_allowed_fallback(security::method_not_allowed)
        .with_state(pages)
}

/// `GET /readyz`: whether the database answers.
async fn ready(State(pages): State<Pages>) -> Response {
    match app::instances::store::ping(&pages.pool).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// The page for an address that has none.
async fn not_found(State(pages): State<Pages>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if parts.uri.path_and_query().is_none() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    pages.render(parts, StatusCode::NOT_FOUND, || ()).await
}

/// `/api/{function}`: a server function, with a status that fits its error (Leptos 0.8 answers 500 for every one).
async fn server_function(State(pages): State<Pages>, request: Request) -> Response {
    let known = leptos::server_fn::axum::server_fn_paths().any(|(path, method)| path == request.uri().path() && method == request.method());
    if !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    let response = handle_server_fns_with_context(move || pages.provide(), request).await.into_response();
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024).await.unwrap_or_default();
    parts.status = match serde_json::from_slice(&body) {
        Ok(AppError::NotFound) => StatusCode::NOT_FOUND,
        Ok(AppError::BadRequest) => StatusCode::BAD_REQUEST,
        Ok(AppError::Unavailable | AppError::Unreachable) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
