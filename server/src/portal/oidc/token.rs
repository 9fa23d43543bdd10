//! `/oauth2/token`: a client redeems a code for an ID token and an access token (RFC 6749, section 4.1.3).

use app::{
    credentials::token::Token,
    portal::oidc::{
        authorization::{Parameters, basic_credentials},
        claims::{IdClaims, PersonClaims, Scopes, Subject},
        store::{
            codes::{self, ACCESS_TOKEN_SECONDS, RedeemedCode, Redemption},
            subjects,
        },
    },
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;
use time::OffsetDateTime;

use super::{
    client::Client,
    keys::InstanceKeys,
    request::{ApplicationRequest, Unavailable, ask_database, not_stored, readable_by},
    session::json_response,
};

/// How long an ID token lasts, in seconds.
const ID_TOKEN_SECONDS: i64 = 300;

/// Why no token is given, by the names of RFC 6749, section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenError {
    InvalidRequest(&'static str),
    InvalidClient,
    InvalidGrant,
    UnsupportedGrantType,
    RateLimited,
    Unavailable,
}

impl From<Unavailable> for TokenError {
    fn from(Unavailable: Unavailable) -> Self {
        Self::Unavailable
    }
}

impl TokenError {
    fn response(self, is_basic: bool) -> Response {
        let (status, error, description) = match self {
            Self::InvalidRequest(description) => (StatusCode::BAD_REQUEST, "invalid_request", description),
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client", "no such client, or a wrong secret"),
            Self::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "the code is not valid for this client, redirect_uri and code_verifier, or is used up",
            ),
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "only grant_type=authorization_code is supported")
            }
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "slow_down", "too many requests; try again in a moment"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again in a moment"),
        };
        let mut response = json_response(json!({ "error": error, "error_description": description }).to_string());
        *response.status_mut() = status;
        if self == Self::InvalidClient && is_basic {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"portal\""));
        }
        if matches!(self, Self::RateLimited | Self::Unavailable) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// `OPTIONS /oauth2/token`
pub(super) async fn preflight(request: ApplicationRequest) -> Response {
    super::request::preflight(&request, "POST", "content-type", false)
}

/// `POST /oauth2/token`
pub(super) async fn redeem(request: ApplicationRequest) -> Response {
    let is_basic = request.headers.contains_key(header::AUTHORIZATION);
    let response = not_stored(give(&request).await.unwrap_or_else(|error| error.response(is_basic)));
    match request.application_origin().filter(|_| request.headers.contains_key(header::ORIGIN)) {
        Some(origin) => readable_by(&origin, false, response),
        None => response,
    }
}

async fn give(request: &ApplicationRequest) -> Result<Response, TokenError> {
    request.take_lookup().map_err(|_| TokenError::RateLimited)?;
    let kind = request.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_form = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    let body = std::str::from_utf8(&request.body).ok().filter(|_| is_form).ok_or(TokenError::InvalidRequest("post a form"))?;
    let parameters = Parameters::read(body);
    let names = ["grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier"];
    if names.iter().any(|name| parameters.is_repeated(name)) {
        return Err(TokenError::InvalidRequest("a parameter comes more than once"));
    }
    let client_id = authenticate(request, &parameters).await?;
    match parameters.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => return Err(TokenError::UnsupportedGrantType),
        None => return Err(TokenError::InvalidRequest("grant_type is missing")),
    }
    let code = parameters.get("code").ok_or(TokenError::InvalidRequest("code is missing"))?;
    let redirect_uri = parameters.get("redirect_uri").ok_or(TokenError::InvalidRequest("redirect_uri is missing"))?;
    let redemption = Redemption { client_id: &client_id, redirect_uri, verifier: parameters.get("code_verifier").unwrap_or_default() };
    let code = Token::parse(code).ok_or(TokenError::InvalidGrant)?;
    // A code must not be used up by a server that can't sign.
    let keys = request.context.keys().of(request.snapshot.id).await.ok_or(TokenError::Unavailable)?;
    let access = Token::new().map_err(|_| TokenError::Unavailable)?;
    let (pool, instance) = (request.context.pool(), request.snapshot.id);
    let redeemed = ask_database(codes::redeem(pool, instance, &code, redemption, &access)).await?.ok_or(TokenError::InvalidGrant)?;
    let subject = ask_database(subjects::of_session(pool, instance, redeemed.session)).await?.ok_or(TokenError::InvalidGrant)?;
    let id_token = id_token(request, &keys, &client_id, &subject, &redeemed).ok_or(TokenError::Unavailable)?;
    let body = json!({
        "access_token": access.secret(),
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "scope": redeemed.scope,
        "id_token": id_token,
    });
    Ok(json_response(body.to_string()))
}

/// The client that sends a request: by its secret, or for an application by its origin alone.
async fn authenticate(request: &ApplicationRequest, parameters: &Parameters) -> Result<String, TokenError> {
    let basic = match request.headers.get(header::AUTHORIZATION) {
        Some(value) => Some(value.to_str().ok().and_then(basic_credentials).ok_or(TokenError::InvalidClient)?),
        None => None,
    };
    let posted = parameters.get("client_id");
    let (client_id, secret) = match &basic {
        Some((id, _)) if posted.is_some_and(|posted| posted != id) || parameters.get("client_secret").is_some() => {
            return Err(TokenError::InvalidRequest("the client is named in two ways"));
        }
        Some((id, secret)) => (id.as_str(), Some(secret.as_str())),
        None => (posted.ok_or(TokenError::InvalidClient)?, parameters.get("client_secret")),
    };
    let is_right = match ask_database(Client::find(&request.context, &request.snapshot, client_id)).await? {
        Some(Client::Confidential(client)) => secret.and_then(Token::parse).is_some_and(|secret| secret.hash()[..] == client.secret_hash),
        // A page can't redeem another application's code: browsers say where it is.
        Some(Client::Application) => {
            secret.is_none_or(str::is_empty) && request.headers.get(header::ORIGIN).is_none_or(|origin| origin == client_id)
        }
        None => false,
    };
    if is_right { Ok(client_id.to_owned()) } else { Err(TokenError::InvalidClient) }
}

fn id_token(request: &ApplicationRequest, keys: &InstanceKeys, client_id: &str, subject: &Subject, code: &RedeemedCode) -> Option<String> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let says_names = request.snapshot.applications.names_in_tokens;
    let claims = IdClaims {
        iss: &request.issuer.url,
        sub: subject.sub,
        aud: client_id,
        azp: client_id,
        sid: subject.sid,
        iat: now,
        exp: now + ID_TOKEN_SECONDS,
        auth_time: subject.auth_time.unix_timestamp(),
        nonce: code.nonce.as_deref(),
        organizations: subject.organization_ids(),
        person: if says_names { subject.person(Scopes::read(&code.scope)) } else { PersonClaims::default() },
    };
    keys.signing()?.sign(&claims).ok()
}
