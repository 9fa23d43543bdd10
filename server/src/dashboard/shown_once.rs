//! What a page shows once: it reaches that page in a cookie, so it is in no address and no log, and leaves the browser when it is shown.

use axum::{
    extract::Request,
    http::{HeaderMap, Method},
    middleware::Next,
    response::Response,
};

use super::guard::Origin;

/// A cookie with something that is shown once: how it is read, and how it is removed.
pub(super) struct OnceCookie<T> {
    /// Reads it.
    pub(super) read: fn(&HeaderMap, bool) -> Option<T>,
    /// Removes it.
    pub(super) remove: fn(&mut HeaderMap, bool),
}

/// Hands what is in the cookie to the page of this request as `shown` makes it, if it is the page for it.
pub(super) async fn hand_over<T, Shown: Clone + Send + Sync + 'static>(
    mut request: Request,
    next: Next,
    is_page: bool,
    cookie: OnceCookie<T>,
    shown: impl FnOnce(T) -> Shown,
) -> Response {
    let secure = request.extensions().get::<Origin>().is_some_and(|origin| origin.secure);
    let found = (is_page && request.method() == Method::GET).then(|| (cookie.read)(request.headers(), secure)).flatten();
    let Some(found) = found else { return next.run(request).await };
    request.extensions_mut().insert(shown(found));
    let mut response = next.run(request).await;
    if response.status().is_success() {
        (cookie.remove)(response.headers_mut(), secure);
    }
    response
}
