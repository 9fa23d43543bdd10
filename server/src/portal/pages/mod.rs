//! The hosted pages: at the root of a portal's host and under `/portal/{slug}`. One file a flow; `visit.rs` is who asks for what,
//! `answer.rs` what every answer is made with, `policy.rs` what a page may load and where its forms may lead.

mod answer;
mod arrival;
mod create_organization;
mod fallback;
mod form;
mod organization;
mod policy;
mod remembered;
mod sign_in;
mod sign_out;
mod sign_up;
mod unauthorized_sign_in;
mod user;
mod visit;
mod waitlist;

use std::{net::IpAddr, sync::Arc};

use app::redirects::Page;
use axum::{
    Extension, Router,
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::{self, Next},
    response::Response,
    routing::{MethodRouter, any, get},
};
use sqlx::PgPool;
use tower_http::set_header::SetResponseHeaderLayer;

use super::snapshot::Snapshots;
use crate::{
    dashboard::rate_limits::Limits,
    http::{client_address::client_address, dashboard_url::DashboardUrl, layers},
};
use remembered::Remembered;

pub(super) use fallback::at_host;

/// What the pages are made with, beside the instance.
#[derive(Clone, Debug)]
pub(crate) struct Portal {
    pool: PgPool,
    dashboard_url: Arc<DashboardUrl>,
    limits: Limits,
    remembered: Remembered,
}

impl Portal {
    pub(crate) fn new(pool: PgPool, dashboard_url: Arc<DashboardUrl>) -> Self {
        Self { pool, dashboard_url, limits: Limits::new(), remembered: Remembered::new() }
    }
}

/// The pages' routes.
pub(super) fn router(portal: Portal) -> Router<Snapshots> {
    let pages = Page::ALL.into_iter().fold(Router::new(), |pages, page| pages.route(page.path(), methods(page)));
    let form = |name: &str| format!("{}/{name}", Page::User.path());
    let pages = pages
        .route(&form("names"), get(user::back).post(user::rename))
        .route(&form("password"), get(user::back).post(user::change_password))
        .route(&form("sessions"), get(user::back).post(user::end_session));
    Router::new()
        .nest("/portal/{slug}", pages.clone())
        .merge(pages)
        .route("/portal/{slug}", any(fallback::below_path))
        .route("/portal/{slug}/", any(fallback::below_path))
        .route("/portal/{slug}/{*path}", any(fallback::below_path))
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .layer(middleware::from_fn(let_through))
        .layer(Extension(portal))
        .layer(SetResponseHeaderLayer::if_not_present(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")))
}

/// What a page answers at its path, by method.
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

/// The address of the client that asks, where it is known.
#[derive(Clone, Copy, Debug)]
struct ClientAddress(Option<IpAddr>);

/// Lets a request through to the pages that says where it comes from.
async fn let_through(mut request: Request, next: Next) -> Response {
    if let Some(refused) = layers::refuse_without_source(&request) {
        return refused;
    }
    let address = ClientAddress(client_address(&mut request).await);
    request.extensions_mut().insert(address);
    next.run(request).await
}
