//! Preview origins: allowed origins that expire. A token may be for them alone, at the hosts of its pattern.

use app::{
    api_tokens::Scope,
    database::{StoreError, timed},
    instances::stored::StoredInstance,
    manifest::FieldDiff,
    members::role::Role,
    preview_origins::{
        parse_expiry, parse_origin,
        store::{self, NoRoom},
    },
    redirects::{AllowedOrigin, Timestamp},
    ui::text::timestamp,
};
use axum::response::Response;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{AddParams, RemoveParams, wrong};
use crate::management::{
    change::Change,
    problem::{InputError, Problem},
    request::InstanceRequest,
};

/// Adds an origin, or moves its end.
pub(super) async fn add(request: &InstanceRequest<AddParams>) -> Result<Response, Problem> {
    let AddParams { origin, expires_in, expires_at, dry_run } = &request.params;
    let expires_at = parse_expiry(expires_in.as_deref(), expires_at.as_deref(), OffsetDateTime::now_utc())
        .map_err(|error| Problem::parameters(vec![InputError::of(error.field(), error)]))?;
    let (stored, origin) = admit(request, origin, *dry_run, false).await?;
    let pool = &request.management.pool;
    let before = if *dry_run {
        let before = end_of(&stored, &origin);
        if before.is_none() && !store::has_room(timed(pool), stored.id).await? {
            return Err(wrong(NoRoom));
        }
        before
    } else {
        let added = store::add(pool, &request.token.actor, &request.slug, &origin, expires_at).await.map_err(of_origin)?;
        request.mark_saved();
        added.before
    };
    answer(request, &stored, *dry_run, &origin, [before, Some(expires_at)]).await
}

/// Removes an origin. `None` if it is no preview origin, and the token may remove others.
pub(super) async fn remove(request: &InstanceRequest<RemoveParams>) -> Result<Option<Response>, Problem> {
    let RemoveParams { origin, dry_run } = &request.params;
    let (stored, origin) = admit(request, origin, *dry_run, true).await?;
    let before = end_of(&stored, &origin);
    if before.is_none() && request.token.scope != Scope::PreviewOrigins {
        return Ok(None);
    }
    let before = if *dry_run || before.is_none() {
        before
    } else {
        let removed = store::remove(&request.management.pool, &request.token.actor, &request.slug, &origin).await?;
        request.mark_saved();
        removed
    };
    answer(request, &stored, *dry_run, &origin, [before, None]).await.map(Some)
}

/// When a preview origin of an instance expires. `None` if it has no such origin.
fn end_of(stored: &StoredInstance, origin: &str) -> Option<Timestamp> {
    let known = stored.instance.expiring_origins().iter().find(|known| known.origin.as_str() == origin);
    known.map(|known| known.expires_at)
}

/// The instance, and the origin in ASCII, if the token may add and remove it.
async fn admit<Params>(
    request: &InstanceRequest<Params>,
    origin: &str,
    dry_run: bool,
    may_be_permanent: bool,
) -> Result<(StoredInstance, String), Problem> {
    let stored = request.admit_write(dry_run, Scope::PreviewOrigins, Role::Editor).await?;
    let environment = stored.settings.environment;
    if may_be_permanent && request.token.scope != Scope::PreviewOrigins {
        // Other tokens remove permanent origins by the same name, and those may be patterns.
        let origin = AllowedOrigin::parse(origin, environment).map_err(wrong)?;
        return Ok((stored, origin.to_string()));
    }
    let origin = parse_origin(origin, environment).map_err(wrong)?;
    match &request.token.host_pattern {
        Some(hosts) if !hosts.matches(&origin) => {
            Err(Problem::forbidden(format_args!("This token adds and removes preview origins at {hosts} only. {origin} does not match.")))
        }
        _ => Ok((stored, origin.to_string())),
    }
}

/// The answer to a preview origin whose end changes so.
async fn answer<Params>(
    request: &InstanceRequest<Params>,
    stored: &StoredInstance,
    dry_run: bool,
    origin: &str,
    [before, after]: [Option<Timestamp>; 2],
) -> Result<Response, Problem> {
    if before == after {
        return Ok(Change { dry_run, ..Change::of(stored) }.at(stored));
    }
    let value = |end: Option<Timestamp>| end.map_or(Value::Null, |end| json!({"origin": origin, "expires_at": timestamp(end.time())}));
    let changes = vec![FieldDiff { pointer: "/preview_origins".to_owned(), before: value(before), after: value(after) }];
    if dry_run {
        return Ok(Change { dry_run, changes, ..Change::of(stored) }.at(stored));
    }
    let now = request.stored().await?;
    Ok(Change { changes, ..Change::of(&now) }.since(stored, &now))
}

/// Errors of the origin, which is a parameter here.
fn of_origin(error: StoreError) -> Problem {
    match error {
        StoreError::Fields(errors) => {
            Problem::parameters(errors.into_iter().map(|error| InputError::of("origin", error.message)).collect())
        }
        other => other.into(),
    }
}
