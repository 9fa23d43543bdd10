//! Allowed origins: listed, added and removed one by one. Adding and removing say what is wanted, not what is replaced, so they can be
//! sent again and need no `If-Match`.

use app::{
    api_tokens::{Scope, store::FoundToken},
    manifest::{InstanceSettings, plan_one},
    members::role::Role,
    redirects::AllowedOrigin,
    saving::saved_instances::SavedInstances,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
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
}

/// The origin that is added or removed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OriginParams {
    /// The origin: a scheme, a host and perhaps a port, like `https://partner.example`.
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
    let body = AllowedOrigins { allowed_origins: stored.settings.allowed_origins.clone() };
    Ok(([(header::ETAG, stored.etag())], Json(body)).into_response())
}

/// Adds an origin. One that is there already stays, and nothing changes.
#[utoipa::path(
    put,
    path = "/instances/{slug}/allowed-origins",
    operation_id = "addAllowedOrigin",
    tag = "allowed origins",
    params(("slug" = String, Path, description = "The instance"), OriginParams),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), SetProblems)
)]
pub(super) async fn add(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    Query(params): Query<OriginParams>,
) -> Result<Response, Problem> {
    management.set_origin(&token, &saved, &slug, &params, true).await
}

/// Removes an origin. One that is not there stays away, and nothing changes.
#[utoipa::path(
    delete,
    path = "/instances/{slug}/allowed-origins",
    operation_id = "removeAllowedOrigin",
    tag = "allowed origins",
    params(("slug" = String, Path, description = "The instance"), OriginParams),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), SetProblems)
)]
pub(super) async fn remove(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    Query(params): Query<OriginParams>,
) -> Result<Response, Problem> {
    management.set_origin(&token, &saved, &slug, &params, false).await
}

impl Management {
    /// Adds or removes a permanent origin, on top of whatever is stored at that moment.
    async fn set_origin(
        &self,
        token: &FoundToken,
        saved: &SavedInstances,
        slug: &str,
        OriginParams { origin, dry_run }: &OriginParams,
        is_wanted: bool,
    ) -> Result<Response, Problem> {
        for _ in 0..MAX_TRIES {
            let (stored, _) = self.admit(token, slug, Scope::Settings, Role::Editor).await?;
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
            if *dry_run || change.fields.is_empty() {
                return Ok(Change::answer(*dry_run, &stored, &change, impact));
            }
            match app::manifest::apply(&self.pool, &token.actor, &change, figure).await {
                Ok(_) => {
                    saved.mark(slug);
                    return Ok(Change::answer(false, &self.stored(slug).await?, &change, impact));
                }
                Err(app::database::StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let detail = "Others save at the same moment, again and again. Try again in a moment.";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(header::RETRY_AFTER, "1"))
    }
}
