//! The dashboard's routes: its pages, what is posted to them, server functions, the browser's files.

use app::{error::AppError, paths};
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use leptos_axum::{LeptosRoutes, generate_route_list};

use super::{
    Dashboard, activity, admin_provider, admins, api_tokens, applications, archive, assets, bulk_check, copy_settings,
    failure::{Failure, render_failures},
    fallbacks, fragments,
    guard::guard,
    history, identity_provider, instances, members, portal_pages, preview, preview_origins, recent, second_factor, server_functions,
    target_checks, visitors,
};
use crate::http::layers;

/// The router of the dashboard.
pub(crate) fn router(dashboard: Dashboard) -> Router {
    let routes = generate_route_list({
        let dashboard = dashboard.clone();
        move || dashboard.document()
    });
    let (context, shown) = (dashboard.clone(), dashboard.clone());
    // Without a provider, there are no such pages.
    let provider = match &dashboard.admin_provider {
        Some(_) => {
            Router::new().route(paths::PROVIDER, get(admin_provider::begin)).route(paths::PROVIDER_CALLBACK, get(admin_provider::callback))
        }
        None => Router::new(),
    };
    provider
        .route("/", get(|| async { Redirect::temporary("/instances") }))
        .route("/account", post(admins::change_password))
        .route("/account/invitation", post(admins::follow_link))
        .route("/account/reset", post(admins::follow_link))
        .route("/account/second-factor", post(second_factor::begin))
        .route("/account/second-factor/confirm", post(second_factor::confirm))
        .route("/account/second-factor/off", post(second_factor::turn_off))
        .route("/account/second-factor/recovery-codes", post(second_factor::new_recovery_codes))
        .route("/account/sessions", post(admins::end_session))
        .route("/account/setup", post(admins::follow_link))
        .route("/account/sign-in", post(admins::sign_in))
        .route("/account/sign-in/code", post(second_factor::enter_code))
        .route("/account/sign-out", post(admins::sign_out))
        .route(paths::SWITCHER, get(fragments::switcher))
        .route(paths::SERVER_API_TOKENS, post(api_tokens::issue_for_server))
        .route(paths::REVOKE_SERVER_API_TOKEN, post(api_tokens::revoke_of_server))
        .route("/instances/new", post(instances::create))
        .route("/instances/{slug}/activity/allow", post(activity::allow))
        .route("/instances/{slug}/activity/counting", post(activity::set_counting))
        .route("/instances/{slug}/activity/dismiss", post(activity::dismiss))
        .route("/instances/{slug}/activity/refused.csv", get(activity::refused))
        .route("/instances/{slug}/api-tokens", post(api_tokens::issue))
        .route("/instances/{slug}/api-tokens/revoke", post(api_tokens::revoke))
        .route("/instances/{slug}/applications", post(applications::save))
        .route("/instances/{slug}/applications/clients", post(applications::add_client))
        .route("/instances/{slug}/applications/clients/remove", post(applications::remove_client))
        .route("/instances/{slug}/applications/clients/secret", post(applications::replace_secret))
        .route("/instances/{slug}/archive", post(archive::archive))
        .route("/instances/{slug}/copy", post(copy_settings::copy))
        .route("/instances/{slug}/live", get(fragments::live))
        .route("/instances/{slug}/members", post(members::invite))
        .route("/instances/{slug}/members/leave", post(members::leave))
        .route("/instances/{slug}/members/remove", post(members::remove))
        .route("/instances/{slug}/members/role", post(members::change_role))
        .route("/instances/{slug}/members/withdraw", post(members::withdraw))
        .route("/instances/{slug}/portal", post(portal_pages::switch))
        .route("/instances/{slug}/settings", post(instances::save))
        .route("/instances/{slug}/settings/preview-origins/remove", post(preview_origins::remove))
        .route("/instances/{slug}/sign-in", post(identity_provider::post))
        .route("/instances/{slug}/targets", post(target_checks::check))
        .route("/instances/{slug}/visitors", post(visitors::find))
        .route("/instances/{slug}/visitors/delete", post(visitors::delete))
        .route("/instances/{slug}/visitors/waitlist", post(visitors::delete_waitlist_entry))
        .route("/instances/{slug}/visitors/waitlist.csv", get(visitors::waitlist))
        .route("/instances/{slug}/unarchive", post(archive::unarchive))
        .route("/instances/{slug}/redirects", post(fallbacks::save))
        .route("/instances/{slug}/history/{version}", post(history::restore))
        .route("/instances/{slug}/history/export.csv", get(history::export))
        .route("/instances/{slug}/history/export.json", get(history::export))
        .route("/history/export.csv", get(history::export_server))
        .route("/history/export.json", get(history::export_server))
        .leptos_routes_with_context(&dashboard, routes, move || context.provide(), move || shown.document())
        .layer(middleware::from_fn(server_functions::with_status))
        .route("/api/{*function}", any(|| async { StatusCode::NOT_FOUND }))
        .route("/pkg/{name}", get(assets::get))
        .fallback(not_found)
        .layer(layers::body_limit())
        // A bulk check is longer than any other form, and a link may be pasted with too much: both have limits of their own.
        .route("/instances/{slug}/preview", post(preview::preview))
        .route("/instances/{slug}/preview/links", post(bulk_check::check).layer(bulk_check::body_limit()))
        .route("/instances/{slug}/preview/links.csv", post(bulk_check::download).layer(bulk_check::body_limit()))
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(middleware::from_fn_with_state(dashboard.clone(), render_failures))
        .layer(middleware::from_fn(recent::remember))
        .layer(middleware::from_fn_with_state(dashboard.clone(), members::show_new_link))
        .layer(middleware::from_fn_with_state(dashboard.clone(), api_tokens::show_new_token))
        .layer(middleware::from_fn(applications::show_new_secret))
        .layer(middleware::from_fn_with_state(dashboard.clone(), guard))
        .with_state(dashboard)
}

/// The page for an address that has none. The address of a page with a slash too many redirects to the page.
async fn not_found(request: Request) -> Result<Response, Failure> {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path();
    if parts.uri.path_and_query().is_none() {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    }
    if path.starts_with("/instances/") && path.ends_with('/') {
        return Ok(Redirect::permanent(path.trim_end_matches('/')).into_response());
    }
    Err(AppError::NotFound.into())
}
