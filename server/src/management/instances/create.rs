//! Creating an instance, once.

use app::{
    api_tokens::{Scope, store::FoundToken},
    instances::stored::StoredInstance,
    manifest::{self, InstanceSettings, plan_one},
    members::role::Role,
    saving::saved_instances::SavedInstances,
};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{InstanceBody, SettingsSchema, body_of};
use crate::management::{
    Management,
    caller::{check_scope, needed},
    change::Change,
    idempotency::{self, IdempotencyKey},
    input::{JsonBody, Query, WriteParams},
    openapi::CreateProblems,
    problem::{InputError, Problem},
};

/// A new instance.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the body")]
pub(crate) struct NewInstance {
    /// The name in URLs. It stays.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 63)]
    slug: String,
    /// Its settings.
    #[schema(value_type = SettingsSchema)]
    settings: Value,
}

/// Creates an instance, of which the token's maker becomes the owner. Only tokens of the whole server may.
#[utoipa::path(
    post,
    path = "/instances",
    operation_id = "createInstance",
    tag = "instances",
    params(("Idempotency-Key" = Option<String>, Header, description = "A random text: the same request with the same key creates nothing again, for a day."), WriteParams),
    request_body = NewInstance,
    responses(
        (status = 201, description = "It is created", body = InstanceBody, headers(("ETag" = String, description = "The version"), ("Location" = String, description = "Its address"))),
        (status = 200, description = "What would be created (`dry_run`)", body = Change),
        CreateProblems
    )
)]
pub(in crate::management) async fn create(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Query(WriteParams { dry_run }): Query<WriteParams>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    check_scope(&token, needed(&token, dry_run, Scope::Settings, Role::Owner).0)?;
    if token.instance.is_some() || !token.is_server_admin {
        return Err(Problem::forbidden("Only a token of the whole server creates instances. A server-wide admin makes one."));
    }
    let key = IdempotencyKey::of(&headers)?;
    let NewInstanceFields { slug, settings } = body.read()?;
    let settings =
        InstanceSettings::read(&settings).map_err(|errors| errors.into_iter().map(|error| error.below("/settings")).collect::<Vec<_>>())?;
    if let Some(key) = &key
        && let Some(slug) = idempotency::created(&management.pool, token.id, key, &body.0).await?
    {
        let (stored, role) = management.admit(&token, &slug, Scope::Settings, Role::Viewer).await?;
        return Ok(created(&stored, role));
    }
    let there = app::instances::store::find_any(app::database::timed(&management.pool), &slug).await?;
    if there.is_some() {
        let detail = format!("There is an instance with the slug {slug} already. Choose another one.");
        return Err(Problem::values(vec![InputError::at("/slug", detail)]));
    }
    let change = plan_one(&slug, None, &settings, &management.dashboard_host).map_err(|errors| {
        errors
            .into_iter()
            .map(|error| if error.pointer.is_empty() { error.below("/slug") } else { error.below("/settings") })
            .collect::<Vec<_>>()
    })?;
    if dry_run {
        return Ok(Change::planned(change));
    }
    manifest::apply(&management.pool, &token.actor, &change, None).await?;
    saved.mark(&slug);
    if let Some(key) = &key {
        idempotency::remember(&management.pool, token.id, key, &body.0, &slug).await?;
    }
    Ok(created(&management.stored(&slug).await?, Role::Owner))
}

/// The fields of a new instance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewInstanceFields {
    slug: String,
    settings: Value,
}

fn created(stored: &StoredInstance, role: Role) -> Response {
    let location = format!("/management/v1/instances/{}", stored.instance.slug());
    (StatusCode::CREATED, [(header::LOCATION, location), (header::ETAG, stored.etag())], Json(body_of(stored, role))).into_response()
}
