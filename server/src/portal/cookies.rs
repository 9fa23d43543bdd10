//! A portal's cookies: the visitor's session, the flow that has just ended, a sign-in at the identity provider, and in development the
//! origin of the page that the visitor came from.

use app::{
    credentials::token::Token,
    identity_provider::SIGN_IN_MINUTES,
    portal::{codes::CONFIRMATION_HOURS, oidc::store::authorizations::PENDING_MINUTES},
};
use axum::http::HeaderMap;
use cookie::time::Duration;

use crate::http::cookies;

/// How long the browser keeps a visitor's session: as long as a session may last.
const SESSION_MAX_AGE: Duration = Duration::hours(app::portal::MAX_SESSION_HOURS as i64);

/// How long the requesting origin is remembered: the steps of signing up take no longer.
const REQUESTING_ORIGIN_MAX_AGE: Duration = Duration::minutes(30);

/// How long a browser may take from the end of a flow to `/continue`.
const ENDED_FLOW_MAX_AGE: Duration = Duration::minutes(5);

/// How long an application's request waits for a sign-in.
const AUTHORIZATION_MAX_AGE: Duration = Duration::minutes(PENDING_MINUTES as i64);

/// How long a sign-in at the identity provider may take.
const PROVIDER_MAX_AGE: Duration = Duration::minutes(SIGN_IN_MINUTES as i64);

/// How long a sign-up or sign-in waits for the code of a mail.
const CONFIRMING_MAX_AGE: Duration = Duration::hours(CONFIRMATION_HOURS as i64);

/// The longest value of one cookie, in bytes: browsers keep 4,096 bytes, with the name.
const MAX_VALUE_BYTES: usize = 3_500;

/// How many cookies a value may take. The longest link needs no more.
const MAX_PARTS: usize = 10;

/// The cookies of one instance's visitors. One host may have the portals of several instances, each below its own path.
#[derive(Clone, Copy, Debug)]
pub(super) struct VisitorCookies {
    /// The instance's key.
    pub(super) instance: i64,
    /// Whether the visitor's connection has TLS.
    pub(super) secure: bool,
}

impl VisitorCookies {
    fn session_name(self) -> String {
        format!("portal-redirects-visitor-{}", self.instance)
    }

    fn requesting_origin_name(self) -> String {
        format!("portal-redirects-from-{}", self.instance)
    }

    fn ended_flow_name(self, part: usize) -> String {
        format!("portal-redirects-continue-{}-{part}", self.instance)
    }

    fn provider_name(self) -> String {
        format!("portal-redirects-provider-{}", self.instance)
    }

    /// The token that binds sign-ins at the identity provider to this browser, if an earlier response has set it.
    pub(super) fn provider_browser(self, headers: &HeaderMap) -> Option<Token> {
        Token::parse(&cookies::read(headers, &self.provider_name(), self.secure)?)
    }

    /// Binds sign-ins at the identity provider to this browser.
    pub(super) fn set_provider_browser(self, headers: &mut HeaderMap, browser: &Token) {
        cookies::set(headers, &self.provider_name(), &browser.secret(), PROVIDER_MAX_AGE, self.secure);
    }

    fn confirming_name(self) -> String {
        format!("portal-redirects-confirming-{}", self.instance)
    }

    /// The token that binds a sign-up or sign-in to this browser while it waits for the code of a mail.
    pub(super) fn confirming_browser(self, headers: &HeaderMap) -> Option<Token> {
        Token::parse(&cookies::read(headers, &self.confirming_name(), self.secure)?)
    }

    /// Binds a sign-up or sign-in that waits to this browser.
    pub(super) fn set_confirming_browser(self, headers: &mut HeaderMap, browser: &Token) {
        cookies::set(headers, &self.confirming_name(), &browser.secret(), CONFIRMING_MAX_AGE, self.secure);
    }

    /// Removes that, because the session has begun.
    pub(super) fn remove_confirming_browser(self, headers: &mut HeaderMap) {
        cookies::remove(headers, &self.confirming_name(), self.secure);
    }

    /// The token of the visitor's session, if the browser sent one.
    pub(super) fn session(self, headers: &HeaderMap) -> Option<Token> {
        Token::parse(&cookies::read(headers, &self.session_name(), self.secure)?)
    }

    /// Sets the cookie of the visitor's session, after a sign-in.
    pub(super) fn set_session(self, headers: &mut HeaderMap, session: &Token) {
        cookies::set(headers, &self.session_name(), &session.secret(), SESSION_MAX_AGE, self.secure);
    }

    /// Removes the cookie of the visitor's session, after a sign-out.
    pub(super) fn remove_session(self, headers: &mut HeaderMap) {
        cookies::remove(headers, &self.session_name(), self.secure);
    }

    /// The token that binds an application's request to this browser, if it sent one.
    pub(super) fn authorization(self, headers: &HeaderMap) -> Option<Token> {
        Token::parse(&cookies::read(headers, &format!("portal-redirects-authorization-{}", self.instance), self.secure)?)
    }

    /// Sets the token that binds an application's request to this browser.
    pub(super) fn set_authorization(self, headers: &mut HeaderMap, token: &Token) {
        let name = format!("portal-redirects-authorization-{}", self.instance);
        cookies::set(headers, &name, &token.secret(), AUTHORIZATION_MAX_AGE, self.secure);
    }

    /// The requesting origin that an earlier response has set.
    pub(super) fn requesting_origin(self, headers: &HeaderMap) -> Option<String> {
        cookies::read(headers, &self.requesting_origin_name(), self.secure)
    }

    /// Sets the requesting origin, or removes it.
    pub(super) fn set_requesting_origin(self, headers: &mut HeaderMap, origin: Option<&str>) {
        match origin {
            Some(origin) => cookies::set(headers, &self.requesting_origin_name(), origin, REQUESTING_ORIGIN_MAX_AGE, self.secure),
            None => cookies::remove(headers, &self.requesting_origin_name(), self.secure),
        }
    }

    /// The flow that has just ended, as a query string that an earlier response has set.
    pub(super) fn ended_flow(self, headers: &HeaderMap) -> Option<String> {
        let mut whole = String::new();
        for part in 0..MAX_PARTS {
            let value = cookies::read(headers, &self.ended_flow_name(part), self.secure)?;
            match value.strip_suffix('~') {
                Some(value) => whole.push_str(value),
                None => return Some(whole + &value),
            }
        }
        None
    }

    /// Sets the flow that has just ended. `query` is a query string, so a cookie may hold each of its characters, and none is `~`,
    /// which says here that the next cookie goes on.
    pub(super) fn set_ended_flow(self, headers: &mut HeaderMap, query: &str) {
        let parts: Vec<_> = query.as_bytes().chunks(MAX_VALUE_BYTES).map(String::from_utf8_lossy).collect();
        for (part, value) in parts.iter().enumerate().take(MAX_PARTS) {
            let value = if part + 1 < parts.len() { format!("{value}~") } else { value.clone().into_owned() };
            cookies::set(headers, &self.ended_flow_name(part), &value, ENDED_FLOW_MAX_AGE, self.secure);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn a_session_counts_in_one_instance_and_under_tls_at_this_host_only() {
        let token = Token::new().unwrap();
        let (ours, others) = (VisitorCookies { instance: 7, secure: true }, VisitorCookies { instance: 8, secure: true });
        let mut answer = HeaderMap::new();
        ours.set_session(&mut answer, &token);
        let cookie = answer[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert_eq!(
            cookie,
            format!("__Host-portal-redirects-visitor-7={}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600", token.secret())
        );
        let sent = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie.split(';').next().unwrap()).unwrap())]);
        assert_eq!(ours.session(&sent), Some(token));
        assert_eq!(others.session(&sent), None);
        assert_eq!(VisitorCookies { secure: false, ..ours }.session(&sent), None);
    }

    #[test]
    fn an_ended_flow_takes_as_many_cookies_as_it_needs() {
        let cookies = VisitorCookies { instance: 7, secure: true };
        for (length, count) in [(20, 1), (3_500, 1), (3_501, 2), (16_384, 5)] {
            let query = format!("flow=sign-in&redirect_url={}", "%2F".repeat(length))[..length].to_owned();
            let mut answer = HeaderMap::new();
            cookies.set_ended_flow(&mut answer, &query);
            let given: Vec<_> = answer.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect();
            assert_eq!(given.len(), count);
            assert!(given.iter().all(|cookie| cookie.starts_with("__Host-") && cookie.len() < 4_000), "{given:?}");
            let mut sent: Vec<_> = given.iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
            // A cookie of an earlier flow that was longer.
            sent.push("__Host-portal-redirects-continue-7-6=x");
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&sent.join("; ")).unwrap())]);
            assert_eq!(cookies.ended_flow(&headers), Some(query));
            assert_eq!(VisitorCookies { instance: 8, ..cookies }.ended_flow(&headers), None);
            assert_eq!(VisitorCookies { secure: false, ..cookies }.ended_flow(&headers), None);
        }
    }
}
