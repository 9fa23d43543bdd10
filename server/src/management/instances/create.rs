//! Creating an instance, once.

use app::{
    api_tokens::{
        Scope,
        store::{FoundToken, idempotency::IdempotentRequest},
    },
    database::timed,
    instances::store::find_any,
    manifest::{self, InstanceSettings},
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
    idempotency,
    input::{JsonBody, Query, WriteParams},
    openapi::CreateProblems,
    problem::{InputError, Problem},
    routes::PREFIX,
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
        return Err(Problem::forbidden("Only a token of the whole server creates instances. Server-wide admins issue such tokens."));
    }
    let once = idempotency::read(&headers, token.id, &body.0)?;
    let NewInstanceFields { slug, settings } = body.read()?;
    let settings = InstanceSettings::read(&settings).map_err(|errors| Problem::from(errors).moved(place))?;
    if !dry_run && let Some(response) = management.created_before(&token, once.as_ref()).await? {
        return Ok(response);
    }
    if find_any(timed(&management.pool), &slug).await?.is_some() {
        // Perhaps the same request has created it at this moment.
        if !dry_run && let Some(response) = management.created_before(&token, once.as_ref()).await? {
            return Ok(response);
        }
        let detail = format!("There is an instance with the slug {slug} already. Choose another one.");
        return Err(Problem::values(vec![InputError::at("/slug", detail)]));
    }
    let change = management.plan(&slug, None, &settings).await.map_err(|problem| problem.moved(place))?;
    if dry_run {
        return Ok(Change::planned(change));
    }
    let created = manifest::create(&management.pool, &token.actor, &change, once.as_ref()).await;
    if !created.map_err(|error| Problem::from(error).moved(place))? {
        // The same request came twice at the same moment, and the other one was first.
        return management.created_before(&token, once.as_ref()).await?.ok_or_else(Problem::unavailable);
    }
    saved.mark(&slug);
    management.created(&token, &slug).await
}

/// Where an error of the settings is in the body. One that belongs to no setting is the slug's.
fn place(pointer: &str) -> String {
    if pointer.is_empty() { "/slug".to_owned() } else { format!("/settings{pointer}") }
}

impl Management {
    /// The answer of an earlier request with the same idempotency key.
    async fn created_before(&self, token: &FoundToken, once: Option<&IdempotentRequest>) -> Result<Option<Response>, Problem> {
        let Some(once) = once else { return Ok(None) };
        match idempotency::created(&self.pool, once).await? {
            Some(slug) => self.created(token, &slug).await.map(Some),
            None => Ok(None),
        }
    }

    /// The answer to a creation.
    async fn created(&self, token: &FoundToken, slug: &str) -> Result<Response, Problem> {
        let (stored, role) = self.admit(token, slug, Scope::Settings, Role::Viewer).await?;
        let location = format!("{PREFIX}/instances/{slug}");
        let headers = [(header::LOCATION, location), (header::ETAG, stored.etag())];
        Ok((StatusCode::CREATED, headers, Json(body_of(&stored, role))).into_response())
    }
}

/// The fields of a new instance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewInstanceFields {
    slug: String,
    settings: Value,
}
