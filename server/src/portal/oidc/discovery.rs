//! `/.well-known/openid-configuration`: what the provider does (`OpenID` Connect Discovery 1.0, section 3).
//!
//! It signs with ES256 only. That is a deviation: section 3 of the standard wants RS256 to be among the algorithms.

use app::portal::oidc::claims::Scopes;
use axum::response::Response;
use serde_json::json;

use super::{jwks::public, request::ApplicationRequest, session::json_response};

/// `GET /.well-known/openid-configuration`
pub(super) async fn show(request: ApplicationRequest) -> Response {
    let issuer = &request.issuer.url;
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "userinfo_endpoint": format!("{issuer}/oauth2/userinfo"),
        "end_session_endpoint": format!("{issuer}/oauth2/logout"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "scopes_supported": Scopes::NAMES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login"],
        "claims_supported": [
            "iss", "sub", "aud", "azp", "sid", "iat", "exp", "auth_time", "nonce", "organizations", "name", "given_name", "family_name",
            "preferred_username", "email", "email_verified", "phone_number", "phone_number_verified"
        ],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    public(json_response(document.to_string()))
}
