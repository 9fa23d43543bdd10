//! The list of instances, searched and in pages.

use app::{
    api_tokens::{Scope, store::FoundToken},
    instances::list::{BySlug, ListedInstance, read_by_slug},
    redirects::{Environment, is_slug},
    ui::text::timestamp,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::management::{
    Management,
    caller::check_scope,
    input::Query,
    openapi::ListInstancesProblems,
    problem::{InputError, Problem},
};

/// How many instances a page has.
const PAGE_SIZE: i64 = 100;

/// The longest text that is searched for, in characters.
const MAX_SEARCH_CHARACTERS: usize = 200;

/// Which instances are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::management) struct ListParams {
    /// Part of a name, a domain or a slug.
    #[serde(default)]
    #[param(max_length = 200)]
    search: String,
    /// `production` or `development`; without it, both.
    #[param(pattern = "^(production|development)$")]
    environment: Option<String>,
    /// Instances whose slugs come later: the `next` of the page before. Without it, the list begins.
    #[serde(default)]
    #[param(max_length = 63)]
    after: String,
}

/// A page of instances, by slug.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Instances {
    /// The instances that the maker of the token is a member of and that match. Archived ones are left out.
    instances: Vec<ListedInstanceBody>,
    /// What `after` is for the next page; `null` if this is the last one.
    next: Option<String>,
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

/// Lists instances.
#[utoipa::path(
    get,
    path = "/instances",
    operation_id = "listInstances",
    tag = "instances",
    params(ListParams),
    responses((status = 200, description = "A page of instances", body = Instances), ListInstancesProblems)
)]
pub(in crate::management) async fn list(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Query(ListParams { search, environment, after }): Query<ListParams>,
) -> Result<Json<Instances>, Problem> {
    check_scope(&token, Scope::Read)?;
    let mut errors = Vec::new();
    let environment = environment.map(|name| name.parse::<Environment>()).transpose().unwrap_or_else(|error| {
        errors.push(InputError::of("environment", error));
        None
    });
    let search = search.trim().to_owned();
    if search.chars().count() > MAX_SEARCH_CHARACTERS || search.chars().any(char::is_control) {
        errors.push(InputError::of("search", format_args!("Use at most {MAX_SEARCH_CHARACTERS} characters, and no control characters.")));
    }
    if !after.is_empty() && !is_slug(&after) {
        errors.push(InputError::of("after", "Use the next of the page before."));
    }
    if !errors.is_empty() {
        return Err(Problem::parameters(errors));
    }
    // A token of one instance knows of no other.
    let list = BySlug { search, environment, only: token.instance, after };
    let listed = read_by_slug(&management.pool, token.maker, &list, PAGE_SIZE).await?;
    let is_full = i64::try_from(listed.len()).is_ok_and(|count| count == PAGE_SIZE);
    let next = listed.last().filter(|_| is_full).map(|last| last.slug.clone());
    Ok(Json(Instances { instances: listed.into_iter().map(Into::into).collect(), next }))
}
