//! Posts of the Applications page. The guard lets only owners through.

use app::{
    admins::Caller,
    applications::{
        client::ClientSecret,
        form::{ApplicationsForm, ClientForm, ClientKeyForm},
        store,
        view::{IssuedSecret, Rejected},
    },
    database::{StoreError, timed},
    error::AppError,
    instances::store::find_any,
    paths,
    saving::saved_instances::SavedInstances,
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

/// `POST /instances/{slug}/applications`
pub(super) async fn save(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<ApplicationsForm>,
) -> Result<Response, Failure> {
    match store::save(&dashboard.pool, &caller.actor, &slug, &form).await {
        Ok(()) => {
            saved.mark(&slug);
            Ok(Redirect::to(&format!("{}?saved", paths::instance(&slug).applications())).into_response())
        }
        Err(StoreError::Fields(errors)) => Ok(rejected(&dashboard, parts, Rejected::Applications(form, errors)).await),
        Err(error) => Err(error.into()),
    }
}

/// `POST /instances/{slug}/applications/clients`: adds a client. The page that follows shows its secret, this once.
pub(super) async fn add_client(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<ClientForm>,
) -> Result<Response, Failure> {
    let stored = find_any(timed(&dashboard.pool), &slug).await?.ok_or(StoreError::NotFound)?;
    let added = match form.check(&stored) {
        Ok(client) => store::clients::add(&dashboard.pool, &caller.actor, &slug, &client).await,
        Err(errors) => Err(StoreError::Fields(errors)),
    };
    match added {
        Ok(made) => Ok(shown(&slug, &made, origin)),
        Err(StoreError::Fields(errors)) => {
            // The form is sent to another address than that of the page it is on.
            let mut parts = parts;
            parts.uri = paths::instance(&slug).applications().parse().map_err(|_| AppError::NotFound)?;
            Ok(rejected(&dashboard, parts, Rejected::Client(form, errors)).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /instances/{slug}/applications/clients/secret`
pub(super) async fn replace_secret(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    Path(slug): Path<String>,
    PostedForm { form, .. }: PostedForm<ClientKeyForm>,
) -> Result<Response, Failure> {
    let made = store::clients::replace_secret(&dashboard.pool, &caller.actor, &slug, form.client).await?;
    Ok(shown(&slug, &made, origin))
}

/// `POST /instances/{slug}/applications/clients/remove`
pub(super) async fn remove_client(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { form, .. }: PostedForm<ClientKeyForm>,
) -> Result<Redirect, Failure> {
    store::clients::remove(&dashboard.pool, &caller.actor, &slug, form.client).await?;
    Ok(Redirect::to(&format!("{}?removed", paths::instance(&slug).applications())))
}

/// The page again, with what is wrong.
async fn rejected(dashboard: &Dashboard, parts: Parts, rejected: Rejected) -> Response {
    dashboard.render(parts, StatusCode::UNPROCESSABLE_ENTITY, move || provide_context(rejected.clone())).await
}

fn shown(slug: &str, made: &ClientSecret, origin: Origin) -> Response {
    let mut response = Redirect::to(&format!("{}?secret", paths::instance(slug).applications())).into_response();
    cookies::set_new_client_secret(response.headers_mut(), made, origin.secure);
    response
}

/// Hands the secret that somebody has just made to the page, and takes it out of their browser once the page shows it.
pub(super) async fn show_new_secret(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = paths::slug_of(path).is_some_and(|slug| path == paths::instance(slug).applications());
    let cookie = OnceCookie { read: cookies::new_client_secret, remove: cookies::remove_new_client_secret };
    hand_over(request, next, is_page, cookie, IssuedSecret).await
}
