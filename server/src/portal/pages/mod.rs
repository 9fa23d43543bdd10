//! The hosted pages: at the root of a portal's host and under `/portal/{slug}`. Each page has a file; `page_request.rs` reads a request
//! for any of them, and `response.rs` makes their responses.

mod at_once;
mod check_mail;
mod client_address;
mod confirm_email;
mod content_security_policy;
mod context;
mod continue_page;
mod create_organization;
mod forgot_password;
mod form;
mod identity_provider;
mod join_organization;
mod organization;
mod other_paths;
pub(super) mod page_request;
mod prepared;
mod provider_flow;
mod provider_trial;
mod requesting_page;
mod response;
mod sign_in;
mod sign_out;
mod sign_up;
mod unauthorized_sign_in;
mod user;
mod visitor;
mod waitlist;

use std::sync::Arc;

use app::{
    identity_provider::{BEGIN, CALLBACK, LINK, SIGN_OUT, TRIAL},
    portal::address::RESUME_AUTHORIZATION,
    redirects::{CHECK_MAIL, CONFIRM_EMAIL, CONTINUE, FORGOT_PASSWORD, JOIN_ORGANIZATION, Page, RESET_PASSWORD},
};
use axum::{
    Extension, Router, middleware,
    routing::{MethodRouter, any, get},
};
use tower_http::set_header::SetResponseHeaderLayer;

use super::{
    oidc::{
        authorize,
        by_post::{AUTHORIZE, LOGOUT, continue_as_get},
        logout,
    },
    snapshot::Snapshots,
};

pub(super) use at_once::{AT_ONCE, respond_at_once};
pub(crate) use context::PageContext;
pub(super) use form::VisitorForm;
pub(super) use other_paths::at_host;
pub(super) use response::{misdirected, notice_or_problem, proxy_mistake};

/// The pages' routes.
pub(super) fn router(context: Arc<PageContext>) -> Router<Snapshots> {
    let pages = Page::ALL.into_iter().fold(Router::new(), |pages, page| pages.route(page.path(), methods(page)));
    let form = |name: &str| format!("{}/{name}", Page::User.path());
    let pages = pages
        .route(CONTINUE, get(continue_page::show))
        .route(AUTHORIZE, get(authorize::authorize).post(continue_as_get))
        .route(RESUME_AUTHORIZATION, get(authorize::resume))
        .route(LOGOUT, get(logout::logout).post(continue_as_get))
        .route(BEGIN, get(identity_provider::begin))
        .route(CALLBACK, get(identity_provider::callback))
        .route(LINK, get(identity_provider::show_link).post(identity_provider::link))
        .route(TRIAL, get(provider_trial::begin))
        .route(SIGN_OUT, get(identity_provider::sign_out))
        .route(CHECK_MAIL, get(check_mail::show).post(check_mail::post))
        .route(CONFIRM_EMAIL, get(confirm_email::show).post(confirm_email::confirm))
        .route(&form("confirmation"), get(user::back).post(confirm_email::ask))
        .route(JOIN_ORGANIZATION, get(join_organization::show).post(join_organization::join))
        .route(&format!("{}/invite", Page::Organization.path()), get(organization::back).post(organization::invite))
        .route(FORGOT_PASSWORD, get(forgot_password::show).post(forgot_password::ask))
        .route(RESET_PASSWORD, get(forgot_password::show_reset).post(forgot_password::reset))
        .route(&form("names"), get(user::back).post(user::rename))
        .route(&form("password"), get(user::back).post(user::change_password))
        .route(&form("delete"), get(user::back).post(user::delete))
        .route(&form("sessions"), get(user::back).post(user::end_session));
    Router::new()
        .nest("/portal/{slug}", pages.clone())
        .merge(pages)
        .route("/portal/{slug}", any(other_paths::below_slug))
        .route("/portal/{slug}/", any(other_paths::below_slug))
        .route("/portal/{slug}/{*path}", any(other_paths::below_slug))
        .method_not_allowed_fallback(other_paths::method_not_allowed)
        .layer(middleware::from_fn(client_address::layer))
        .layer(Extension(context))
        .layer(SetResponseHeaderLayer::if_not_present(at_once::ROBOTS.0, at_once::ROBOTS.1))
}

/// The handlers of a page, by method.
fn methods(page: Page) -> MethodRouter<Snapshots> {
    match page {
        Page::SignIn => get(sign_in::show).post(sign_in::sign_in),
        Page::SignUp => get(sign_up::show).post(sign_up::sign_up),
        Page::SignOut => get(sign_out::show).post(sign_out::sign_out),
        Page::User => get(user::show),
        Page::CreateOrganization => get(create_organization::show).post(create_organization::create),
        Page::Organization => get(organization::show).post(organization::leave),
        Page::Waitlist => get(waitlist::show).post(waitlist::join),
        Page::UnauthorizedSignIn => get(unauthorized_sign_in::show).post(unauthorized_sign_in::end_others),
    }
}
