//! `/oauth2/logout`: a client sends its visitor here to sign out (`OpenID` Connect RP-Initiated Logout 1.0). The sign-out page asks, and
//! `post_logout_redirect_uri` is its `redirect_url`: the redirect policy says whether it counts. Hints are not needed, so none is read.

use app::portal::{address::Page, oidc::authorization::Parameters, view::Notice};
use axum::response::Response;
use url::{Url, form_urlencoded};

use crate::portal::pages::page_request::PageRequest;

/// `GET /oauth2/logout`
pub(in crate::portal) async fn logout(request: PageRequest) -> Response {
    if request.issuer.is_none() {
        return request.notice(Notice::NotFound);
    }
    let parameters = Parameters::read(request.query());
    let target = parameters.get("post_logout_redirect_uri").map(|uri| match (Url::parse(uri), parameters.get("state")) {
        (Ok(mut url), Some(state)) => {
            url.query_pairs_mut().append_pair("state", state);
            url.into()
        }
        _ => uri.to_owned(),
    });
    let link = target.map(|target| form_urlencoded::Serializer::new(String::new()).append_pair("redirect_url", &target).finish());
    let address = request.address_with(&link.unwrap_or_default());
    request.redirect(&address.to(Page::SignOut))
}
