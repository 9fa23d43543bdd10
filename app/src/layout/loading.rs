//! What a dashboard page does before it shows anything: ask the database, or say why it can't.

use crate::paths;
use std::future::Future;

use axum::http::{StatusCode, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use sqlx::PgPool;

use crate::{
    admins::{Caller, Role, guard},
    error::AppError,
    instances::{
        archive::{RESTORABLE_DAYS, Restorable},
        store::{self, InstanceSummary, StoredInstance},
    },
    layout::frame::Frame,
    ui::text::moment,
};

/// What was posted, where a page answers a post. An error page offers to send it again, so nothing typed is lost.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Its fields.
    pub fields: Vec<(String, String)>,
    /// How they were written, where that is not as forms do by themselves: the form's `enctype`.
    pub enctype: Option<&'static str>,
}

/// The slug in the page's address.
pub fn slug() -> String {
    use_params_map().read_untracked().get("slug").unwrap_or_default()
}

/// The query in the page's address as it was asked for, `?` not included. The router's own reading decodes it twice.
pub fn query() -> String {
    use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default()
}

/// The first value of that name in the page's query; empty where there is none.
pub(crate) fn query_value(name: &str) -> String {
    let query = query();
    let value = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    value.unwrap_or_default()
}

/// The database, from the context of the request.
///
/// # Errors
/// None is there: the server was put together wrongly.
pub(crate) fn pool() -> Result<PgPool, AppError> {
    use_context::<PgPool>().ok_or(AppError::Unavailable)
}

/// Who asks for this page, or calls this server function: the guard around all of them has found the session.
///
/// # Errors
/// Nobody is signed in.
pub fn caller() -> Result<Caller, AppError> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get().cloned()).ok_or(AppError::SignedOut)
}

/// The caller's role in the instance of that slug.
///
/// # Errors
/// Nobody is signed in, they are no member, or the database can't be asked.
pub async fn role(slug: &str) -> Result<Role, AppError> {
    let (caller, pool) = (caller()?, pool()?);
    guard::admit(&pool, &caller, slug, Role::Viewer).await
}

/// The instance of that slug, for one of its members.
///
/// # Errors
/// Nobody is signed in, they are no member, or the database can't be asked.
pub async fn instance(slug: &str) -> Result<StoredInstance, AppError> {
    role(slug).await?;
    let pool = pool()?;
    store::find(&pool, slug).await.map_err(|error| logged(&error))?.ok_or(AppError::NotFound)
}

/// The caller's instances, for lists and the switcher.
///
/// # Errors
/// Nobody is signed in, or the database can't be asked.
pub async fn instances() -> Result<Vec<InstanceSummary>, AppError> {
    let (caller, pool) = (caller()?, pool()?);
    store::list(&pool, caller.id).await.map_err(|error| logged(&error))
}

/// What the browser may know of an error of the database; the cause goes to the log.
pub(crate) fn logged(error: &store::StoreError) -> AppError {
    tracing::warn!(%error, "the database did not answer a page");
    error.to_app_error()
}

/// The same of an error that has only come from the database.
pub(crate) fn unavailable(error: sqlx::Error) -> AppError {
    logged(&error.into())
}

/// A page that loads first. What can't be loaded becomes a page that says so, with its status.
pub fn loaded<V: IntoView + 'static>(body: impl Future<Output = Result<V, AppError>> + Send + 'static) -> impl IntoView {
    // A post that could not be understood or saved has its answer already.
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

/// The status that fits an error.
pub fn status_of(error: AppError) -> StatusCode {
    match error {
        AppError::NotFound => StatusCode::NOT_FOUND,
        AppError::SignedOut => StatusCode::UNAUTHORIZED,
        AppError::Forbidden => StatusCode::FORBIDDEN,
        AppError::Archived => StatusCode::GONE,
        AppError::BadRequest => StatusCode::BAD_REQUEST,
        AppError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        AppError::Unavailable | AppError::Invalid | AppError::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The page of an error: what happened, and the way on.
pub fn error_page(error: AppError) -> impl IntoView {
    let status = status_of(error);
    let title = match error {
        AppError::NotFound => "Not found",
        AppError::SignedOut => "Signed out",
        AppError::Forbidden => "Not allowed",
        AppError::Archived => "Archived",
        AppError::BadRequest | AppError::TooLarge => "Not understood",
        AppError::Unavailable | AppError::Invalid | AppError::Unreachable => "Not available",
    };
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
    let again = matches!(error, AppError::SignedOut) || status == StatusCode::SERVICE_UNAVAILABLE;
    // In a tab of its own, so that this one keeps what was typed.
    let sign_in = (error == AppError::SignedOut).then(|| {
        view! { <p><a href=paths::SIGN_IN target="_blank" rel="noopener">"Sign in, in a new tab"</a></p> }
    });
    let until = use_context::<Restorable>().map(|Restorable(until)| match until {
        Some(until) => view! { <p>"An owner can restore it from the list of instances, until " {moment(until)} "."</p> }.into_any(),
        None => view! { <p>{format!("That can be undone for {RESTORABLE_DAYS} days, which are over.")}</p> }.into_any(),
    });
    let again = use_context::<Posted>().filter(|_| again).map(|Posted { fields, enctype }| {
        let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
        view! {
            <form method="post" enctype=enctype>
                {fields}
                <p>"What you typed is kept on this page."</p>
                <button class="button primary">{if error == AppError::SignedOut { "Send again" } else { "Try again" }}</button>
            </form>
        }
    });
    // Whoever runs the server finds the reason in the log by it.
    let request = use_context::<Parts>()
        .filter(|_| status == StatusCode::SERVICE_UNAVAILABLE)
        .and_then(|parts| parts.headers.get("x-request-id")?.to_str().ok().map(str::to_owned))
        .map(|id| view! { <p class="help" id="request">"Request " <code>{id}</code></p> });
    view! {
        <Title text=title />
        <Frame instances=Vec::new()>
            <header class="head"><h1>{title}</h1></header>
            <p class="lead">{error.to_string()}</p>
            {until}
            {request}
            {sign_in}
            {again}
            <p><a href=paths::INSTANCES>"All instances"</a></p>
        </Frame>
    }
}
