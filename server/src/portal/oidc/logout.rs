//! `/oauth2/logout`: a client sends its visitor here to sign out (`OpenID` Connect RP-Initiated Logout 1.0).
//! `post_logout_redirect_uri` is the `redirect_url` of the sign-out page: the redirect policy says whether it counts. That page asks first,
//! unless `id_token_hint` shows that the client has signed in this very session. A wrong hint is not used, so the page asks.

use app::portal::{
    address::Page,
    oidc::{authorization::Parameters, id_token_hint::IdTokenHint, store::subjects},
    view::Notice,
};
use axum::response::Response;
use url::{Url, form_urlencoded};

use super::request::ask_database;
use crate::portal::pages::page_request::PageRequest;

/// `GET /oauth2/logout`
pub(in crate::portal) async fn logout(request: PageRequest) -> Response {
    let Some(issuer) = request.issuer().map(|issuer| issuer.url) else { return request.notice(Notice::NotFound) };
    let parameters = Parameters::read(request.query());
    let hint = hint(&request, &issuer, &parameters).await;
    let request = request.with_link(link(&parameters));
    if let Some(hint) = hint
        && is_of_session(&request, &hint).await
        && let Some(signed_out) = request.sign_out_at_once().await
    {
        return signed_out;
    }
    request.redirect(&request.address().to(Page::SignOut))
}

/// The link that the sign-out page gets. The state comes back with the address that it was sent with.
fn link(parameters: &Parameters) -> String {
    let target = parameters.get("post_logout_redirect_uri").map(|uri| match (Url::parse(uri), parameters.get("state")) {
        (Ok(mut url), Some(state)) => {
            url.query_pairs_mut().append_pair("state", state);
            url.into()
        }
        _ => uri.to_owned(),
    });
    let link = target.map(|target| form_urlencoded::Serializer::new(String::new()).append_pair("redirect_url", &target).finish());
    link.unwrap_or_default()
}

/// The hint, if it is one of this issuer's for the client that sends it.
async fn hint(request: &PageRequest, issuer: &str, parameters: &Parameters) -> Option<IdTokenHint> {
    let token = parameters.get("id_token_hint").filter(|_| !parameters.is_repeated("id_token_hint"))?;
    let hint = request.context.keys().of(request.snapshot.id).await?.hint(token, issuer)?;
    parameters.get("client_id").is_none_or(|client_id| client_id == hint.aud).then_some(hint)
}

/// Whether the hint was given out for the session of this browser.
async fn is_of_session(request: &PageRequest, hint: &IdTokenHint) -> bool {
    let Some(token) = &request.client.session else { return false };
    let subject = ask_database(subjects::of_token(request.context.pool(), request.snapshot.id, token)).await;
    subject.is_ok_and(|subject| subject.is_some_and(|subject| subject.sid == hint.sid))
}
