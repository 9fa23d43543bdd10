//! Posts of the two pages of API tokens. The guard lets only owners issue a token of an instance, and only server-wide admins through to
//! those of the server. Every member may revoke what they have made.

use app::{
    admins::Caller,
    api_tokens::{
        form::{ApiTokenForm, RevokeForm},
        store::{self, Place},
        view::{IssuedToken, RejectedToken},
    },
    database::StoreError,
    paths,
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{
    Dashboard, cookies,
    failure::Failure,
    guard::Origin,
    posted_form::PostedForm,
    shown_once::{OnceCookie, hand_over},
};

/// `POST /instances/{slug}/api-tokens`: issues a token. The page that follows shows it, this once: a reload issues no other.
pub(super) async fn issue(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<ApiTokenForm>,
) -> Result<Response, Failure> {
    issue_at(&dashboard, &caller, origin, Place::Instance(&slug), parts, form).await
}

/// `POST /api-tokens`: issues a token of the whole server, in the same way.
pub(super) async fn issue_for_server(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    PostedForm { parts, form }: PostedForm<ApiTokenForm>,
) -> Result<Response, Failure> {
    issue_at(&dashboard, &caller, origin, Place::Server, parts, form).await
}

/// `POST /instances/{slug}/api-tokens/revoke`
pub(super) async fn revoke(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { form, .. }: PostedForm<RevokeForm>,
) -> Result<Response, Failure> {
    revoke_at(&dashboard, &caller, Place::Instance(&slug), form).await
}

/// `POST /api-tokens/revoke`
pub(super) async fn revoke_of_server(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    PostedForm { form, .. }: PostedForm<RevokeForm>,
) -> Result<Response, Failure> {
    revoke_at(&dashboard, &caller, Place::Server, form).await
}

/// The page with the tokens of a place.
fn page(place: Place<'_>) -> String {
    match place {
        Place::Instance(slug) => paths::instance(slug).api_tokens(),
        Place::Server => paths::SERVER_API_TOKENS.to_owned(),
    }
}

async fn issue_at(
    dashboard: &Dashboard,
    caller: &Caller,
    origin: Origin,
    place: Place<'_>,
    parts: Parts,
    form: ApiTokenForm,
) -> Result<Response, Failure> {
    let issued = match form.check() {
        Ok(token) => store::issue(&dashboard.pool, &caller.actor, place, &token).await,
        Err(errors) => Err(StoreError::Fields(errors)),
    };
    match issued {
        Ok(secret) => {
            let mut response = Redirect::to(&format!("{}?issued", page(place))).into_response();
            cookies::set_new_api_token(response.headers_mut(), &secret, origin.secure);
            Ok(response)
        }
        Err(StoreError::Fields(errors)) => {
            let rejected = RejectedToken { form, errors };
            Ok(dashboard.render(parts, StatusCode::UNPROCESSABLE_ENTITY, move || provide_context(rejected.clone())).await)
        }
        Err(error) => Err(error.into()),
    }
}

async fn revoke_at(dashboard: &Dashboard, caller: &Caller, place: Place<'_>, form: RevokeForm) -> Result<Response, Failure> {
    store::revoke(&dashboard.pool, &caller.actor, place, form.token).await?;
    Ok(Redirect::to(&format!("{}?revoked", page(place))).into_response())
}

/// Hands the token that somebody has just issued to the page of API tokens, and takes it out of their browser once the page shows it.
pub(super) async fn show_new_token(State(dashboard): State<Dashboard>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = path == paths::SERVER_API_TOKENS || paths::slug_of(path).is_some_and(|slug| path == paths::instance(slug).api_tokens());
    let cookie = OnceCookie { read: cookies::new_api_token, remove: cookies::remove_new_api_token };
    hand_over(request, next, is_page, cookie, |secret| IssuedToken { secret, dashboard: dashboard.url.page("") }).await
}
