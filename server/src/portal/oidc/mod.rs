//! What applications ask a portal: who is signed in (`/v1/session`), and the `OpenID` Connect provider of each instance. Its clients are the
//! instance's application origins, and clients with a secret on other sites.

pub(super) mod authorize;
pub(super) mod by_post;
pub(super) mod client;
mod discovery;
pub(super) mod issuer;
mod jwks;
pub(super) mod keys;
pub(super) mod logout;
mod request;
mod session;
pub(super) mod session_tokens;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::{
    Extension, Router,
    routing::{get, post},
};

use super::{PageContext, snapshot::Snapshots};

pub(crate) use by_post::is_open_to_all_sites;
pub(crate) use keys::SecretKeySource;

/// The routes that programs and pages of applications ask. They are outside the open CORS layer of the portal API: each says itself who
/// may read it.
pub(crate) fn api(context: Arc<PageContext>, snapshots: Snapshots) -> Router {
    let api = Router::new()
        .route("/v1/session", get(session::show).options(session::preflight))
        .route("/v1/session/end", post(session::end).options(session::preflight))
        .route("/oauth2/token", post(token::redeem).options(token::preflight))
        .route("/oauth2/userinfo", get(userinfo::show).post(userinfo::show).options(userinfo::preflight))
        .route("/.well-known/jwks.json", get(jwks::show))
        .route("/.well-known/openid-configuration", get(discovery::show));
    Router::new()
        .nest("/portal/{slug}", api.clone())
        .merge(api)
        .method_not_allowed_fallback(request::method_not_allowed)
        .layer(Extension(context))
        .with_state(snapshots)
}
