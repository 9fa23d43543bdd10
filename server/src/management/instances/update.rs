//! Replacing, changing and archiving an instance, and what that would mean for its visits.

use app::{
    api_tokens::Scope,
    manifest::{self, FieldDiff, InstanceSettings},
    members::role::Role,
};
use axum::response::Response;
use serde_json::Value;

use super::SettingsSchema;
use crate::management::{
    change::Change,
    input::{JsonBody, WriteParams},
    openapi::{PostProblems, WriteProblems},
    problem::{InputError, Problem},
    request::{InPath, InstanceRequest, Replaced},
};

/// Replaces everything that can be set of an instance, in one transaction. What the body leaves out gets its default.
#[utoipa::path(
    put,
    path = "/instances/{slug}",
    operation_id = "replaceInstance",
    tag = "instances",
    params(InPath, Replaced, WriteParams),
    request_body = SettingsSchema,
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), WriteProblems)
)]
pub(in crate::management) async fn replace(request: InstanceRequest<WriteParams>, body: JsonBody) -> Result<Response, Problem> {
    let stored = request.admit_write(request.params.dry_run, Scope::Settings, Role::Editor).await?;
    let settings = InstanceSettings::read(&body.0)?;
    request.replace(stored, &settings).await
}

/// Changes some settings. Those that the body does not name stay; `null` means the default (JSON Merge Patch, RFC 7396).
#[utoipa::path(
    patch,
    path = "/instances/{slug}",
    operation_id = "changeInstance",
    tag = "instances",
    params(InPath, Replaced, WriteParams),
    request_body(content = Object, content_type = "application/merge-patch+json", description = "Some of the settings"),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), WriteProblems)
)]
pub(in crate::management) async fn change(request: InstanceRequest<WriteParams>, body: JsonBody) -> Result<Response, Problem> {
    let stored = request.admit_write(request.params.dry_run, Scope::Settings, Role::Editor).await?;
    let mut merged = serde_json::to_value(InstanceSettings::of(&stored)).unwrap_or_default();
    if !body.0.is_object() {
        return Err(Problem::values(vec![InputError::at("", "Send an object of settings by name.")]));
    }
    merge(&mut merged, &body.0);
    let settings = InstanceSettings::read(&merged)?;
    request.replace(stored, &settings).await
}

/// Applies a JSON Merge Patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(values) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            values.remove(name);
        } else {
            merge(values.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

/// What would become of counted visits if these were the instance's settings. Nothing is changed, and no `If-Match` is needed.
#[utoipa::path(
    post,
    path = "/instances/{slug}/impact",
    operation_id = "measureImpact",
    tag = "activity",
    params(InPath),
    request_body = SettingsSchema,
    responses((status = 200, description = "What would change", body = Change), PostProblems)
)]
pub(in crate::management) async fn impact(request: InstanceRequest, body: JsonBody) -> Result<Response, Problem> {
    let (stored, _) = request.admit_read().await?;
    let settings = InstanceSettings::read(&body.0)?;
    Ok(request.plan(&stored, &settings).await?.unsaved(true, &stored))
}

/// Archives an instance: its portal closes. An owner can restore it on the dashboard for 30 days.
#[utoipa::path(
    post,
    path = "/instances/{slug}/archive",
    operation_id = "archiveInstance",
    tag = "instances",
    params(InPath, Replaced, WriteParams),
    responses((status = 200, description = "It is archived, or would be", body = Change, headers(("ETag" = String, description = "The version"))), WriteProblems)
)]
pub(in crate::management) async fn archive(request: InstanceRequest<WriteParams>) -> Result<Response, Problem> {
    let dry_run = request.params.dry_run;
    let stored = request.admit_write(dry_run, Scope::Settings, Role::Owner).await?;
    let if_match = request.if_match(&stored).await?;
    let archived = FieldDiff { pointer: "/archived".to_owned(), before: false.into(), after: true.into() };
    let change = Change { dry_run, changes: vec![archived], ..Change::of(&stored) };
    if dry_run {
        return Ok(change.at(&stored));
    }
    match request.apply(&manifest::Change::archive(stored.clone()), None).await {
        Ok(()) => {
            let now = request.stored().await?;
            Ok(Change { version: now.instance.version(), ..change }.since(&stored, &now))
        }
        Err(error) => Err(request.refused(&if_match, error).await),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_replaces_removes_and_keeps() {
        let mut settings = json!({"name": "A", "home_url": "https://a.com/", "redirects": {"x": "/1", "y": "/2"}});
        merge(&mut settings, &json!({"home_url": null, "redirects": {"y": null, "z": "/3"}, "allowed_origins": ["b"]}));
        assert_eq!(settings, json!({"name": "A", "redirects": {"x": "/1", "z": "/3"}, "allowed_origins": ["b"]}));
    }
}
