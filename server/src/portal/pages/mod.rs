//! The hosted pages: at the root of a portal's host and under `/portal/{slug}`. One file a flow; `visit.rs` is who asks for what,
//! `answer.rs` what every answer is made with, `policy.rs` what a page may load and where its forms may lead.

mod content_security_policy;
mod create_organization;
mod form;
mod organization;
mod other_paths;
mod page_request;
mod requesting_page;
mod response;
mod session_cache;
mod sign_in;
mod sign_out;
mod sign_up;
mod unauthorized_sign_in;
mod user;
mod waitlist;

use std::{net::IpAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::{self, Next},
    response::Response,
    routing::{any, get},
};
use sqlx::PgPool;
use tower_http::set_header::SetResponseHeaderLayer;

use super::snapshot::Snapshots;
use crate::{
    dashboard::{guard, rate_limits::Limits},
    http::dashboard_url::Reach,
};
use session_cache::Remembered;

pub(super) use other_paths::at_host;

/// What the pages are made with, beside the instance.
#[derive(Clone, Debug)]
pub(crate) struct Portal {
    pool: PgPool,
    reach: Arc<Reach>,
    limits: Limits,
    remembered: Remembered,
}

impl Portal {
    pub(crate) fn new(pool: PgPool, reach: Arc<Reach>) -> Self {
        Self { pool, reach, limits: Limits::new(), remembered: Remembered::new() }
    }
}

/// The pages' routes.
pub(super) fn router(portal: Portal) -> Router<Snapshots> {
    let pages = Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-up", get(sign_up::show).post(sign_up::sign_up))
        .route("/sign-out", get(sign_out::show).post(sign_out::sign_out))
        .route("/user", get(user::show))
        .route("/user/names", get(user::back).post(user::rename))
        .route("/user/password", get(user::back).post(user::change_password))
        .route("/user/sessions", get(user::back).post(user::end_session))
        .route("/create-organization", get(create_organization::show).post(create_organization::create))
        .route("/organization", get(organization::show).post(organization::leave))
        .route("/waitlist", get(waitlist::show).post(waitlist::join))
        .route("/unauthorized-sign-in", get(unauthorized_sign_in::show).post(unauthorized_sign_in::end_others));
    Router::new()
        .nest("/portal/{slug}", pages.clone())
        .merge(pages)
        .route("/portal/{slug}", any(other_paths::below_path))
        .route("/portal/{slug}/", any(other_paths::below_path))
        .route("/portal/{slug}/{*path}", any(other_paths::below_path))
        .method_not_allowed_fallback(other_paths::method_not_allowed)
        .layer(middleware::from_fn_with_state(portal.clone(), let_through))
        .layer(Extension(portal))
        .layer(SetResponseHeaderLayer::if_not_present(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")))
}

/// The address of the client that asks, where it is known.
#[derive(Clone, Copy, Debug)]
struct ClientAddress(Option<IpAddr>);

/// Lets a request through to the pages that says where it comes from.
async fn let_through(State(portal): State<Portal>, mut request: Request, next: Next) -> Response {
    if let Some(refused) = guard::refuse_unsaid(&request) {
        return refused;
    }
    let address = ClientAddress(guard::client_address(&portal.reach, &mut request).await);
    request.extensions_mut().insert(address);
    next.run(request).await
}
