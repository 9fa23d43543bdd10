//! The guard around the whole dashboard: who asks, and whether they may. Pages and server functions find the caller, and their role
//! in the instance, in the request. Without a caller they answer nothing.

use std::net::IpAddr;

use app::{
    admins::{
        Caller, ReturnPath,
        guard::{Need, admit, admit_to_restore, needs_second_factor},
        store::{pending_sign_ins, sessions},
        view::{RejectedSignIn, RejectionReason},
    },
    database::{log_failure, timed},
    error::AppError,
    layout::error_page::status_of,
    members::Membership,
    paths,
};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use url::Url;

use super::{Dashboard, bulk_check, cookies, posted_form};
use crate::http::{client_address::client_address, host::host_of, layers::refuse_without_source};

/// Where a request comes from. The guard finds it once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Whether it came over TLS.
    pub(crate) secure: bool,
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
}

/// Who asks, and their role in the instance that is asked for, if any.
struct Admitted {
    caller: Caller,
    membership: Option<Membership>,
}

/// Lets a request through to what it asks for, or answers why not.
pub(super) async fn guard(State(dashboard): State<Dashboard>, mut request: Request, next: Next) -> Response {
    let address = client_address(&mut request).await;
    let secure = host_of(&request).is_some_and(|host| dashboard.url.is_secure(&host));
    let origin = Origin { secure, address };
    request.extensions_mut().insert(origin);
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(refused) = refuse_without_source(&request) {
        return refused;
    }
    let need = Need::of(writes, request.uri().path());
    if need == Need::Nothing {
        // Admins who are signed in skip the page to sign in at.
        let asks_to_sign_in = !writes && request.uri().path() == paths::SIGN_IN;
        if asks_to_sign_in && signed_in(&dashboard, request.headers(), origin).await.is_ok() {
            return Redirect::to(next_page(request.uri().query()).as_str()).into_response();
        }
        return next.run(request).await;
    }
    if need == Need::PendingSignIn {
        return pending_sign_in(&dashboard, request, next, origin).await;
    }
    match admitted(&dashboard, &need, request.uri().path(), request.headers(), origin).await {
        Ok(Admitted { caller, membership }) => {
            request.extensions_mut().insert(caller);
            if let Some(membership) = membership {
                request.extensions_mut().insert(membership);
            }
            next.run(request).await
        }
        Err((caller, error)) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            refuse(&dashboard, request, error).await
        }
    }
}

/// The page that the sign-in leads on to.
pub(super) fn next_page(query: Option<&str>) -> ReturnPath {
    let query = query.unwrap_or_default();
    let next = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    next.map(|(_, page)| ReturnPath::parse(&page)).unwrap_or_default()
}

/// Who asks, by their session.
pub(super) async fn signed_in(dashboard: &Dashboard, headers: &HeaderMap, origin: Origin) -> Result<Caller, AppError> {
    let token = cookies::session(headers, origin.secure).ok_or(AppError::SignedOut)?;
    let found = sessions::find(&dashboard.pool, &token, origin.address).await.map_err(|error| {
        log_failure(&error, "a session could not be looked up");
        AppError::Unavailable
    })?;
    found.ok_or(AppError::SignedOut)
}

/// Lets a sign-in whose code is still missing through to the page that asks for it. Nothing else looks for one.
async fn pending_sign_in(dashboard: &Dashboard, mut request: Request, next: Next, origin: Origin) -> Response {
    let found = match cookies::pending(request.headers(), origin.secure) {
        Some(token) => pending_sign_ins::find(timed(&dashboard.pool), &token).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(pending)) => {
            request.extensions_mut().insert(pending);
            next.run(request).await
        }
        Ok(None) if matches!(*request.method(), Method::GET | Method::HEAD) => {
            let page = next_page(request.uri().query());
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", page.as_str()).finish();
            Redirect::to(&format!("{}?{query}", paths::SIGN_IN)).into_response()
        }
        Ok(None) => {
            let (mut parts, _) = request.into_parts();
            parts.uri = Uri::from_static(paths::SIGN_IN);
            let reason = RejectionReason::Expired;
            let rejected = RejectedSignIn { email: String::new(), next: String::new(), token: String::new(), reason };
            dashboard.render(parts, StatusCode::UNAUTHORIZED, move || provide_context(rejected.clone())).await
        }
        Err(error) => {
            log_failure(&error, "a sign-in could not be looked up");
            refuse(dashboard, request, AppError::Unavailable).await
        }
    }
}

/// Who asks, if they may; else why not, and who it is if that is known.
async fn admitted(
    dashboard: &Dashboard,
    need: &Need,
    path: &str,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Admitted, (Option<Caller>, AppError)> {
    let caller = signed_in(dashboard, headers, origin).await.map_err(|error| (None, error))?;
    if dashboard.second_factor.is_required && !caller.has_second_factor && !caller.has_provider_factor && needs_second_factor(path) {
        return Err((Some(caller), AppError::SecondFactorRequired));
    }
    let membership = match need {
        Need::Member(slug, role) => {
            admit(&dashboard.pool, &caller, slug, *role).await.map(|role| Some(Membership { slug: slug.clone(), role }))
        }
        Need::Restore(slug) => admit_to_restore(&dashboard.pool, &caller, slug).await.map(|()| None),
        Need::ServerAdmin if !caller.is_server_admin => Err(AppError::Forbidden),
        // Never on to the router: it may read the same path in another way, percent-encoded as it is.
        Need::NoSuchPage | Need::PendingSignIn => Err(AppError::NotFound),
        Need::Nothing | Need::Session | Need::ServerAdmin => Ok(None),
    };
    match membership {
        Ok(membership) => Ok(Admitted { caller, membership }),
        Err(error) => Err((Some(caller), error)),
    }
}

/// Whether a browser that was let in a moment ago has not kept its cookie: the answer to a form of the entrance led here.
fn has_lost_its_cookie(request: &Request) -> bool {
    let headers = request.headers();
    let referer = headers.get(header::REFERER).and_then(|value| Url::parse(value.to_str().ok()?).ok());
    let comes_from_entrance = referer.is_some_and(|page| {
        let entrances = [paths::SIGN_IN, paths::SIGN_IN_CODE, paths::SETUP, paths::INVITATION, paths::RESET];
        host_of(request).as_deref() == page.host_str() && entrances.contains(&page.path())
    });
    let is_same_origin = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let is_secure = request.extensions().get::<Origin>().is_some_and(|origin| origin.secure);
    comes_from_entrance && is_same_origin && cookies::session(headers, is_secure).is_none()
}

/// The answer to a request that is not let through. What was typed is kept, to be sent again.
async fn refuse(dashboard: &Dashboard, request: Request, error: AppError) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        return (status_of(error), Json(error)).into_response();
    }
    if error == AppError::SecondFactorRequired && matches!(*request.method(), Method::GET | Method::HEAD) {
        return Redirect::to(paths::SECOND_FACTOR).into_response();
    }
    if error == AppError::SignedOut && matches!(*request.method(), Method::GET | Method::HEAD) {
        let next = request.uri().path_and_query().map_or(paths::INSTANCES, |page| page.as_str());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("next", next);
        if has_lost_its_cookie(&request) {
            query.append_pair("cookies", "blocked");
        }
        let query = query.finish();
        return Redirect::to(&format!("{}?{query}", paths::SIGN_IN)).into_response();
    }
    // The forms of an account hold passwords.
    let keep = paths::slug_of(path).is_some() && error != AppError::Forbidden;
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let posted = match keep {
        true if bulk_check::is_list(&request) => bulk_check::kept(request).await,
        true => posted_form::kept(request).await,
        false => None,
    };
    dashboard
        .render_error(parts, error, move || {
            if let Some(posted) = &posted {
                provide_context(posted.clone());
            }
        })
        .await
}
