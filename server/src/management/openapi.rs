//! The description of the API (`OpenAPI` 3.1), made from the code: the document, and the sets of problems that requests share.

use std::collections::BTreeMap;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use utoipa::{
    IntoResponses, OpenApi, ToSchema,
    openapi::{
        self, ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder, Server,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::problem::{ChangedSince, InputError, ProblemBody};

/// What stands above all paths.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portal Redirects: management API",
        description = "Settings of instances, for programs. Send an API token as `Authorization: Bearer prt_…`. A token has a scope, and never does more than its maker may do at that moment. A request with an unknown parameter or field is refused.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ProblemBody, InputError, ChangedSince)),
    tags(
        (name = "instances", description = "Instances and everything that can be set of them"),
        (name = "redirects", description = "Fallback redirects"),
        (name = "allowed origins", description = "Origins that are allowed besides the domain"),
        (name = "links", description = "Where links would end"),
        (name = "activity", description = "Counted visits"),
        (name = "history", description = "Who changed what"),
        (name = "members", description = "Who may do what")
    )
)]
struct Above;

/// The document without paths, for the router to add them.
pub(super) fn base() -> Document {
    let mut document = Above::openapi();
    document.servers = Some(vec![Server::new("/")]);
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let bearer = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API token. Owners make them on the page API tokens."))
            .build(),
    );
    document.components.get_or_insert_default().add_security_scheme("token", bearer);
    document.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    document
}

/// The whole document. The schema of the settings is that of the settings file.
pub(super) fn whole(document: &Document) -> Value {
    let mut whole = serde_json::to_value(document).unwrap_or_default();
    let text = app::manifest::json_schema()["$defs"].to_string().replace("#/$defs/", "#/components/schemas/");
    let definitions: Value = serde_json::from_str(&text).unwrap_or_default();
    if let (Some(schemas), Value::Object(definitions)) =
        (whole.pointer_mut("/components/schemas").and_then(Value::as_object_mut), definitions)
    {
        schemas.extend(definitions);
    }
    whole
}

/// The document as a response.
pub(super) fn response(document: &Value) -> Response {
    Json(document).into_response()
}

/// What each status of a problem means here.
const PROBLEMS: [(u16, &str); 13] = [
    (400, "The request can't be read, or a parameter is not valid"),
    (401, "There is no valid token"),
    (403, "The token's scope or its maker's role does not allow it"),
    (404, "There is no such instance for this token"),
    (409, "What is stored does not allow it"),
    (410, "The instance is archived"),
    (412, "Another version is stored"),
    (413, "The body is too large"),
    (415, "The body is not JSON"),
    (422, "Values are not valid: the policy or a rule refuses them"),
    (428, "If-Match is missing"),
    (429, "The token has no request left"),
    (503, "The database does not answer, or too many lists are being checked"),
];

fn problems(statuses: &[u16]) -> BTreeMap<String, RefOr<openapi::Response>> {
    let schema = Ref::from_schema_name(ProblemBody::name());
    let listed = PROBLEMS.into_iter().filter(|(status, _)| statuses.contains(status));
    listed
        .map(|(status, description)| {
            let content = ContentBuilder::new().schema(Some(schema.clone())).build();
            let response = ResponseBuilder::new().description(description).content("application/problem+json", content).build();
            (status.to_string(), RefOr::T(response))
        })
        .collect()
}

/// A set of problems, by status.
macro_rules! problem_set {
    ($(#[$doc:meta] $name:ident: $statuses:expr;)*) => {$(
        #[$doc]
        pub(super) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
                problems(&$statuses)
            }
        }
    )*};
}

problem_set! {
    /// Of the list of instances, which names none.
    ListInstancesProblems: [400, 401, 403, 429, 503];
    /// Of requests that read.
    ReadProblems: [400, 401, 403, 404, 409, 410, 429, 503];
    /// Of requests that send a body and change nothing.
    PostProblems: [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503];
    /// Of creations.
    CreateProblems: [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503];
    /// Of writes that say what they want, whatever is stored.
    SetProblems: [400, 401, 403, 404, 409, 410, 422, 429, 503];
    /// Of writes that replace something.
    WriteProblems: [400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 429, 503];
}
