//! Instances: listed, created, read, updated and archived.

use std::borrow::Cow;

use app::{
    api_tokens::{Scope, store::FoundToken},
    database::StoreError,
    instances::{
        list::{ListFilter, ListedInstance, MAX_COUNTED, PAGE_SIZE, Shown, read_page},
        stored::StoredInstance,
    },
    manifest::{self, Action, InstanceSettings, plan_one},
    members::role::Role,
    saving::saved_instances::SavedInstances,
    ui::text::timestamp,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    Management,
    caller::{check_scope, needed},
    change::{Change, impact_of},
    etag::IfMatch,
    idempotency::{self, IdempotencyKey},
    input::{JsonBody, NoParams, Query, WriteParams},
    openapi::{CreateProblems, ListInstancesProblems, PostProblems, ReadProblems, WriteProblems},
    problem::{InputError, Problem},
};

/// Which instances are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Part of a name, a domain or a slug.
    #[serde(default)]
    #[param(max_length = 200)]
    search: String,
    /// `production` or `development`; without it, both.
    #[param(pattern = "^(production|development)$")]
    environment: Option<String>,
    /// The page, from 1: the `next` of the page before.
    #[serde(default = "first")]
    #[param(minimum = 1, maximum = 100, default = 1)]
    page: i64,
}

fn first() -> i64 {
    1
}

/// A page of instances, the last change first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Instances {
    /// The instances that the maker of the token is a member of and that match. Archived ones are left out.
    instances: Vec<ListedInstanceBody>,
    /// The next page; `null` if this is the last one. Search to find more than 5,000.
    next: Option<i64>,
}

/// An instance in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ListedInstance)]
pub(crate) struct ListedInstanceBody {
    /// The name in URLs.
    slug: String,
    /// The name on screens.
    name: String,
    /// `development` or `production`.
    environment: String,
    /// The domain as typed.
    domain: String,
    /// The role of the token's maker.
    role: String,
    /// The version.
    version: i64,
    /// When it was changed last.
    #[schema(format = DateTime)]
    changed_at: String,
}

impl From<ListedInstance> for ListedInstanceBody {
    fn from(listed: ListedInstance) -> Self {
        Self {
            slug: listed.slug,
            name: listed.name,
            environment: listed.environment,
            domain: listed.domain,
            role: listed.role,
            version: listed.version,
            changed_at: timestamp(listed.changed_at),
        }
    }
}

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

/// Lists instances.
#[utoipa::path(
    get,
    path = "/instances",
    operation_id = "listInstances",
    tag = "instances",
    params(ListParams),
    responses((status = 200, description = "A page of instances", body = Instances), ListInstancesProblems)
)]
pub(super) async fn list(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Query(ListParams { search, environment, page }): Query<ListParams>,
) -> Result<Json<Instances>, Problem> {
    check_scope(&token, Scope::Read)?;
    let shown = match environment.as_deref().map(str::parse) {
        None => Ok(Shown::All),
        Some(Ok(environment)) => Ok(Shown::Of(environment)),
        Some(Err(_)) => Err(InputError::of("environment", "Use production or development.")),
    };
    let pages = MAX_COUNTED / PAGE_SIZE;
    let page =
        if (1..=pages).contains(&page) { Ok(page) } else { Err(InputError::of("page", format_args!("Use a number from 1 to {pages}."))) };
    let search = search.trim().to_owned();
    let search = if search.chars().count() > 200 || search.chars().any(char::is_control) {
        Err(InputError::of("search", "Use at most 200 characters, all of them visible."))
    } else {
        Ok(search)
    };
    let (shown, page, search) = match (shown, page, search) {
        (Ok(shown), Ok(page), Ok(search)) => (shown, page, search),
        (shown, page, search) => {
            return Err(Problem::parameters([search.err(), shown.err(), page.err()].into_iter().flatten().collect()));
        }
    };
    let (instances, next) = if let Some(own) = &token.instance {
        (management.only(&token, own, &search, shown).await?.into_iter().collect(), None)
    } else {
        let listed = read_page(&management.pool, token.maker, &ListFilter { search, shown, page }).await?;
        let is_full = i64::try_from(listed.len()).is_ok_and(|count| count == PAGE_SIZE);
        (listed, (is_full && page < pages).then_some(page + 1))
    };
    Ok(Json(Instances { instances: instances.into_iter().map(Into::into).collect(), next }))
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
pub(super) async fn create(
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
    params(("slug" = String, Path, description = "The instance")),
    responses((status = 200, description = "The instance", body = InstanceBody, headers(("ETag" = String, description = "The version"))), ReadProblems)
)]
pub(super) async fn read(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Path(slug): Path<String>,
    Query(NoParams {}): Query<NoParams>,
) -> Result<Response, Problem> {
    let (stored, role) = management.admit(&token, &slug, Scope::Read, Role::Viewer).await?;
    Ok(([(header::ETAG, stored.etag())], Json(body_of(&stored, role))).into_response())
}

/// Replaces everything that can be set of an instance, in one transaction. What the body leaves out gets its default.
#[utoipa::path(
    put,
    path = "/instances/{slug}",
    operation_id = "replaceInstance",
    tag = "instances",
    params(("slug" = String, Path, description = "The instance"), ("If-Match" = Option<String>, Header, description = "The ETag that was read. Required."), WriteParams),
    request_body = SettingsSchema,
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), WriteProblems)
)]
pub(super) async fn replace(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    Query(WriteParams { dry_run }): Query<WriteParams>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let stored = management.admit_write(&token, &slug, dry_run, Scope::Settings, Role::Editor).await?;
    let settings = InstanceSettings::read(&body.0)?;
    management.update(&token, &saved, stored, &settings, &headers, dry_run).await
}

/// Changes some settings. Those that the body does not name stay; `null` means the default (JSON Merge Patch, RFC 7396).
#[utoipa::path(
    patch,
    path = "/instances/{slug}",
    operation_id = "changeInstance",
    tag = "instances",
    params(("slug" = String, Path, description = "The instance"), ("If-Match" = Option<String>, Header, description = "The ETag that was read. Required."), WriteParams),
    request_body(content = Object, content_type = "application/merge-patch+json", description = "Some of the settings"),
    responses((status = 200, description = "What has changed, or would change", body = Change, headers(("ETag" = String, description = "The version"))), WriteProblems)
)]
pub(super) async fn change(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    Query(WriteParams { dry_run }): Query<WriteParams>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let stored = management.admit_write(&token, &slug, dry_run, Scope::Settings, Role::Editor).await?;
    let mut merged = serde_json::to_value(InstanceSettings::of(&stored)).unwrap_or_default();
    if !body.0.is_object() {
        return Err(Problem::values(vec![InputError::at("", "Send an object of settings by name.")]));
    }
    merge(&mut merged, &body.0);
    let settings = InstanceSettings::read(&merged)?;
    management.update(&token, &saved, stored, &settings, &headers, dry_run).await
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
    params(("slug" = String, Path, description = "The instance")),
    request_body = SettingsSchema,
    responses((status = 200, description = "What would change", body = Change), PostProblems)
)]
pub(super) async fn impact(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Path(slug): Path<String>,
    Query(NoParams {}): Query<NoParams>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let (stored, _) = management.admit(&token, &slug, Scope::Read, Role::Viewer).await?;
    let settings = InstanceSettings::read(&body.0)?;
    let change = plan_one(&slug, Some(&stored), &settings, &management.dashboard_host)?;
    let impact = match change.proposed() {
        Some((stored, proposed)) => impact_of(&management.pool, stored, &proposed).await.0,
        None => None,
    };
    Ok(Change::done(true, &stored, change, impact))
}

/// Archives an instance: its portal closes. An owner can restore it on the dashboard for 30 days.
#[utoipa::path(
    post,
    path = "/instances/{slug}/archive",
    operation_id = "archiveInstance",
    tag = "instances",
    params(("slug" = String, Path, description = "The instance"), ("If-Match" = Option<String>, Header, description = "The ETag that was read. Required."), WriteParams),
    responses((status = 204, description = "It is archived, or would be"), WriteProblems)
)]
pub(super) async fn archive_instance(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
    Query(WriteParams { dry_run }): Query<WriteParams>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let stored = management.admit_write(&token, &slug, dry_run, Scope::Settings, Role::Owner).await?;
    let if_match = IfMatch::of(&headers)?;
    if_match.check(&management.pool, &stored).await?;
    if !dry_run {
        management.write(&token, &saved, &if_match, &manifest::Change::archive(stored), None).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Management {
    /// The one instance that a token is for, if it matches.
    async fn only(&self, token: &FoundToken, slug: &str, search: &str, shown: Shown) -> Result<Option<ListedInstance>, Problem> {
        if !slug.contains(&search.to_lowercase()) {
            return Ok(None);
        }
        // Others may have its slug as a part of theirs.
        for page in 1..=MAX_COUNTED / PAGE_SIZE {
            let listed = read_page(&self.pool, token.maker, &ListFilter { search: slug.to_owned(), shown, page }).await?;
            let is_last = listed.is_empty();
            if let Some(found) = listed.into_iter().find(|listed| listed.slug == slug) {
                return Ok(Some(found));
            }
            if is_last {
                break;
            }
        }
        Ok(None)
    }

    /// The instance as it is stored.
    pub(super) async fn stored(&self, slug: &str) -> Result<StoredInstance, Problem> {
        app::instances::store::find_any(app::database::timed(&self.pool), slug).await?.ok_or_else(Problem::not_found)
    }

    /// Replaces what is stored, if the request has seen it.
    pub(super) async fn update(
        &self,
        token: &FoundToken,
        saved: &SavedInstances,
        stored: StoredInstance,
        settings: &InstanceSettings,
        headers: &HeaderMap,
        dry_run: bool,
    ) -> Result<Response, Problem> {
        let if_match = IfMatch::of(headers)?;
        if_match.check(&self.pool, &stored).await?;
        let slug = stored.settings.slug.clone();
        let change = plan_one(&slug, Some(&stored), settings, &self.dashboard_host)?;
        let (impact, figure) = match change.proposed() {
            Some((stored, proposed)) => impact_of(&self.pool, stored, &proposed).await,
            None => (None, None),
        };
        if dry_run || change.action == Action::Same {
            return Ok(Change::done(dry_run, &stored, change, impact));
        }
        self.write(token, saved, &if_match, &change, figure).await?;
        Ok(Change::done(false, &self.stored(&slug).await?, change, impact))
    }

    async fn write(
        &self,
        token: &FoundToken,
        saved: &SavedInstances,
        if_match: &IfMatch,
        change: &manifest::Change,
        figure: Option<app::insight::impact::Figure>,
    ) -> Result<(), Problem> {
        match manifest::apply(&self.pool, &token.actor, change, figure).await {
            Ok(_) => {
                saved.mark(&change.slug);
                Ok(())
            }
            Err(StoreError::Conflict(now)) => Err(if_match.stale(&self.pool, &now).await),
            Err(error) => Err(error.into()),
        }
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
