//! Allowed origins: listed, added and removed one by one. Adding and removing say what is wanted, not what is replaced, so they can be
//! sent again and need no `If-Match`.

mod permanent;
mod preview;

use app::{
    api_tokens::Scope,
    preview_origins::{
        ExpiryError,
        store::{self as preview_origins, PreviewOrigin},
    },
    ui::text::timestamp,
};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    change::Change,
    openapi::{ReadProblems, SetProblems},
    problem::{InputError, Problem},
    request::{InPath, InstanceRequest},
};

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
    params(InPath),
    responses((status = 200, description = "The allowed origins", body = AllowedOrigins, headers(("ETag" = String, description = "The version"))), ReadProblems)
)]
pub(super) async fn list(request: InstanceRequest) -> Result<Response, Problem> {
    let (stored, _) = request.admit_read().await?;
    let preview_origins = preview_origins::list(&request.management.pool, stored.id).await?.into_iter().map(Into::into).collect();
    let body = AllowedOrigins { allowed_origins: stored.settings.allowed_origins.clone(), preview_origins };
    Ok(([(header::ETAG, stored.etag())], Json(body)).into_response())
}

/// Adds an origin, for good or until it expires. If the origin is there already, only its end changes. With `expires_in` or `expires_at`, a
/// token for preview origins is enough.
#[utoipa::path(
    put,
    path = "/instances/{slug}/allowed-origins",
    operation_id = "addAllowedOrigin",
    tag = "allowed origins",
    params(InPath, AddParams),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), SetProblems)
)]
pub(super) async fn add(request: InstanceRequest<AddParams>) -> Result<Response, Problem> {
    let AddParams { origin, expires_in, expires_at, dry_run } = &request.params;
    if expires_in.is_some() || expires_at.is_some() {
        return preview::add(&request).await;
    }
    if request.token.scope == Scope::PreviewOrigins {
        return Err(Problem::parameters(vec![InputError::of("expires_in", ExpiryError::Missing)]));
    }
    permanent::set(&request, origin, true, *dry_run).await
}

/// Removes an origin. If the origin is not there, nothing changes.
#[utoipa::path(
    delete,
    path = "/instances/{slug}/allowed-origins",
    operation_id = "removeAllowedOrigin",
    tag = "allowed origins",
    params(InPath, RemoveParams),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), SetProblems)
)]
pub(super) async fn remove(request: InstanceRequest<RemoveParams>) -> Result<Response, Problem> {
    match preview::remove(&request).await? {
        Some(response) => Ok(response),
        None => permanent::set(&request, &request.params.origin, false, request.params.dry_run).await,
    }
}

/// What is wrong with the parameter `origin`.
fn wrong(detail: impl ToString) -> Problem {
    Problem::parameters(vec![InputError::of("origin", detail)])
}
