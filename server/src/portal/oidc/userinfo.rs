//! `/oauth2/userinfo`: who the visitor of an access token is (`OpenID` Connect Core, section 5.3). The session must still be there.

use app::portal::oidc::{
    claims::{Scopes, Subject},
    store::{codes, subjects},
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    request::{ApplicationRequest, ask_database, not_stored, readable_by},
    session::json_response,
};
use crate::portal::problem_details::ProblemDetails;

/// `OPTIONS /oauth2/userinfo`
pub(super) async fn preflight(request: ApplicationRequest) -> Response {
    super::request::preflight(&request, "GET, HEAD, POST", "authorization, content-type", false)
}

/// `GET` and `POST /oauth2/userinfo`
pub(super) async fn show(request: ApplicationRequest) -> Response {
    let response = match claims(&request).await {
        Ok(Some(claims)) => json_response(claims.to_string()),
        Ok(None) => {
            let mut response = StatusCode::UNAUTHORIZED.into_response();
            let challenge = if request.headers.contains_key(header::AUTHORIZATION) { "Bearer error=\"invalid_token\"" } else { "Bearer" };
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            response
        }
        Err(problem) => problem.into_response(),
    };
    match request.application_origin().filter(|_| request.headers.contains_key(header::ORIGIN)) {
        Some(origin) => readable_by(&origin, false, not_stored(response)),
        None => not_stored(response),
    }
}

async fn claims(request: &ApplicationRequest) -> Result<Option<Value>, ProblemDetails> {
    let Some(token) = request.bearer() else { return Ok(None) };
    request.take_lookup()?;
    let (pool, instance) = (request.context.pool(), request.snapshot.id);
    let asking = async {
        let Some((session, scope)) = codes::of_access_token(pool, instance, &token).await? else {
            return sqlx::Result::<Option<(Subject, String)>>::Ok(None);
        };
        Ok(subjects::of_session(pool, instance, session).await?.map(|subject| (subject, scope)))
    };
    let found = ask_database(asking).await?;
    let Some((subject, scope)) = found else { return Ok(None) };
    let mut claims = serde_json::to_value(subject.person(Scopes::read(&scope))).map_err(|_| ProblemDetails::Unavailable)?;
    claims["sub"] = json!(subject.sub);
    claims["organizations"] = json!(subject.organization_ids());
    Ok(Some(claims))
}
