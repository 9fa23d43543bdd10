//! The dashboard's cookies: the session, and what shows that a browser was used before.
//!
//! Under TLS their names begin with `__Host-`, so that no other host and no unencrypted page can set them. On this machine
//! itself, where there need not be TLS, they have other names and no `Secure`: some browsers would not keep them.

use app::session::{Token, entry::Entered, store::sessions::MOST_HOURS};
use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};

const SESSION: &str = "portal-redirects-session";
const DEVICE: &str = "portal-redirects-device";

/// How long a browser is remembered.
const DEVICE_DAYS: i64 = 365;

/// The session's token, if the browser sent one.
pub(crate) fn session(headers: &HeaderMap, secure: bool) -> Option<Token> {
    token(headers, SESSION, secure)
}

/// What shows that the browser was used before, if it sent that.
pub(crate) fn device(headers: &HeaderMap, secure: bool) -> Option<Token> {
    token(headers, DEVICE, secure)
}

/// Gives the browser its cookies.
pub(crate) fn give(headers: &mut HeaderMap, entered: &Entered, secure: bool) {
    set(headers, SESSION, &entered.session.secret(), Duration::hours(MOST_HOURS.into()), secure);
    set(headers, DEVICE, &entered.device.secret(), Duration::days(DEVICE_DAYS), secure);
}

/// Takes the session's cookie away.
pub(crate) fn take(headers: &mut HeaderMap, secure: bool) {
    set(headers, SESSION, "", Duration::ZERO, secure);
}

fn name(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

fn token(headers: &HeaderMap, which: &str, secure: bool) -> Option<Token> {
    let which = name(which, secure);
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == which)
        .and_then(|cookie| Token::parse(cookie.value()))
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

    fn entered() -> Entered {
        Entered { session: Token::new().unwrap(), device: Token::new().unwrap() }
    }

    fn given(entered: &Entered, secure: bool) -> Vec<String> {
        let mut headers = HeaderMap::new();
        give(&mut headers, entered, secure);
        headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn under_tls_no_other_host_can_set_them() {
        let entered = entered();
        let session = entered.session.secret();
        assert_eq!(
            given(&entered, true)[0],
            format!("__Host-portal-redirects-session={session}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600")
        );
        assert_eq!(
            given(&entered, false)[0],
            format!("portal-redirects-session={session}; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600")
        );
    }

    #[test]
    fn a_cookie_that_others_can_set_does_not_count_under_tls() {
        let entered = entered();
        for secure in [true, false] {
            let sent: Vec<_> = given(&entered, secure).iter().map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect();
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&format!("a=b; {}", sent.join("; "))).unwrap())]);
            assert_eq!(session(&headers, secure), Some(entered.session.clone()));
            assert_eq!(device(&headers, secure), Some(entered.device.clone()));
            assert_eq!(session(&headers, !secure), None);
        }
    }
}
