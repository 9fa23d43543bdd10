//! The list of instances, searched and in pages.

use app::{
    api_tokens::{Scope, store::FoundToken},
    instances::list::{ListFilter, ListedInstance, MAX_COUNTED, PAGE_SIZE, Shown, read_page},
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
    let filter = ListFilter { search, shown, page };
    // A token of one instance knows of no other.
    let listed = read_page(&management.pool, token.maker, &filter, token.instance.as_deref()).await?;
    let is_full = i64::try_from(listed.len()).is_ok_and(|count| count == PAGE_SIZE);
    let next = (is_full && page < pages).then_some(page + 1);
    Ok(Json(Instances { instances: listed.into_iter().map(Into::into).collect(), next }))
}
