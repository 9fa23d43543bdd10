//! A portal's cookies: the visitor's session and, in development, the origin of the page that the visitor came from.

use app::credentials::token::Token;
use axum::http::HeaderMap;
use cookie::time::Duration;

use crate::http::cookies;

/// How long the browser keeps a visitor's session: as long as a session may last.
const SESSION_MAX_AGE: Duration = Duration::hours(app::portal::MAX_SESSION_HOURS as i64);

/// How long the requesting origin is remembered: the steps of signing up take no longer.
const REQUESTING_ORIGIN_MAX_AGE: Duration = Duration::minutes(30);

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
}
