//! `/continue`: the way out of a flow. The answer to a form's post leads here, and this page moves on to the target. So the navigation to
//! the target is no part of the form's, which `form-action` governs with every redirect that follows.
//!
//! The page takes no target. A cookie holds the flow and the parameters of the link, which are resolved again with the settings as they
//! are then.

use app::{
    portal::{address::AfterSignIn, ended_flow, view::Notice},
    redirects::{Flow, Page},
};
use axum::{http::HeaderMap, response::Response};

use super::page_request::PageRequest;

/// `GET /continue`
pub(super) async fn show(request: PageRequest, headers: HeaderMap) -> Response {
    let ended = request.cookies.ended_flow(&headers).and_then(|query| Some((ended_flow::read_flow(&query)?, query)));
    // Nothing in the address counts, and without a cookie only the flow.
    let (flow, link) = ended.map_or_else(|| (request.named_flow(), String::new()), |(flow, query)| (Some(flow), query));
    let request = request.with_link(link);
    let Some(flow) = flow else { return request.redirect_to(Page::SignIn) };
    if needs_session(flow) && request.client.session.is_none() {
        // Their form's answer has set two cookies.
        return if request.is_same_origin { request.notice(Notice::CookiesBlocked(flow)) } else { request.redirect_to(Page::SignIn) };
    }
    match request.after_sign_in.filter(|_| matches!(flow, Flow::SignIn | Flow::SignUp)) {
        // A form's post led here, so another redirect to an application would be part of it.
        Some(after @ AfterSignIn::Authorization(_)) if request.is_browser => request
            .own_url(&request.address().after(after))
            .map_or_else(|| request.redirect_to(Page::SignIn), |url| request.move_on_to(&url)),
        Some(after) => request.redirect(&request.address().after(after)),
        None => request.move_on(flow),
    }
}

/// Whether visitors are signed in when this flow ends.
fn needs_session(flow: Flow) -> bool {
    matches!(flow, Flow::SignIn | Flow::SignUp)
}

impl PageRequest {
    /// Ends a flow after its form was sent.
    pub(super) fn finish(&self, flow: Flow) -> Response {
        if !self.is_browser {
            return self.redirect(self.target(flow).as_str());
        }
        let mut response = self.redirect(&self.address().to_continue(flow));
        let ended = ended_flow::write(flow, &self.link(), self.after_sign_in.filter(|_| needs_session(flow)));
        self.cookies.set_ended_flow(response.headers_mut(), &ended);
        response
    }

    /// Leads to the target of a flow that has nothing to ask.
    pub(super) fn move_on(&self, flow: Flow) -> Response {
        let target = self.target(flow);
        if self.is_browser { self.move_on_to(&target) } else { self.redirect(target.as_str()) }
    }
}
