//! A flow that has just ended, as the browser carries it from the form to `/continue`: the flow and the parameters of the link, never a
//! target.

use super::address::{AfterSignIn, carried};
use crate::redirects::{Flow, LinkParams, Prefill};

/// The name of the flow's parameter.
const FLOW: &str = "flow";

/// Writes the flow with what its resolution needs of the link, as a query string.
pub fn write(flow: Flow, link: &LinkParams<'_>, after_sign_in: Option<AfterSignIn>) -> String {
    let mut link = carried(link);
    link.prefill = Prefill::default();
    if after_sign_in.is_none() {
        // Parameters of the other flow would only make the cookie longer.
        if flow != Flow::SignIn {
            (link.sign_in_force, link.sign_in_fallback) = (None, None);
        }
        if flow != Flow::SignUp {
            (link.sign_up_force, link.sign_up_fallback) = (None, None);
        }
    }
    let after = after_sign_in.map(|page| format!("{}={}", AfterSignIn::NAME, page.name()));
    let parts = [Some(format!("{FLOW}={flow}")), Some(link.write()).filter(|link| !link.is_empty()), after];
    parts.into_iter().flatten().collect::<Vec<_>>().join("&")
}

/// The flow of such a query string; `None` if it names no flow that ends on a page.
pub fn read_flow(query: &str) -> Option<Flow> {
    let (_, flow) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == FLOW)?;
    flow.parse().ok().filter(|flow: &Flow| flow.page().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "redirect_url=%2Fx%3Fa%3Db%26c&sign_in_force_redirect_url=%2Fa&sign_up_fallback_redirect_url=%2Fb";

    #[test]
    fn it_holds_what_the_flow_needs_of_the_link_and_nothing_else() {
        let link = format!("{LINK}&email_address=ana%40myapp.com&target=x&redirect_url=/second");
        let link = LinkParams::read(&link);
        for (flow, expected) in [
            (Flow::SignIn, "flow=sign-in&redirect_url=%2Fx%3Fa%3Db%26c&sign_in_force_redirect_url=%2Fa"),
            (Flow::SignUp, "flow=sign-up&redirect_url=%2Fx%3Fa%3Db%26c&sign_up_fallback_redirect_url=%2Fb"),
            (Flow::SignOut, "flow=sign-out&redirect_url=%2Fx%3Fa%3Db%26c"),
        ] {
            assert_eq!(write(flow, &link, None), expected);
            assert_eq!(read_flow(expected), Some(flow));
        }
        assert_eq!(write(Flow::Waitlist, &LinkParams::default(), None), "flow=waitlist");
        assert_eq!(write(Flow::SignIn, &link, Some(AfterSignIn::User)), format!("flow=sign-in&{LINK}&then=user"));
    }

    #[test]
    fn a_flow_that_ends_on_no_page_is_not_read() {
        for query in ["", "flow=", "flow=logo", "flow=evil", "x=sign-in", "redirect_url=flow%3Dsign-in"] {
            assert_eq!(read_flow(query), None, "{query}");
        }
    }
}
