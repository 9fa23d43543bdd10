//! Reading and setting one cookie.
//!
//! Under TLS its name begins with `__Host-`, so that no other host and no unencrypted page can set it (RFC 6265bis, section 4.1.3.2).
//! On this machine itself, where there may be no TLS, it has its plain name and no `Secure`, which some browsers would reject.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};

/// The value of a cookie, if the browser sent it.
pub(crate) fn read(headers: &HeaderMap, name: &str, secure: bool) -> Option<String> {
    let name = full_name(name, secure);
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(Cookie::split_parse).filter_map(Result::ok).find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// Sets a cookie that the browser keeps for `max_age`.
pub(crate) fn set(headers: &mut HeaderMap, name: &str, value: &str, max_age: Duration, secure: bool) {
    let cookie =
        Cookie::build((full_name(name, secure), value)).path("/").http_only(true).secure(secure).same_site(SameSite::Lax).max_age(max_age);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// Makes the browser delete a cookie.
pub(crate) fn remove(headers: &mut HeaderMap, name: &str, secure: bool) {
    set(headers, name, "", Duration::ZERO, secure);
}

fn full_name(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_cookie(secure: bool) -> String {
        let mut headers = HeaderMap::new();
        set(&mut headers, "a", "b", Duration::minutes(1), secure);
        headers[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn under_tls_no_other_host_can_set_it() {
        assert_eq!(set_cookie(true), "__Host-a=b; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        assert_eq!(set_cookie(false), "a=b; HttpOnly; SameSite=Lax; Path=/; Max-Age=60");
    }

    #[test]
    fn a_cookie_that_others_can_set_does_not_count_under_tls() {
        for secure in [true, false] {
            let sent = format!("x=y; {}", set_cookie(secure).split(';').next().unwrap());
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&sent).unwrap())]);
            assert_eq!(read(&headers, "a", secure).as_deref(), Some("b"));
            assert_eq!(read(&headers, "a", !secure), None);
        }
    }

    #[test]
    fn a_removed_cookie_is_empty_and_expires_at_once() {
        let mut headers = HeaderMap::new();
        remove(&mut headers, "a", true);
        assert_eq!(headers[header::SET_COOKIE], "__Host-a=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }
}
