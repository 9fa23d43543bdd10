//! What a dashboard page does before it shows anything: read its address, find who asks, ask the database, or say why it can't.

use std::future::Future;

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use sqlx::PgPool;

use super::error_page::error_page;
use crate::{
    admins::{Caller, guard},
    database::{StoreError, timed},
    error::AppError,
    instances::{store, stored::StoredInstance},
    members::{Membership, role::Role},
};

/// The slug in the page's address.
pub fn slug() -> String {
    use_params_map().read_untracked().get("slug").unwrap_or_default()
}

/// The query in the page's address as it was asked for, without the `?`. The router's own reading decodes it twice.
pub fn query() -> String {
    use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default()
}

/// The first value of that name in the page's query. Empty if the query has no such name.
pub(crate) fn query_value(name: &str) -> String {
    let query = query();
    let value = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    value.unwrap_or_default()
}

/// The database, from the context of the request.
///
/// # Errors
/// The context has none: the server was put together wrongly.
pub(crate) fn pool() -> Result<PgPool, AppError> {
    use_context::<PgPool>().ok_or(AppError::Unavailable)
}

/// The admin who asks for this page or calls this server function. The guard has left them in the request.
///
/// # Errors
/// Nobody is signed in.
pub fn caller() -> Result<Caller, AppError> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get().cloned()).ok_or(AppError::SignedOut)
}

/// The caller's role in the instance of that slug. The guard has left it in the request of a page of that instance; server
/// functions name their instance in the body, so they ask the database here.
///
/// # Errors
/// Nobody is signed in, they are not a member, their role is less than `least`, the instance is archived, or the database does not
/// answer.
pub async fn admit(slug: &str, least: Role) -> Result<Role, AppError> {
    let known = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Membership>().cloned());
    match known.filter(|known| known.slug == slug) {
        Some(Membership { role, .. }) if role >= least => Ok(role),
        Some(_) => Err(AppError::Forbidden),
        None => guard::admit(&pool()?, &caller()?, slug, least).await,
    }
}

/// The caller's role in the instance of that slug.
///
/// # Errors
/// Nobody is signed in, they are not a member, or the database does not answer.
pub async fn role(slug: &str) -> Result<Role, AppError> {
    admit(slug, Role::Viewer).await
}

/// The instance of that slug, for one of its members.
///
/// # Errors
/// Nobody is signed in, they are not a member, or the database does not answer.
pub async fn instance(slug: &str) -> Result<StoredInstance, AppError> {
    role(slug).await?;
    let pool = pool()?;
    store::find_any(timed(&pool), slug).await.map_err(StoreError::into_app_error)?.ok_or(AppError::NotFound)
}

/// What the browser may know of an error of the database. The cause goes to the log.
pub(crate) fn unavailable(error: sqlx::Error) -> AppError {
    StoreError::from(error).into_app_error()
}

/// A page that loads first. If it can't be loaded, a page says so, with its status.
pub fn loaded<V: IntoView + 'static>(body: impl Future<Output = Result<V, AppError>> + Send + 'static) -> impl IntoView {
    // The answer to a request that has failed is its error page, whatever page its address names.
    let known = use_context::<AppError>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let body = match known {
                    Some(error) => Err(error),
                    None => body.await,
                };
                match body {
                    Ok(view) => view.into_any(),
                    Err(error) => error_page(error).into_any(),
                }
            })}
        </Suspense>
    }
}
