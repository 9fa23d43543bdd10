//! The portal API: an instance's stored redirects, and where one visit would end.

use app::{
    instances::stored::StoredInstance,
    redirects::{
        AllowedOrigin, Environment, ExpiringOrigin, Fallbacks, Flow, Instance, LinkParams, MAX_QUERY_BYTES, RequestingOrigin, Visit,
        resolve as resolve_visit,
    },
};
use axum::{
    extract::{FromRequestParts, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use time::OffsetDateTime;

use super::{
    problem_details::ProblemDetails,
    snapshot::{FoundInstance, OpenInstance, Snapshots},
    visits::{VisitCounter, is_prefetch, is_preview},
};
use crate::observe::metrics;

/// The query string, if it is not too long. Extracted before the instance, so that none is loaded for a query that is.
pub(super) struct Query(String);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemDetails> {
        let Ok(RawQuery(query)) = RawQuery::from_request_parts(parts, state).await;
        let query = query.unwrap_or_default();
        if query.len() > MAX_QUERY_BYTES { Err(ProblemDetails::QueryTooLong) } else { Ok(Self(query)) }
    }
}

#[derive(Serialize)]
struct InstanceBody<'a> {
    instance: &'a str,
    environment: Environment,
    domain: &'a str,
    portal_origin: &'a str,
    home_url: &'a str,
    allowed_origins: &'a [AllowedOrigin],
    /// Also those that have expired and are not deleted yet: the body changes with its version only.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    preview_origins: &'a [ExpiringOrigin],
    version: i64,
    redirects: ByField<'a>,
}

/// The fallback redirects by their JSON fields.
struct ByField<'a>(&'a Instance, &'a Fallbacks);

/// A fallback redirect, and where it leads.
#[derive(Serialize)]
struct Redirect<'a> {
    value: Option<&'a str>,
    target: &'a str,
}

impl Serialize for ByField<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(instance, fallbacks) = self;
        let link = LinkParams::default();
        let mut map = serializer.serialize_map(Some(Flow::ALL.len()))?;
        for flow in Flow::ALL {
            let resolution = resolve_visit(instance, fallbacks, Visit { flow, link: &link, requesting: None, now: None });
            map.serialize_entry(flow.field(), &Redirect { value: fallbacks.get(flow), target: resolution.target.as_str() })?;
        }
        map.end()
    }
}

/// `GET /v1/redirects`: the instance's settings, with an `ETag` of its last save.
pub(super) async fn redirects(Query(_): Query, OpenInstance(snapshot): OpenInstance, headers: HeaderMap) -> Response {
    let etag = snapshot.etag();
    if headers.get_all(header::IF_NONE_MATCH).iter().any(|asked| matches(asked, &etag)) {
        let [_, caching] = REDIRECTS_HEADERS;
        return (StatusCode::NOT_MODIFIED, [caching], [(header::ETAG, etag)]).into_response();
    }
    match redirects_body(&snapshot) {
        Ok(body) => (REDIRECTS_HEADERS, [(header::ETAG, etag)], body).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// The headers of an instance's settings, besides the tag.
pub(super) const REDIRECTS_HEADERS: [(HeaderName, HeaderValue); 2] =
    [(header::CONTENT_TYPE, HeaderValue::from_static("application/json")), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];

/// An instance's settings, as JSON.
///
/// # Errors
/// They can't be serialised.
pub(super) fn redirects_body(snapshot: &StoredInstance) -> Result<Vec<u8>, ProblemDetails> {
    let instance = &snapshot.instance;
    let body = InstanceBody {
        instance: instance.slug(),
        environment: instance.environment(),
        domain: instance.domain().as_str(),
        portal_origin: instance.portal_origin().as_str(),
        home_url: instance.home_url().as_str(),
        allowed_origins: instance.allowed_origins(),
        preview_origins: instance.expiring_origins(),
        version: instance.version(),
        redirects: ByField(instance, &snapshot.fallbacks),
    };
    serde_json::to_vec(&body).map_err(|error| not_serialised(&error))
}

fn not_serialised(error: &serde_json::Error) -> ProblemDetails {
    tracing::error!(%error, "an answer could not be serialised");
    ProblemDetails::Unavailable
}

/// `GET /v1/resolve?flow=…`: where a visit with this link would end, and the steps of that resolution.
pub(super) async fn resolve(
    Query(query): Query,
    OpenInstance(snapshot): OpenInstance,
    State(snapshots): State<Snapshots>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    // A browser sets this header itself, and the page that sends the request is the page that navigates.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let visits = Some(snapshots.visits()).filter(|_| method != Method::HEAD && !is_prefetch(&headers));
    match resolution(&snapshot, &query, origin, visits) {
        Ok(body) => (RESOLUTION_HEADERS, body).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// The headers of a resolution.
pub(super) const RESOLUTION_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::VARY, HeaderValue::from_static("origin")),
];

/// The initial capacity of a resolution's body, in bytes. Most need no more.
const BODY_CAPACITY: usize = 512;

/// Where a visit to that instance would end, as JSON. `origin` is that of the page that asks. The visit is counted if it may be one.
///
/// # Errors
/// The query names no flow.
pub(super) fn resolution(
    snapshot: &StoredInstance,
    query: &str,
    origin: Option<&str>,
    visits: Option<&VisitCounter>,
) -> Result<Vec<u8>, ProblemDetails> {
    let flow = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "flow").and_then(|(_, value)| value.parse().ok());
    let flow = flow.ok_or(ProblemDetails::UnknownFlow)?;
    let link = LinkParams::read(query);
    let requesting = origin.and_then(RequestingOrigin::parse);
    let visit = Visit { flow, link: &link, requesting: requesting.as_ref(), now: Some(OffsetDateTime::now_utc().into()) };
    let resolution = resolve_visit(&snapshot.instance, &snapshot.fallbacks, visit);
    metrics::count_resolution(&resolution);
    if let Some(visits) = visits.filter(|_| !is_preview(query)) {
        visits.count(snapshot, visit, &resolution);
    }
    let mut body = Vec::with_capacity(BODY_CAPACITY);
    serde_json::to_writer(&mut body, &resolution).map_err(|error| not_serialised(&error))?;
    Ok(body)
}

/// Whether an `If-None-Match` header names this tag, by weak comparison (RFC 9110, section 13.1.2).
fn matches(asked: &HeaderValue, etag: &str) -> bool {
    asked.to_str().is_ok_and(|asked| asked.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag))
}

/// The response for a path that the API does not have. A closed portal has no paths.
pub(super) async fn unknown_path(FoundInstance(found): FoundInstance) -> ProblemDetails {
    match found {
        Ok(snapshot) if snapshot.archived_at.is_some() => ProblemDetails::Closed,
        _ => ProblemDetails::UnknownPath,
    }
}

/// The response for a method that the API does not support.
pub(super) async fn method_not_allowed() -> ProblemDetails {
    ProblemDetails::Method
}
