//! Clients with a secret: programs on other sites that sign people in through the instance's portal.

use url::Url;

use crate::{credentials::token::Token, redirects::Environment};

/// The most redirect URIs of a client.
pub const MAX_REDIRECT_URIS: usize = 10;

/// The longest redirect URI, in bytes.
const MAX_URI_BYTES: usize = 2048;

/// A client that can be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// What it is called.
    pub name: String,
    /// Where its visitors come back to. A request must name one of them, byte by byte.
    pub redirect_uris: Vec<String>,
}

/// What a new client is given. The secret is shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// The name that the program sends.
    pub client_id: String,
    /// The secret that it sends along.
    pub secret: Token,
}

impl ClientSecret {
    /// Both, as the cookie that shows them once has them.
    pub fn to_cookie(&self) -> String {
        format!("{}.{}", self.client_id, self.secret.secret())
    }

    /// Reads what [`Self::to_cookie`] has written.
    pub fn of_cookie(text: &str) -> Option<Self> {
        let (client_id, secret) = text.split_once('.')?;
        Some(Self { client_id: client_id.to_owned(), secret: Token::parse(secret)? }).filter(|read| is_client_id(&read.client_id))
    }
}

/// Whether a text can be the name of a client with a secret. An application's is its origin.
pub fn is_client_id(text: &str) -> bool {
    text.strip_prefix("client_").is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// Why a text is no list of redirect URIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// There is none.
    #[error("Enter the URL that visitors come back to, like https://desk.example.com/callback.")]
    None,
    /// There are too many.
    #[error("Enter at most {MAX_REDIRECT_URIS} URLs.")]
    TooMany,
    /// It is no URL, or not written as browsers write it.
    #[error("Enter whole URLs as browsers write them, like https://desk.example.com/callback, separated by spaces.")]
    NotAUrl,
    /// It has a user name, a password or a fragment.
    #[error("A redirect URI has no user name and no #. Remove them.")]
    NotAlone,
    /// It is not https.
    #[error("Use https. In development, http is fine.")]
    Insecure,
}

/// Reads redirect URIs, separated by spaces.
///
/// # Errors
/// The first rule in [`RedirectUriError`] that one of them breaks.
pub fn check_redirect_uris(text: &str, environment: Environment) -> Result<Vec<String>, RedirectUriError> {
    let mut uris: Vec<String> = Vec::new();
    for uri in text.split_ascii_whitespace() {
        check_redirect_uri(uri, environment)?;
        if !uris.iter().any(|known| known == uri) {
            uris.push(uri.to_owned());
        }
    }
    match uris.len() {
        0 => Err(RedirectUriError::None),
        count if count > MAX_REDIRECT_URIS => Err(RedirectUriError::TooMany),
        _ => Ok(uris),
    }
}

/// Reads one redirect URI: an absolute web URL, written as browsers write it, without user name, password and fragment.
///
/// # Errors
/// The first rule in [`RedirectUriError`] that it breaks.
pub fn check_redirect_uri(text: &str, environment: Environment) -> Result<Url, RedirectUriError> {
    let url = Url::parse(text).ok().filter(|url| text.len() <= MAX_URI_BYTES && url.has_host()).ok_or(RedirectUriError::NotAUrl)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(RedirectUriError::NotAlone);
    }
    match url.scheme() {
        "https" => {}
        "http" if environment == Environment::Development => {}
        "http" => return Err(RedirectUriError::Insecure),
        _ => return Err(RedirectUriError::NotAUrl),
    }
    // Without a path, `Url` writes a slash that the client does not.
    let is_canonical = url.as_str() == text || url.path() == "/" && url.query().is_none() && url.as_str().trim_end_matches('/') == text;
    if is_canonical { Ok(url) } else { Err(RedirectUriError::NotAUrl) }
}
