//! Allowed origins: listed, added and removed one by one. Adding and removing say what is wanted, not what is replaced, so they can be
//! sent again and need no `If-Match`.

use app::{
    api_tokens::{Scope, store::FoundToken},
    database::StoreError,
    instances::stored::StoredInstance,
    manifest::{self, FieldDiff, InstanceSettings, plan_one},
    members::role::Role,
    preview_origins::{
        ExpiryError, MAX_PREVIEW_ORIGINS, parse_expiry, parse_origin,
        store::{self as preview_origins, PreviewOrigin},
    },
    redirects::{AllowedOrigin, Timestamp},
    saving::saved_instances::SavedInstances,
    ui::text::timestamp,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    Management,
    change::{Change, impact_of},
    input::{NoParams, Query},
    openapi::{ReadProblems, SetProblems},
    problem::{InputError, Problem},
};

/// How often a change is tried again, when somebody saves at the same moment.
const MAX_TRIES: usize = 5;

/// The origins that are allowed besides the domain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AllowedOrigins {
    /// Those that stay until somebody removes them.
    allowed_origins: Vec<String>,
    /// Those that expire, the next one first. One that has expired is listed for a day.
    preview_origins: Vec<PreviewOriginBody>,
}

/// An allowed origin that expires.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PreviewOrigin)]
pub(crate) struct PreviewOriginBody {
    /// The origin.
    origin: String,
    /// From then on, it is not allowed.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Who added it, or moved its end.
    added_by: String,
}

impl From<PreviewOrigin> for PreviewOriginBody {
    fn from(stored: PreviewOrigin) -> Self {
        Self { origin: stored.origin, expires_at: timestamp(stored.expires_at.time()), added_by: stored.added_by }
    }
}

/// The origin that is added.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AddParams {
    /// The origin: a scheme, a host and perhaps a port, like `https://partner.example`.
    #[param(max_length = 512)]
    origin: String,
    /// After how long it expires: a whole number and `s`, `m`, `h` or `d`, like `7d`. At most 90 days. Without an end, it stays.
    #[param(pattern = "^[0-9]{1,9}[smhd]$", example = "7d")]
    expires_in: Option<String>,
    /// When it expires, in place of `expires_in`.
    #[param(format = DateTime)]
    expires_at: Option<String>,
    /// `true` changes nothing: the answer says what would change.
    #[serde(default)]
    dry_run: bool,
}

/// The origin that is removed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveParams {
    /// The origin.
    #[param(max_length = 512)]
    origin: String,
    /// `true` changes nothing: the answer says what would change.
    #[serde(default)]
    dry_run: bool,
}

/// Lists the allowed origins.
#[utoipa::path(
    get,
    path = "/instances/{slug}/allowed-origins",
    operation_id = "listAllowedOrigins",
    tag = "allowed origins",
    params(("slug" = String, Path, description = "The instance")),
    responses((status = 200, description = "The allowed origins", body = AllowedOrigins, headers(("ETag" = String, description = "The version"))), ReadProblems)
)]
pub(super) async fn list(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Path(slug): Path<String>,
    Query(NoParams {}): Query<NoParams>,
) -> Result<Response, Problem> {
    let (stored, _) = management.admit(&token, &slug, Scope::Read, Role::Viewer).await?;
    let preview_origins = preview_origins::list(&management.pool, stored.id).await?.into_iter().map(Into::into).collect();
    let body = AllowedOrigins { allowed_origins: stored.settings.allowed_origins.clone(), preview_origins };
    Ok(([(header::ETAG, stored.etag())], Json(body)).into_response())
}

/// Adds an origin, for good or until it expires. One that is there already stays, or its end moves. With `expires_in` or `expires_at`, a
/// token for preview origins is enough.
#[utoipa::path(
    put,
    path = "/instances/{slug}/allowed-origins",
    operation_id = "addAllowedOrigin",
    tag = "allowed origins",
    params(("slug" = String, Path, description = "The instance"), AddParams),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), SetProblems)
)]
pub(super) async fn add(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    Query(AddParams { origin, expires_in, expires_at, dry_run }): Query<AddParams>,
) -> Result<Response, Problem> {
    if expires_in.is_none() && expires_at.is_none() {
        if token.scope == Scope::PreviewOrigins {
            return Err(Problem::parameters(vec![InputError::of("expires_in", ExpiryError::Missing)]));
        }
        return management.set_permanent(&token, &saved, &slug, &origin, true, dry_run).await;
    }
    let expires_at = parse_expiry(expires_in.as_deref(), expires_at.as_deref(), OffsetDateTime::now_utc())
        .map_err(|error| Problem::parameters(vec![InputError::of(error.field(), error)]))?;
    let (stored, parsed) = management.preview_origin(&token, &slug, &origin, dry_run).await?;
    let listed = preview_origins::list(&management.pool, stored.id).await?;
    let before = listed.iter().find(|known| known.origin == parsed).map(|known| known.expires_at);
    let changes = difference(&parsed, before, Some(expires_at));
    if !dry_run {
        preview_origins::add(&management.pool, &token.actor, &slug, &parsed, expires_at).await.map_err(of_origin)?;
        saved.mark(&slug);
    } else if before.is_none() && listed.len() >= MAX_PREVIEW_ORIGINS {
        let detail = format!("There are {MAX_PREVIEW_ORIGINS} preview origins, which is the most. Remove one.");
        return Err(Problem::parameters(vec![InputError::of("origin", detail)]));
    }
    Ok(Change::answer(dry_run, &management.stored(&slug).await?, changes, None))
}

/// Removes an origin. One that is not there stays away, and nothing changes.
#[utoipa::path(
    delete,
    path = "/instances/{slug}/allowed-origins",
    operation_id = "removeAllowedOrigin",
    tag = "allowed origins",
    params(("slug" = String, Path, description = "The instance"), RemoveParams),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), SetProblems)
)]
pub(super) async fn remove(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    Query(RemoveParams { origin, dry_run }): Query<RemoveParams>,
) -> Result<Response, Problem> {
    let (stored, parsed) = management.preview_origin(&token, &slug, &origin, dry_run).await?;
    let listed = preview_origins::list(&management.pool, stored.id).await?;
    let Some(known) = listed.into_iter().find(|known| known.origin == parsed) else {
        if token.scope == Scope::PreviewOrigins {
            return Ok(Change::answer(dry_run, &stored, Vec::new(), None));
        }
        return management.set_permanent(&token, &saved, &slug, &origin, false, dry_run).await;
    };
    if !dry_run {
        preview_origins::remove(&management.pool, &token.actor, &slug, &parsed).await?;
        saved.mark(&slug);
    }
    Ok(Change::answer(dry_run, &management.stored(&slug).await?, difference(&parsed, Some(known.expires_at), None), None))
}

/// What becomes of a preview origin.
fn difference(origin: &str, before: Option<Timestamp>, after: Option<Timestamp>) -> Vec<FieldDiff> {
    let value = |end: Option<Timestamp>| end.map_or(Value::Null, |end| json!({"origin": origin, "expires_at": timestamp(end.time())}));
    if before == after {
        Vec::new()
    } else {
        vec![FieldDiff { pointer: "/preview_origins".to_owned(), before: value(before), after: value(after) }]
    }
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

impl Management {
    /// The instance, and a preview origin that the token may add and remove, in ASCII.
    async fn preview_origin(
        &self,
        token: &FoundToken,
        slug: &str,
        origin: &str,
        dry_run: bool,
    ) -> Result<(StoredInstance, String), Problem> {
        let stored = self.admit_write(token, slug, dry_run, Scope::PreviewOrigins, Role::Editor).await?;
        let wrong = |detail: &dyn ToString| Problem::parameters(vec![InputError::of("origin", detail.to_string())]);
        if token.scope != Scope::PreviewOrigins {
            // Other tokens remove permanent origins by the same name, and those may have patterns.
            let parsed = AllowedOrigin::parse(origin, stored.settings.environment).map_err(|error| wrong(&error))?;
            return Ok((stored, parsed.to_string()));
        }
        let parsed = parse_origin(origin, stored.settings.environment).map_err(|error| wrong(&error))?;
        match &token.host_pattern {
            Some(pattern) if pattern.matches(&parsed) => Ok((stored, parsed.to_string())),
            pattern => {
                let hosts = pattern.as_ref().map(ToString::to_string).unwrap_or_default();
                let detail = format!("This token adds and removes preview origins at {hosts} only. {parsed} does not match.");
                Err(Problem::forbidden(detail))
            }
        }
    }

    /// Adds or removes a permanent origin, on top of whatever is stored at that moment.
    async fn set_permanent(
        &self,
        token: &FoundToken,
        saved: &SavedInstances,
        slug: &str,
        origin: &str,
        is_wanted: bool,
        dry_run: bool,
    ) -> Result<Response, Problem> {
        for _ in 0..MAX_TRIES {
            let stored = self.admit_write(token, slug, dry_run, Scope::Settings, Role::Editor).await?;
            let wrong = |detail: &dyn ToString| Problem::parameters(vec![InputError::of("origin", detail.to_string())]);
            let parsed = AllowedOrigin::parse(origin, stored.settings.environment).map_err(|error| wrong(&error))?.to_string();
            let mut settings = InstanceSettings::of(&stored);
            match (is_wanted, settings.allowed_origins.contains(&parsed)) {
                (true, false) => settings.allowed_origins.push(parsed),
                (false, true) => settings.allowed_origins.retain(|known| *known != parsed),
                // It is as wanted. Nothing is checked and nothing is written.
                _ => {}
            }
            let change = plan_one(slug, Some(&stored), &settings, &self.dashboard_host)?;
            let (impact, figure) = match change.proposed() {
                Some((stored, proposed)) => impact_of(&self.pool, stored, &proposed).await,
                None => (None, None),
            };
            if dry_run || change.fields.is_empty() {
                return Ok(Change::done(dry_run, &stored, change, impact));
            }
            match manifest::apply(&self.pool, &token.actor, &change, figure).await {
                Ok(_) => {
                    saved.mark(slug);
                    return Ok(Change::done(false, &self.stored(slug).await?, change, impact));
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let detail = "Others save at the same moment, again and again. Try again in a moment.";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(header::RETRY_AFTER, "1"))
    }
}
