//! Cookies. The dashboard's: the session, and what shows that a browser was used before. A portal's: the visitor's session, and
//! in development the page that they came from.
//!
//! Under TLS their names begin with `__Host-`, so that no other host and no unencrypted page can set them. On this machine
//! itself, where there need not be TLS, they have other names and no `Secure`: some browsers would not keep them.

use app::admins::{Token, sign_in::SignInTokens, store::sessions::MAX_HOURS};
use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};

const SESSION: &str = "portal-redirects-session";
const DEVICE: &str = "portal-redirects-device";

/// How long a browser is remembered.
const DEVICE_DAYS: i64 = 365;

/// How long a visitor's session lasts at most.
const VISITOR_DAYS: i64 = 14;

/// How long it is remembered which page a visitor came from: the steps of signing up take no longer.
const REQUESTING_MINUTES: i64 = 30;

/// Whose visitors a cookie is for. One host may have the portals of several instances, each below a path of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visitors {
    /// The instance's key.
    pub(crate) instance: i64,
    /// Whether there is TLS in between.
    pub(crate) secure: bool,
}

impl Visitors {
    fn session(self) -> String {
        format!("portal-redirects-visitor-{}", self.instance)
    }

    fn requesting(self) -> String {
        format!("portal-redirects-from-{}", self.instance)
    }
}

/// The session's token, if the browser sent one.
pub(crate) fn session(headers: &HeaderMap, secure: bool) -> Option<Token> {
    Token::parse(&value(headers, SESSION, secure)?)
}

/// What shows that the browser was used before, if it sent that.
pub(crate) fn device(headers: &HeaderMap, secure: bool) -> Option<Token> {
    Token::parse(&value(headers, DEVICE, secure)?)
}

/// The token of a visitor's session, if the browser sent one.
pub(crate) fn visitor(headers: &HeaderMap, visitors: Visitors) -> Option<Token> {
    Token::parse(&value(headers, &visitors.session(), visitors.secure)?)
}

/// Gives a visitor's browser its session.
pub(crate) fn give_visitor(headers: &mut HeaderMap, visitors: Visitors, session: &Token) {
    set(headers, &visitors.session(), &session.secret(), Duration::days(VISITOR_DAYS), visitors.secure);
}

/// Takes the cookie of a visitor's session away.
pub(crate) fn take_visitor(headers: &mut HeaderMap, visitors: Visitors) {
    set(headers, &visitors.session(), "", Duration::ZERO, visitors.secure);
}

/// The origin of the page that a visitor came from, as an earlier answer has set it.
pub(crate) fn requesting(headers: &HeaderMap, visitors: Visitors) -> Option<String> {
    value(headers, &visitors.requesting(), visitors.secure)
}

/// Remembers the origin of the page that a visitor came from, or forgets it.
pub(crate) fn set_requesting(headers: &mut HeaderMap, visitors: Visitors, origin: Option<&str>) {
    let lasts = if origin.is_some() { Duration::minutes(REQUESTING_MINUTES) } else { Duration::ZERO };
    set(headers, &visitors.requesting(), origin.unwrap_or_default(), lasts, visitors.secure);
}

/// Gives the browser its cookies.
pub(crate) fn give(headers: &mut HeaderMap, tokens: &SignInTokens, secure: bool) {
    set(headers, SESSION, &tokens.session.secret(), Duration::hours(MAX_HOURS.into()), secure);
    set(headers, DEVICE, &tokens.device.secret(), Duration::days(DEVICE_DAYS), secure);
}

/// Takes the session's cookie away.
pub(crate) fn take(headers: &mut HeaderMap, secure: bool) {
    set(headers, SESSION, "", Duration::ZERO, secure);
}

fn name(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

fn value(headers: &HeaderMap, which: &str, secure: bool) -> Option<String> {
    let which = name(which, secure);
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(Cookie::split_parse).filter_map(Result::ok).find(|cookie| cookie.name() == which).map(|cookie| cookie.value().to_owned())
}

fn set(headers: &mut HeaderMap, which: &str, value: &str, lasts: Duration, secure: bool) {
    let cookie =
        Cookie::build((name(which, secure), value)).path("/").http_only(true).secure(secure).same_site(SameSite::Lax).max_age(lasts);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> SignInTokens {
        SignInTokens { session: Token::new().unwrap(), device: Token::new().unwrap() }
    }

    fn given(tokens: &SignInTokens, secure: bool) -> Vec<String> {
        let mut headers = HeaderMap::new();
        give(&mut headers, tokens, secure);
        headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn under_tls_no_other_host_can_set_them() {
        let tokens = tokens();
        let session = tokens.session.secret();
        assert_eq!(
            given(&tokens, true)[0],
            format!("__Host-portal-redirects-session={session}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600")
        );
        assert_eq!(
            given(&tokens, false)[0],
            format!("portal-redirects-session={session}; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600")
        );
    }

    #[test]
    fn a_cookie_that_others_can_set_does_not_count_under_tls() {
        let tokens = tokens();
        for secure in [true, false] {
            let sent: Vec<_> = given(&tokens, secure).iter().map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect();
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&format!("a=b; {}", sent.join("; "))).unwrap())]);
            assert_eq!(session(&headers, secure), Some(tokens.session.clone()));
            assert_eq!(device(&headers, secure), Some(tokens.device.clone()));
            assert_eq!(session(&headers, !secure), None);
        }
    }

    #[test]
    fn a_visitors_cookie_is_of_one_instance_and_under_tls_of_this_host_alone() {
        let token = Token::new().unwrap();
        let (ours, others) = (Visitors { instance: 7, secure: true }, Visitors { instance: 8, secure: true });
        let mut answer = HeaderMap::new();
        give_visitor(&mut answer, ours, &token);
        let cookie = answer[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert_eq!(
            cookie,
            format!("__Host-portal-redirects-visitor-7={}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600", token.secret())
        );
        let sent = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie.split(';').next().unwrap()).unwrap())]);
        assert_eq!(visitor(&sent, ours), Some(token));
        assert_eq!(visitor(&sent, others), None);
        assert_eq!(visitor(&sent, Visitors { secure: false, ..ours }), None);
    }
}
