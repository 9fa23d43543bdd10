//! The whole HTTP surface: the dashboard, the portal, the browser's files, and how the process is.

use std::sync::Arc;

use app::{error::AppError, layout::loading::status_of};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use leptos_axum::{LeptosRoutes, generate_route_list};
use sqlx::PgPool;

use crate::{
    dashboard::{
        admins, archive, assets, bulk_check, copy_settings, forms, guard::guard, history, members, portal_pages,
        rate_limits::AdminRateLimits, rendering::Pages,
    },
    http::{dashboard_url::Reach, layers},
    portal::{self, PageContext, PortalHosts, probes, snapshot::Snapshots},
};

/// What a runtime without a dashboard serves: the portal, its visitors over these connections, and how the process is.
pub fn portal_router(pool: PgPool, snapshots: Snapshots, reach: Reach) -> Router {
    let visitors = PageContext::new(pool, Arc::new(reach));
    let portal_hosts = PortalHosts::new(visitors.clone(), snapshots.clone());
    let answer = async move |request: Request| portal_hosts.respond(request.into_parts().0).await;
    let hosted = portal::pages(visitors, snapshots.clone()).merge(probes::routes(snapshots.clone())).fallback(answer);
    layers::around(portal::api(snapshots).merge(layers::pages(hosted.layer(layers::body_limit()))))
}

/// Everything that is served: the dashboard over these connections, the portal from that memory.
pub fn router(pool: PgPool, snapshots: Snapshots, reach: Reach) -> Router {
    let reach = Arc::new(reach);
    let pages = Pages { pool: pool.clone(), files: assets::document_files(), reach: Arc::clone(&reach), limits: AdminRateLimits::new() };
    let visitors = PageContext::new(pool, Arc::clone(&reach));
    let portal_hosts = PortalHosts::new(visitors.clone(), snapshots.clone());
    let dashboard = dashboard(pages)
        .layer(middleware::from_fn_with_state(snapshots.clone(), portal::refresh_after_save::layer))
        .merge(probes::routes(snapshots.clone()));
    let hosted = portal::pages(visitors, snapshots.clone()).layer(layers::body_limit());
    let pages = layers::pages(hosted.merge(layers::only_for(dashboard, &reach, portal_hosts)));
    layers::around(portal::api(snapshots).merge(pages))
}

fn dashboard(pages: Pages) -> Router {
    let routes = generate_route_list({
        let pages = pages.clone();
        move || pages.document()
    });
    let (context, shown) = (pages.clone(), pages.clone());
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/instances") }))
        .route("/account", post(admins::change_password))
        .route("/account/invitation", post(admins::follow_link))
        .route("/account/reset", post(admins::follow_link))
        .route("/account/sessions", post(admins::end_session))
        .route("/account/setup", post(admins::follow_link))
        .route("/account/sign-in", post(admins::sign_in))
        .route("/account/sign-out", post(admins::sign_out))
        .route("/instances/new", post(forms::create_instance))
        .route("/instances/{slug}/archive", post(archive::archive))
        .route("/instances/{slug}/copy", post(copy_settings::copy))
        .route("/instances/{slug}/members", post(members::invite))
        .route("/instances/{slug}/members/leave", post(members::leave))
        .route("/instances/{slug}/members/remove", post(members::remove))
        .route("/instances/{slug}/members/role", post(members::change_role))
        .route("/instances/{slug}/members/withdraw", post(members::withdraw))
        .route("/instances/{slug}/portal", post(portal_pages::switch_pages))
        .route("/instances/{slug}/settings", post(forms::save_instance))
        .route("/instances/{slug}/unarchive", post(archive::unarchive))
        .route("/instances/{slug}/redirects", post(forms::save_fallbacks))
        .route("/instances/{slug}/history/{version}", post(history::restore))
        .route("/instances/{slug}/history/export.csv", get(history::export))
        .route("/instances/{slug}/history/export.json", get(history::export))
        .route("/history/export.csv", get(history::export_server))
        .route("/history/export.json", get(history::export_server))
        .leptos_routes_with_context(&pages, routes, move || context.provide(), move || shown.document())
        .layer(middleware::from_fn(server_function))
        .route("/api/{*function}", any(|| async { StatusCode::NOT_FOUND }))
        .route("/pkg/{name}", get(assets::get))
        .fallback(not_found)
        .layer(layers::body_limit())
        // A list of links is longer than any other form, and has a limit of its own; a link may be pasted with too much as well.
        .route("/instances/{slug}/preview", post(forms::preview))
        .route("/instances/{slug}/preview/links", post(bulk_check::check).layer(bulk_check::body_limit()))
        .route("/instances/{slug}/preview/links.csv", post(bulk_check::download).layer(bulk_check::body_limit()))
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(middleware::from_fn_with_state(pages.clone(), guard))
        .with_state(pages)
}

/// The page for an address that has none; a page's address with a slash too many leads to the page.
async fn not_found(State(pages): State<Pages>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path();
    if parts.uri.path_and_query().is_none() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if path.starts_with("/instances/") && path.ends_with('/') {
        return Redirect::permanent(path.trim_end_matches('/')).into_response();
    }
    pages.render_error(parts, AppError::NotFound, || ()).await
}

/// Around the server functions, which Leptos 0.8 routes itself under `/api/`: it answers 500 for every error, and sends
/// forms without JavaScript back to whatever `Referer` says. Here they are called by scripts only, and errors have their status.
async fn server_function(mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    for header in [header::ACCEPT, header::REFERER] {
        request.headers_mut().remove(header);
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024).await.unwrap_or_default();
    parts.status = serde_json::from_slice(&body).map_or(StatusCode::SERVICE_UNAVAILABLE, status_of);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
