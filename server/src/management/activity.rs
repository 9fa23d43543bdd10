//! Activity: how many visits were counted, what decided them, and what was refused.

use app::{
    insight::{
        activity::store::{RefusedQuery, read_counts, read_refused},
        range::Range,
    },
    ui::text::timestamp,
};
use axum::Json;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    openapi::ReadProblems,
    problem::{InputError, Problem},
    request::{InPath, InstanceRequest},
};

/// The most refused redirects of one answer.
const MAX_REFUSED: i64 = 1_000;

/// What is counted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActivityParams {
    /// `24h`, `7d` or `30d`.
    #[serde(default = "week")]
    #[param(default = "7d", pattern = "^(24h|7d|30d)$")]
    range: String,
}

fn week() -> String {
    Range::Week.name().to_owned()
}

/// The visits of an instance.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    /// The beginning of the range.
    #[schema(format = DateTime)]
    since: String,
    /// How often visits were decided by what, by hour (`24h`) or by day.
    visits: Vec<Visits>,
    /// What was refused, the most frequent first.
    refused: Vec<Refused>,
    /// How many refused redirects there are in all.
    refused_count: i64,
}

/// Visits of one flow that were decided by the same source, in one hour or day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Visits {
    /// The beginning of the hour or day.
    #[schema(format = DateTime)]
    at: String,
    /// The flow.
    flow: &'static str,
    /// The source of the targets.
    source: &'static str,
    /// How many.
    #[serde(rename = "visits")]
    count: u64,
    /// How many of them asked for a place that was refused.
    refused: u64,
}

/// A refused redirect.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Refused {
    /// The rule that it breaks.
    reason: &'static str,
    /// The origin or the scheme; empty where the value says neither.
    name: String,
    /// How many visits asked for it.
    visits: u64,
    /// When the first of them was seen.
    #[schema(format = DateTime)]
    first_seen: Option<String>,
    /// When the last of them was seen.
    #[schema(format = DateTime)]
    last_seen: Option<String>,
}

/// Reads how many visits were counted, and what was refused.
#[utoipa::path(
    get,
    path = "/instances/{slug}/activity",
    operation_id = "readActivity",
    tag = "activity",
    params(InPath, ActivityParams),
    responses((status = 200, description = "The visits", body = Activity), ReadProblems)
)]
pub(super) async fn read(request: InstanceRequest<ActivityParams>) -> Result<Json<Activity>, Problem> {
    let (stored, _) = request.admit_read().await?;
    let range = Range::ALL.into_iter().find(|known| known.name() == request.params.range).ok_or_else(|| {
        let names = Range::ALL.map(Range::name).join(", ");
        Problem::parameters(vec![InputError::of("range", format_args!("Use one of {names}."))])
    })?;
    let since = range.since(OffsetDateTime::now_utc());
    let visits = read_counts(&request.management.pool, stored.id, range, since).await?;
    let query = RefusedQuery {
        instance: stored.id,
        since,
        flow: None,
        texts: Vec::new(),
        reasons: Vec::new(),
        dismissed: false,
        offset: 0,
        limit: MAX_REFUSED,
    };
    let refused = read_refused(&request.management.pool, &query).await?;
    Ok(Json(Activity {
        since: timestamp(since),
        visits: visits
            .into_iter()
            .map(|count| Visits {
                at: timestamp(count.at),
                flow: count.flow.name(),
                source: count.source.name(),
                count: count.visits,
                refused: count.refused,
            })
            .collect(),
        refused: refused
            .rows
            .into_iter()
            .map(|row| Refused {
                reason: row.item.reason.name(),
                name: row.item.name,
                visits: row.visits,
                first_seen: row.first_seen.map(timestamp),
                last_seen: row.last_seen.map(timestamp),
            })
            .collect(),
        refused_count: refused.count,
    }))
}
