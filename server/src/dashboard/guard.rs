//! The guard around the whole dashboard: who asks, and whether they may. Pages and server functions find the caller in the
//! request; without one they answer nothing.

use app::paths;
use std::net::IpAddr;

use app::{
    admins::{
        Caller, Next as NextPage,
        guard::{Need, admit, admit_to_restore},
        store::sessions,
    },
    error::AppError,
    layout::loading::{Posted, status_of},
};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use crate::{
    dashboard::{bulk_check, cookies, rendering::Pages},
    http::{client_address::client_address, csrf, form},
};

/// Where a request comes from: the host name that it asks under has TLS, and the client's address. Found once, by the guard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Whether there is TLS in between.
    pub(crate) secure: bool,
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
}

/// Lets a request through to what it asks for, or answers why not.
pub(crate) async fn guard(State(pages): State<Pages>, mut request: Request, next: Next) -> Response {
    let address = client_address(&pages.reach, &mut request).await;
    let secure = crate::http::layers::host_of(&request).is_some_and(|host| pages.reach.is_secure(&host));
    request.extensions_mut().insert(Origin { secure, address });
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(rejected) = csrf::reject_without_origin(&request) {
        return rejected;
    }
    let need = Need::of(writes, request.uri().path());
    if need == Need::Nothing {
        let way_in = !writes && request.uri().path() == paths::SIGN_IN;
        if way_in && admitted(&pages, &Need::Session, request.headers(), Origin { secure, address }).await.is_ok() {
            return Redirect::to(next_page(request.uri().query()).as_str()).into_response();
        }
        return next.run(request).await;
    }
    match admitted(&pages, &need, request.headers(), Origin { secure, address }).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err((caller, error)) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            refuse(&pages, request, error).await
        }
    }
}

/// The page that the sign-in leads on to.
fn next_page(query: Option<&str>) -> NextPage {
    let query = query.unwrap_or_default();
    let next = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    next.map(|(_, page)| NextPage::parse(&page)).unwrap_or_default()
}

/// Who asks, if they may; else why not, and who it is as far as that is known.
async fn admitted(pages: &Pages, need: &Need, headers: &HeaderMap, origin: Origin) -> Result<Caller, (Option<Caller>, AppError)> {
    let token = cookies::session(headers, origin.secure).ok_or((None, AppError::SignedOut))?;
    let found = sessions::find(&pages.pool, &token, origin.address).await.map_err(|error| {
        tracing::warn!(%error, "a session could not be looked up");
        (None, AppError::Unavailable)
    })?;
    let caller = found.ok_or((None, AppError::SignedOut))?;
    let may = match need {
        Need::Member(slug, role) => admit(&pages.pool, &caller, slug, *role).await.map(|_| ()),
        Need::Restore(slug) => admit_to_restore(&pages.pool, &caller, slug).await,
        Need::ServerAdmin if !caller.is_server_admin => Err(AppError::Forbidden),
        // Never on to the router: it may read the same path in another way, percent-encoded as it is.
        Need::NoSuchPage => Err(AppError::NotFound),
        Need::Nothing | Need::Session | Need::ServerAdmin => Ok(()),
    };
    match may {
        Ok(()) => Ok(caller),
        Err(error) => Err((Some(caller), error)),
    }
}

/// The answer to a request that is not let through. What was typed is kept, to be sent again.
async fn refuse(pages: &Pages, request: Request, error: AppError) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        return (status_of(error), Json(error)).into_response();
    }
    if error == AppError::SignedOut && matches!(*request.method(), Method::GET | Method::HEAD) {
        let next = request.uri().path_and_query().map_or(paths::INSTANCES, |page| page.as_str());
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        return Redirect::to(&format!("{}?{query}", paths::SIGN_IN)).into_response();
    }
    // What is typed into an account's forms is passwords.
    let keep = path.starts_with("/instances/") && error != AppError::Forbidden;
    let (parts, body) = request.into_parts();
    let posted = if keep { kept(Request::from_parts(parts.clone(), body)).await } else { None };
    pages
        .render_error(parts, error, move || {
            if let Some(posted) = &posted {
                provide_context(posted.clone());
            }
        })
        .await
}

/// What was posted, to be sent again.
async fn kept(request: Request<Body>) -> Option<Posted> {
    if bulk_check::is_list(&request) { bulk_check::kept(request).await } else { form::kept(request).await }
}
