//! Instances: listed, created, read, updated and archived.

pub(super) mod create;
pub(super) mod list;
pub(super) mod update;

use std::borrow::Cow;

use app::{instances::stored::StoredInstance, manifest::InstanceSettings, members::role::Role};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    openapi::ReadProblems,
    problem::Problem,
    request::{InPath, InstanceRequest},
};

/// An instance with everything that can be set.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Instance)]
pub(crate) struct InstanceBody {
    /// The name in URLs.
    slug: String,
    /// The version, which every change raises.
    version: i64,
    /// The role of the token's maker.
    role: &'static str,
    /// Everything that can be set. What is left out has its default.
    #[schema(value_type = SettingsSchema)]
    settings: InstanceSettings,
}

/// The schema of an instance's settings. It is that of the settings file, which takes the place of this one in the document.
pub(crate) struct SettingsSchema;

impl PartialSchema for SettingsSchema {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::default())
    }
}

impl ToSchema for SettingsSchema {
    fn name() -> Cow<'static, str> {
        "InstanceSettings".into()
    }
}

fn body_of(stored: &StoredInstance, role: Role) -> InstanceBody {
    InstanceBody {
        slug: stored.settings.slug.clone(),
        version: stored.instance.version(),
        role: role.name(),
        settings: InstanceSettings::of(stored),
    }
}

/// Reads an instance with everything that can be set.
#[utoipa::path(
    get,
    path = "/instances/{slug}",
    operation_id = "readInstance",
    tag = "instances",
    params(InPath),
    responses((status = 200, description = "The instance", body = InstanceBody, headers(("ETag" = String, description = "The version"))), ReadProblems)
)]
pub(super) async fn read(request: InstanceRequest) -> Result<Response, Problem> {
    let (stored, role) = request.admit_read().await?;
    Ok(([(header::ETAG, stored.etag())], Json(body_of(&stored, role))).into_response())
}
