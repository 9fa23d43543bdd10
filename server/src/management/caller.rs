//! Who calls: a bearer token, its scope, and what its maker may do at this moment.

use std::net::IpAddr;

use app::{
    api_tokens::{
        Scope, Secret,
        store::{FoundToken, Validity, access, find},
    },
    database::timed,
    instances::{store::find_any, stored::StoredInstance},
    members::role::Role,
    redirects::is_slug,
    ui::text::timestamp,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Management, problem::Problem};
use crate::http::client_address::client_address;

/// Lets a request through if its token is valid, and says how many more requests it may send.
pub(super) async fn authenticate(State(management): State<Management>, mut request: Request, next: Next) -> Response {
    let address = client_address(&mut request).await;
    let secret = match bearer(request.headers()) {
        Ok(secret) => secret,
        Err(problem) => return problem.into_response(),
    };
    // Before the database is asked, so that nobody makes it busy with one token.
    let answer = async {
        match admitted(&management, &secret, address).await {
            Ok(token) => {
                request.extensions_mut().insert(token);
                next.run(request).await
            }
            Err(problem) => problem.into_response(),
        }
    };
    let mut response = management.rate_limit.answer(&secret.hash(), answer).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The token in the database, if it is valid.
async fn admitted(management: &Management, secret: &Secret, address: Option<IpAddr>) -> Result<FoundToken, Problem> {
    let found = find(&management.pool, secret, address).await?;
    let token = found.ok_or_else(|| Problem::unauthorized("There is no such token. It may have been deleted with its maker's account."))?;
    check_validity(&token, management.requires_second_factor)?;
    Ok(token)
}

/// The token that a request carries (RFC 6750, section 2.1). Cookies count for nothing here.
fn bearer(headers: &HeaderMap) -> Result<Secret, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::unauthorized("Send an API token: Authorization: Bearer prt_… An owner issues one on the page API tokens."));
    };
    let (scheme, text) = value.to_str().unwrap_or_default().split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::unauthorized("Only API tokens are accepted: Authorization: Bearer prt_…"));
    }
    Secret::parse(text.trim()).ok_or_else(|| {
        Problem::unauthorized("That is not an API token: its checksum is wrong. Copy the whole token, from prt_ to its last character.")
    })
}

/// Checks that a token has not ended, and that its maker may still use it.
fn check_validity(token: &FoundToken, requires_second_factor: bool) -> Result<(), Problem> {
    match token.validity {
        Validity::Expired(at) => {
            return Err(Problem::unauthorized(format_args!("This token expired at {}. Issue a new one.", timestamp(at))));
        }
        Validity::Revoked(at) => return Err(Problem::unauthorized(format_args!("This token was revoked at {}.", timestamp(at)))),
        Validity::Valid => {}
    }
    if token.instance.is_none() && !token.is_server_admin {
        return Err(Problem::forbidden("The maker of this token is not a server-wide admin any more."));
    }
    if requires_second_factor && !token.has_second_factor {
        return Err(Problem::forbidden("This server requires a second factor, and the maker of this token has none."));
    }
    Ok(())
}

/// Checks a token's scope.
///
/// # Errors
/// It is for something else.
pub(super) fn check_scope(token: &FoundToken, needed: Scope) -> Result<(), Problem> {
    if token.scope.covers(needed) {
        return Ok(());
    }
    let detail = format!("This request needs the scope {}. The token has the scope {}.", needed.name(), token.scope.name());
    // RFC 6750, section 3.1.
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", needed.name());
    Err(Problem::forbidden(detail).with(header::WWW_AUTHENTICATE, challenge))
}

impl Management {
    /// The instance of that slug and the role of the token's maker in it, if the token's scope covers `needed` and the role is at least
    /// `least`.
    ///
    /// # Errors
    /// The scope is for something else, the maker may not, there is no such instance, or the database does not answer.
    pub(super) async fn admit(
        &self,
        token: &FoundToken,
        slug: &str,
        needed: Scope,
        least: Role,
    ) -> Result<(StoredInstance, Role), Problem> {
        check_scope(token, needed)?;
        if !is_slug(slug) {
            return Err(Problem::not_found());
        }
        let access = access(&self.pool, token, slug).await?.ok_or_else(Problem::not_found)?;
        if access.is_archived {
            return Err(app::error::AppError::Archived.into());
        }
        if access.role < least {
            let detail = format!("The maker of this token is {} of {slug}. This needs at least {}.", article(access.role), article(least));
            return Err(Problem::forbidden(detail));
        }
        let stored = find_any(timed(&self.pool), slug).await?.ok_or_else(Problem::not_found)?;
        Ok((stored, access.role))
    }
}

/// What a write needs: a dry run changes nothing, so reading is enough for it.
pub(super) fn needed(token: &FoundToken, dry_run: bool, scope: Scope, least: Role) -> (Scope, Role) {
    if dry_run && token.scope.covers(Scope::Read) { (Scope::Read, Role::Viewer) } else { (scope, least) }
}

/// A role with its article.
fn article(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Editor => "an editor",
        Role::Owner => "an owner",
    }
}
