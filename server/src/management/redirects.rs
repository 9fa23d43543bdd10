//! Fallback redirects: read, replaced as a whole, or one by one.

use app::{
    api_tokens::Scope,
    instances::stored::StoredInstance,
    manifest::{InstanceSettings, Redirects},
    members::role::Role,
    redirects::{Fallbacks, Flow, policy::MAX_URL_BYTES},
};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    change::Change,
    input::{JsonBody, WriteParams},
    openapi::{ReadProblems, WriteProblems},
    problem::{InputError, Problem, pointer},
    request::{InPath, InstanceRequest, Replaced},
};

/// The fallback redirects of an instance, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FallbackRedirects(Fallbacks);

/// The fallback redirects to change, by name. Those that are not named stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FallbackRedirectsPatch;

impl Serialize for FallbackRedirects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Flow::ALL.into_iter().map(|flow| (flow.field(), self.0.get(flow))))
    }
}

/// The schema of the redirects, of which all are required or none.
fn schema(description: &str, required: &[&str]) -> RefOr<Schema> {
    let redirect = |flow: Flow| {
        let description = format!("{}. A URL, or a path that begins with one `/`; `null` means the home URL.", flow.label());
        json!({ "description": description, "type": ["string", "null"], "maxLength": MAX_URL_BYTES })
    };
    let properties: Map<String, Value> = Flow::ALL.into_iter().map(|flow| (flow.field().to_owned(), redirect(flow))).collect();
    let schema = json!({
        "type": "object", "description": description, "properties": properties, "required": required, "additionalProperties": false
    });
    serde_json::from_value(schema).unwrap_or_default()
}

impl PartialSchema for FallbackRedirects {
    fn schema() -> RefOr<Schema> {
        schema("The fallback redirects of an instance.", &Flow::ALL.map(Flow::field))
    }
}

impl ToSchema for FallbackRedirects {}

impl PartialSchema for FallbackRedirectsPatch {
    fn schema() -> RefOr<Schema> {
        schema("The fallback redirects to change. Those that are not named stay.", &[])
    }
}

impl ToSchema for FallbackRedirectsPatch {}

/// Reads redirects over those of `base`. Without a base, every one must be there.
fn read_redirects(body: &Value, base: Option<&Fallbacks>) -> Result<Fallbacks, Problem> {
    let Value::Object(values) = body else {
        return Err(Problem::values(vec![InputError::at("", "Send an object of redirects by name.")]));
    };
    let names = Flow::ALL.map(Flow::field);
    let mut fallbacks = base.cloned().unwrap_or_default();
    let mut errors = Vec::new();
    for (name, value) in values {
        let mut wrong = |detail: String| errors.push(InputError::at(pointer(name), detail));
        match (Flow::of_field(name), value) {
            (Some(flow), Value::Null) => fallbacks.set(flow, ""),
            (Some(flow), Value::String(value)) => fallbacks.set(flow, value),
            (Some(_), _) => wrong("Write a URL, a path that begins with one /, or null for the home URL.".to_owned()),
            (None, _) => wrong(format!("There is no such redirect. Use one of {}.", names.join(", "))),
        }
    }
    if base.is_none() {
        let missing = names.into_iter().filter(|name| !values.contains_key(*name));
        errors.extend(missing.map(|name| InputError::at(pointer(name), "It is missing. Write null for the home URL, or use PATCH.")));
    }
    if errors.is_empty() { Ok(fallbacks) } else { Err(Problem::values(errors)) }
}

/// Reads the fallback redirects.
#[utoipa::path(
    get,
    path = "/instances/{slug}/redirects",
    operation_id = "readRedirects",
    tag = "redirects",
    params(InPath),
    responses((status = 200, description = "The fallback redirects", body = FallbackRedirects, headers(("ETag" = String, description = "The version"))), ReadProblems)
)]
pub(super) async fn read(request: InstanceRequest) -> Result<Response, Problem> {
    let (stored, _) = request.admit_read().await?;
    Ok(([(header::ETAG, stored.etag())], Json(FallbackRedirects(stored.fallbacks.clone()))).into_response())
}

/// Replaces all fallback redirects.
#[utoipa::path(
    put,
    path = "/instances/{slug}/redirects",
    operation_id = "replaceRedirects",
    tag = "redirects",
    params(InPath, Replaced, WriteParams),
    request_body = FallbackRedirects,
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), WriteProblems)
)]
pub(super) async fn replace(request: InstanceRequest<WriteParams>, body: JsonBody) -> Result<Response, Problem> {
    let stored = request.admit_write(request.params.dry_run, Scope::Redirects, Role::Editor).await?;
    let fallbacks = read_redirects(&body.0, None)?;
    put(&request, stored, fallbacks).await
}

/// Changes some fallback redirects. Those that the body does not name stay (JSON Merge Patch, RFC 7396).
#[utoipa::path(
    patch,
    path = "/instances/{slug}/redirects",
    operation_id = "changeRedirects",
    tag = "redirects",
    params(InPath, Replaced, WriteParams),
    request_body(content = FallbackRedirectsPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), WriteProblems)
)]
pub(super) async fn change(request: InstanceRequest<WriteParams>, body: JsonBody) -> Result<Response, Problem> {
    let stored = request.admit_write(request.params.dry_run, Scope::Redirects, Role::Editor).await?;
    let fallbacks = read_redirects(&body.0, Some(&stored.fallbacks))?;
    put(&request, stored, fallbacks).await
}

/// Replaces the redirects of an instance. They are the whole body, so errors are where the body has them.
async fn put(request: &InstanceRequest<WriteParams>, stored: StoredInstance, fallbacks: Fallbacks) -> Result<Response, Problem> {
    let settings = InstanceSettings { redirects: Redirects(fallbacks), ..InstanceSettings::of(&stored) };
    let place = |pointer: &str| pointer.strip_prefix("/redirects").unwrap_or(pointer).to_owned();
    request.replace(stored, &settings).await.map_err(|problem| problem.moved(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(body: Value, base: Option<&Fallbacks>) -> Vec<String> {
        let problem = read_redirects(&body, base).unwrap_err().json();
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let fallbacks: Fallbacks = [(Flow::SignIn, "/in".to_owned()), (Flow::Logo, "/".to_owned())].into_iter().collect();
        let written = serde_json::to_value(FallbackRedirects(fallbacks.clone())).unwrap();
        assert_eq!(written.as_object().unwrap().len(), Flow::ALL.len());
        assert_eq!(read_redirects(&written, None).unwrap(), fallbacks);
        assert_eq!(read_redirects(&json!({}), Some(&fallbacks)).unwrap(), fallbacks);
        assert_eq!(
            read_redirects(&json!({"after_sign_in_url": null, "logo_link_url": "/"}), Some(&fallbacks)).unwrap().get(Flow::SignIn),
            None
        );
    }

    #[test]
    fn every_redirect_must_be_known_and_a_text() {
        let base = Fallbacks::default();
        assert_eq!(wrong(json!({"after_signin_url": "/", "after_sign_in_url": 1, "a/b": null}), Some(&base)).len(), 3);
        assert_eq!(wrong(json!({}), None).len(), Flow::ALL.len(), "a forgotten redirect is not one that is removed");
        assert_eq!(wrong(json!(["/"]), Some(&base)), [""]);
    }
}
