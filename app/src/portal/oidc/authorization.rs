//! An authorization request of a client (`OpenID` Connect Core, section 3.1.2.1): reading it, and what is wrong with it.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256};

/// The longest value that is kept of a request, in bytes.
const MAX_VALUE_BYTES: usize = 2048;

/// The parameters of an authorization request. The first of a repeated one is read, and [`Parameters::is_repeated`] names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query string.
    pub fn read(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// A parameter's value. One without a value is left out (RFC 6749, section 3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether that parameter comes more than once, which no request may do (RFC 6749, section 3.1).
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).count() > 1
    }
}

/// What the client is told of a request that can't be answered, by the names of RFC 6749 and `OpenID` Connect Core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizationError {
    /// `error`
    pub code: &'static str,
    /// `error_description`
    pub description: &'static str,
}

/// A request whose client and address are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// An application origin, or the name of a client with a secret.
    pub client_id: String,
    /// Where the answer goes, exactly as the client wrote it.
    pub redirect_uri: String,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// Comes back with the answer.
    pub state: Option<String>,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
    /// The hash of the verifier (RFC 7636).
    pub code_challenge: String,
    /// Whether pages may be shown, and must be.
    pub prompt: Prompt,
    /// The most seconds since the visitor has signed in.
    pub max_age: Option<i32>,
    /// What the sign-in form begins with.
    pub login_hint: Option<String>,
}

/// `prompt`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prompt {
    /// The visitor signs in if they are not signed in.
    #[default]
    IfNeeded,
    /// No page may be shown.
    None,
    /// The visitor signs in anew.
    Login,
}

impl AuthorizationRequest {
    /// Reads a request. The caller has checked the client and the redirect URI.
    ///
    /// # Errors
    /// The first thing that is wrong, for the client.
    pub fn read(parameters: &Parameters, client_id: &str, redirect_uri: &str) -> Result<Self, AuthorizationError> {
        let error = |code, description| Err(AuthorizationError { code, description });
        let names = [
            "response_type",
            "response_mode",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "prompt",
            "max_age",
            "login_hint",
            "request",
            "request_uri",
        ];
        // ID tokens may be longer than the others. None is kept.
        if names.iter().chain(&["id_token_hint"]).any(|name| parameters.is_repeated(name)) {
            return error("invalid_request", "a parameter comes more than once");
        }
        if names.iter().any(|name| parameters.get(name).is_some_and(|value| value.len() > MAX_VALUE_BYTES)) {
            return error("invalid_request", "a parameter is longer than 2,048 bytes");
        }
        if parameters.get("request").is_some() {
            return error("request_not_supported", "send the parameters themselves, not a request object");
        }
        if parameters.get("request_uri").is_some() {
            return error("request_uri_not_supported", "send the parameters themselves, not their address");
        }
        match parameters.get("response_type") {
            Some("code") => {}
            Some(_) => return error("unsupported_response_type", "only response_type=code is supported"),
            None => return error("invalid_request", "response_type is missing"),
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return error("invalid_request", "only response_mode=query is supported");
        }
        let scope = parameters.get("scope").unwrap_or_default();
        if !scope.split(' ').any(|scope| scope == "openid") {
            return error("invalid_scope", "the scope must contain openid");
        }
        let challenge = parameters.get("code_challenge").unwrap_or_default();
        if parameters.get("code_challenge_method") != Some("S256") || !is_challenge(challenge) {
            return error("invalid_request", "PKCE is required: send code_challenge, and code_challenge_method=S256");
        }
        let prompt = match parameters.get("prompt") {
            None | Some("consent" | "select_account") => Prompt::IfNeeded,
            Some("none") => Prompt::None,
            Some("login") => Prompt::Login,
            Some(_) => return error("invalid_request", "prompt must be none or login"),
        };
        let max_age = match parameters.get("max_age").map(str::parse::<i32>) {
            None => None,
            Some(Ok(seconds)) if seconds >= 0 => Some(seconds),
            Some(_) => return error("invalid_request", "max_age must be a number of seconds"),
        };
        let text = |name| parameters.get(name).map(str::to_owned);
        Ok(Self {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scope: scope.to_owned(),
            state: text("state"),
            nonce: text("nonce"),
            code_challenge: challenge.to_owned(),
            prompt,
            max_age,
            login_hint: text("login_hint"),
        })
    }
}

/// Whether a text can be a challenge: a SHA-256 in base64url.
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether a verifier is that of the challenge (RFC 7636, sections 4.1 and 4.6).
pub fn verifies(challenge: &str, verifier: &str) -> bool {
    let is_verifier =
        (43..=128).contains(&verifier.len()) && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    is_verifier && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
}

/// Reads an `Authorization: Basic` header: the client's name and its secret, each encoded as in a form (RFC 6749, section 2.3.1).
pub fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some((decode(name)?, decode(secret)?))
}
