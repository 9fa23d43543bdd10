//! The history of an instance: who changed what, the last change first.

use app::{
    history::{
        difference::describe,
        filter::Criteria,
        store::{Change, MAX_PAGE_SIZE, Scope as HistoryScope, read_page},
    },
    ui::text::timestamp,
};
use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    openapi::ReadProblems,
    problem::{InputError, Problem},
    request::{InPath, InstanceRequest},
};

/// Which changes are read.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryParams {
    /// The `next` of the page before. Without it, the page begins with the last change.
    #[param(minimum = 1)]
    cursor: Option<i64>,
    /// The most changes of the page.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: i64,
}

fn fifty() -> i64 {
    50
}

/// A page of changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct History {
    /// The changes, the last one first.
    changes: Vec<ChangeBody>,
    /// The cursor of the next page; `null` if there are no older changes.
    next: Option<i64>,
}

/// A change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecordedChange)]
pub(crate) struct ChangeBody {
    /// Its number. A later change has a greater one.
    id: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// Who made it.
    who: String,
    /// The API token that it was made with; `null` if somebody made it themselves.
    api_token: Option<String>,
    /// What they did, in words.
    did: String,
    /// The kind of change.
    kind: &'static str,
    /// The version that the instance has since; `null` where the change did not raise it.
    version: Option<i64>,
    /// The person, version or instance that it is about.
    about: Option<String>,
    /// The address it was made from; only for owners.
    address: Option<String>,
    /// The earlier values of the fields that changed.
    #[schema(value_type = Object)]
    before: Map<String, Value>,
    /// The new values of the same fields.
    #[schema(value_type = Object)]
    after: Map<String, Value>,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        Self {
            did: describe(&change),
            id: change.id,
            at: timestamp(change.at),
            who: change.who,
            api_token: change.api_token,
            kind: change.kind.name(),
            version: change.version,
            about: change.about,
            address: change.address,
            before: change.before,
            after: change.after,
        }
    }
}

/// Reads the history, a page at a time.
#[utoipa::path(
    get,
    path = "/instances/{slug}/history",
    operation_id = "readHistory",
    tag = "history",
    params(InPath, HistoryParams),
    responses((status = 200, description = "A page of changes", body = History), ReadProblems)
)]
pub(super) async fn read(request: InstanceRequest<HistoryParams>) -> Result<Json<History>, Problem> {
    let HistoryParams { cursor, limit } = request.params;
    let (stored, role) = request.admit_read().await?;
    let mut errors = Vec::new();
    if cursor.is_some_and(|cursor| cursor < 1) {
        errors.push(InputError::of("cursor", "Use the next of the page before."));
    }
    if !(1..=MAX_PAGE_SIZE).contains(&limit) {
        errors.push(InputError::of("limit", format_args!("Use a number from 1 to {MAX_PAGE_SIZE}.")));
    }
    if !errors.is_empty() {
        return Err(Problem::parameters(errors));
    }
    let criteria = Criteria { before: cursor, ..Criteria::default() };
    let page = read_page(&request.management.pool, HistoryScope::Instance { id: stored.id, role }, &criteria, limit).await?;
    Ok(Json(History { changes: page.changes.into_iter().map(ChangeBody::from).collect(), next: page.older }))
}
