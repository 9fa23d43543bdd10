//! The dashboard's cookies: an admin's session, the token that shows that the browser was used for the account before, a sign-in whose
//! code is still missing or that goes on at the identity provider, and for one page the link of a new invitation, a new API token or a
//! client's new secret.

use app::{
    admins::{
        Token,
        sign_in::SignInTokens,
        store::{pending_sign_ins::PENDING_MINUTES, sessions::MAX_HOURS},
    },
    api_tokens::Secret,
    applications::client::ClientSecret,
    identity_provider::SIGN_IN_MINUTES,
    redirects::is_slug,
};
use axum::http::HeaderMap;
use cookie::time::Duration;

use crate::http::cookies;

const SESSION: &str = "portal-redirects-session";
const DEVICE: &str = "portal-redirects-device";
const PENDING: &str = "portal-redirects-sign-in";
const PROVIDER: &str = "portal-redirects-provider";
const RECENT: &str = "portal-redirects-recent";
const NEW_LINK: &str = "portal-redirects-new-link";
const NEW_API_TOKEN: &str = "portal-redirects-new-api-token";
const NEW_CLIENT_SECRET: &str = "portal-redirects-new-client-secret";

/// How long the page that shows a new link or a new API token may take to be loaded.
const SHOWN_ONCE_MAX_AGE: Duration = Duration::minutes(2);

/// How long a sign-in at the identity provider may take.
const PROVIDER_MAX_AGE: Duration = Duration::minutes(SIGN_IN_MINUTES as i64);

/// How long a browser is remembered.
const DEVICE_MAX_AGE: Duration = Duration::days(365);

/// The session's token, if the browser sent one.
pub(crate) fn session(headers: &HeaderMap, secure: bool) -> Option<Token> {
    Token::parse(&cookies::read(headers, SESSION, secure)?)
}

/// The token that shows that the browser was used before, if it sent one.
pub(crate) fn device(headers: &HeaderMap, secure: bool) -> Option<Token> {
    Token::parse(&cookies::read(headers, DEVICE, secure)?)
}

/// Sets both cookies, after a sign-in.
pub(crate) fn set(headers: &mut HeaderMap, tokens: &SignInTokens, secure: bool) {
    cookies::set(headers, SESSION, &tokens.session.secret(), Duration::hours(MAX_HOURS.into()), secure);
    cookies::set(headers, DEVICE, &tokens.device.secret(), DEVICE_MAX_AGE, secure);
}

/// The token of a sign-in whose code is still missing, if the browser sent one.
pub(crate) fn pending(headers: &HeaderMap, secure: bool) -> Option<Token> {
    Token::parse(&cookies::read(headers, PENDING, secure)?)
}

/// Leads on to the page that asks for the code.
pub(crate) fn set_pending(headers: &mut HeaderMap, token: &Token, secure: bool) {
    cookies::set(headers, PENDING, &token.secret(), Duration::minutes(PENDING_MINUTES.into()), secure);
}

/// Removes the token of a sign-in, once its code was right.
pub(crate) fn remove_pending(headers: &mut HeaderMap, secure: bool) {
    cookies::remove(headers, PENDING, secure);
}

/// The token that binds sign-ins at the identity provider to this browser, if it sent one.
pub(crate) fn provider_browser(headers: &HeaderMap, secure: bool) -> Option<Token> {
    Token::parse(&cookies::read(headers, PROVIDER, secure)?)
}

/// Binds sign-ins at the identity provider to this browser.
pub(crate) fn set_provider_browser(headers: &mut HeaderMap, token: &Token, secure: bool) {
    cookies::set(headers, PROVIDER, &token.secret(), PROVIDER_MAX_AGE, secure);
}

/// The instances that were opened last, by slug.
pub(crate) fn recent(headers: &HeaderMap, secure: bool) -> Vec<String> {
    let value = cookies::read(headers, RECENT, secure).unwrap_or_default();
    value.split('.').filter(|slug| is_slug(slug)).map(str::to_owned).collect()
}

/// Remembers the instances that were opened last.
pub(crate) fn set_recent(headers: &mut HeaderMap, slugs: &[String], secure: bool) {
    cookies::set(headers, RECENT, &slugs.join("."), DEVICE_MAX_AGE, secure);
}

/// The token of the link that was just made, if the browser sent one.
pub(crate) fn new_link(headers: &HeaderMap, secure: bool) -> Option<Token> {
    Token::parse(&cookies::read(headers, NEW_LINK, secure)?)
}

/// Hands the token of a new link to the page that shows it.
pub(crate) fn set_new_link(headers: &mut HeaderMap, token: &Token, secure: bool) {
    cookies::set(headers, NEW_LINK, &token.secret(), SHOWN_ONCE_MAX_AGE, secure);
}

/// Removes the token of a new link, once it is shown.
pub(crate) fn remove_new_link(headers: &mut HeaderMap, secure: bool) {
    cookies::remove(headers, NEW_LINK, secure);
}

/// The API token that was just issued, if the browser sent one.
pub(crate) fn new_api_token(headers: &HeaderMap, secure: bool) -> Option<Secret> {
    Secret::parse(&cookies::read(headers, NEW_API_TOKEN, secure)?)
}

/// Hands a new API token to the page that shows it.
pub(crate) fn set_new_api_token(headers: &mut HeaderMap, token: &Secret, secure: bool) {
    cookies::set(headers, NEW_API_TOKEN, token.text(), SHOWN_ONCE_MAX_AGE, secure);
}

/// Removes a new API token, once it is shown.
pub(crate) fn remove_new_api_token(headers: &mut HeaderMap, secure: bool) {
    cookies::remove(headers, NEW_API_TOKEN, secure);
}

/// A client's secret that was just made, if the browser sent one.
pub(crate) fn new_client_secret(headers: &HeaderMap, secure: bool) -> Option<ClientSecret> {
    ClientSecret::of_cookie(&cookies::read(headers, NEW_CLIENT_SECRET, secure)?)
}

/// Hands a client's new secret to the page that shows it.
pub(crate) fn set_new_client_secret(headers: &mut HeaderMap, made: &ClientSecret, secure: bool) {
    cookies::set(headers, NEW_CLIENT_SECRET, &made.to_cookie(), SHOWN_ONCE_MAX_AGE, secure);
}

/// Removes a client's new secret, once it is shown.
pub(crate) fn remove_new_client_secret(headers: &mut HeaderMap, secure: bool) {
    cookies::remove(headers, NEW_CLIENT_SECRET, secure);
}

/// Removes the session's cookie after a sign-out, and which instances were opened.
pub(crate) fn remove_session(headers: &mut HeaderMap, secure: bool) {
    cookies::remove(headers, SESSION, secure);
    cookies::remove(headers, RECENT, secure);
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn both_cookies_are_set_and_read_again() {
        let tokens = SignInTokens { session: Token::new().unwrap(), device: Token::new().unwrap() };
        for (secure, prefix) in [(true, "__Host-"), (false, "")] {
            let mut answer = HeaderMap::new();
            set(&mut answer, &tokens, secure);
            let given: Vec<_> = answer.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect();
            let session_cookie = format!("{prefix}portal-redirects-session={}", tokens.session.secret());
            assert!(given[0].starts_with(&session_cookie) && given[0].ends_with("Max-Age=1209600"), "{given:?}");
            let sent: Vec<_> = given.iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&sent.join("; ")).unwrap())]);
            assert_eq!(session(&headers, secure), Some(tokens.session.clone()));
            assert_eq!(device(&headers, secure), Some(tokens.device.clone()));
            assert_eq!(session(&headers, !secure), None);
        }
    }
}
