//! `POST` to `/oauth2/authorize` and `/oauth2/logout`: clients may send the parameters as a form (`OpenID` Connect Core, section 3.1.2.1,
//! and RP-Initiated Logout 1.0, section 2).
//!
//! The form is on a page of another site, so it carries none of the visitor's cookies, which are `SameSite=Lax`. The post itself does
//! nothing: it leads to the same address with the parameters in the query, and that navigation carries them. So any site may post here.

use app::{portal::view::Notice, redirects::MAX_QUERY_BYTES};
use axum::{
    extract::OriginalUri,
    http::{Method, Uri},
    response::Response,
};
use url::form_urlencoded;

use crate::portal::pages::{VisitorForm, page_request::PageRequest};

/// Below a portal's base.
pub(in crate::portal) const AUTHORIZE: &str = "/oauth2/authorize";

/// Below a portal's base.
pub(in crate::portal) const LOGOUT: &str = "/oauth2/logout";

/// `POST /oauth2/authorize` and `POST /oauth2/logout`
pub(in crate::portal) async fn continue_as_get(
    request: PageRequest,
    OriginalUri(uri): OriginalUri,
    form: VisitorForm<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(form.read(&request)?).finish();
    if query.len() > MAX_QUERY_BYTES {
        return Err(request.notice(Notice::FormTooLarge));
    }
    Ok(request.redirect(&format!("{}?{query}", uri.path())))
}

/// Whether pages of other sites may send that request, although it is a post.
pub(crate) fn is_open_to_all_sites(method: &Method, uri: &Uri) -> bool {
    let path = uri.path();
    let below_slug = path.strip_prefix("/portal/").and_then(|rest| Some(&rest[rest.find('/')?..]));
    method == Method::POST && [AUTHORIZE, LOGOUT].contains(&below_slug.unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_posts_of_the_standards_are_open_to_all_sites() {
        let is_open = |method: &Method, path: &'static str| is_open_to_all_sites(method, &Uri::from_static(path));
        for path in ["/oauth2/authorize", "/oauth2/logout?a=b", "/portal/my-app/oauth2/authorize", "/portal/my-app/oauth2/logout"] {
            assert!(is_open(&Method::POST, path) && !is_open(&Method::PUT, path), "{path}");
        }
        for path in [
            "/",
            "/sign-out",
            "/oauth2/authorize/",
            "/oauth2/authorize/continue",
            "/portal/oauth2/logout",
            "/portal/my-app",
            "/portal/my-app/sign-out",
            "/portal/my-app/x/oauth2/logout",
            "/instances/my-app/oauth2/logout",
        ] {
            assert!(!is_open(&Method::POST, path), "{path}");
        }
    }
}
