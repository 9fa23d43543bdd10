//! What a write changes, or would change.

use app::{
    insight::impact::{
        Figure,
        measure::{LATELY, Measured, Proposed, measure},
    },
    instances::stored::StoredInstance,
    manifest::{self, FieldDiff, SkippedRedirect},
};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use utoipa::ToSchema;

/// What a write has changed, or would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Change {
    /// Whether nothing was stored, because `dry_run` was `true`.
    pub(super) dry_run: bool,
    /// The version that is stored now; 0 for an instance that would be created.
    pub(super) version: i64,
    /// Every setting that differs. Empty if nothing does: then the version stays.
    #[schema(value_type = Vec<FieldChange>)]
    pub(super) changes: Vec<FieldDiff>,
    /// The stored redirects that stay as they are, although the policy skips them.
    #[schema(value_type = Vec<Skipped>)]
    pub(super) skipped: Vec<SkippedRedirect>,
    /// How many counted visits it concerns; `null` if no visits were counted, or if the impact could not be measured.
    pub(super) impact: Option<ImpactBody>,
}

/// The schema of a setting that differs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes FieldDiff")]
pub(crate) struct FieldChange {
    /// The setting, as a JSON pointer into the instance's settings.
    pointer: String,
    /// The value that is stored; `null` where there is none.
    #[schema(value_type = Value)]
    before: Value,
    /// The value that is wanted; `null` where there is none.
    #[schema(value_type = Value)]
    after: Value,
}

/// The schema of a stored redirect that stays, although the policy skips it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes SkippedRedirect")]
#[schema(as = SkippedRedirect)]
pub(crate) struct Skipped {
    /// The setting, as a JSON pointer into the instance's settings.
    pointer: String,
    /// Why it is skipped.
    message: String,
}

/// How many counted visits a change concerns.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImpactBody {
    /// The range of time that was counted.
    #[schema(example = "7d")]
    range: &'static str,
    /// All visits that were counted in it.
    visits: u64,
    /// How many of them would end elsewhere.
    changed: u64,
    /// How many more may end elsewhere: of these, less is known.
    inexact_by: u64,
}

/// What a change means for the visits that were counted lately, and the figure to record with it.
pub(super) async fn impact_of(pool: &PgPool, stored: &StoredInstance, proposed: &Proposed) -> (Option<ImpactBody>, Option<Figure>) {
    let measured = measure(pool, stored, proposed, LATELY).await;
    let figure = measured.figure();
    let body = match measured {
        Measured::Known(impact) => {
            Some(ImpactBody { range: LATELY.name(), visits: impact.visits, changed: impact.changed, inexact_by: impact.inexact_by })
        }
        Measured::Unknown | Measured::NoVisits => None,
    };
    (body, figure)
}

impl Change {
    /// Nothing has changed of what is stored.
    pub(super) fn of(stored: &StoredInstance) -> Self {
        Self { dry_run: false, version: stored.instance.version(), changes: Vec::new(), skipped: Vec::new(), impact: None }
    }

    /// The answer to a dry run that would create an instance.
    pub(super) fn planned(planned: manifest::Change) -> Response {
        let (changes, skipped) = (planned.fields, planned.skipped);
        Json(Self { dry_run: true, version: 0, changes, skipped, impact: None }).into_response()
    }

    /// The answer with the `ETag` of what is stored, which the sender has seen.
    pub(super) fn at(self, stored: &StoredInstance) -> Response {
        ([(header::ETAG, stored.etag())], Json(self)).into_response()
    }

    /// The answer to a change of `before`. `now` is what is stored since. If others have saved too, it has no `ETag`: its sender has not
    /// seen what they saved, and must read it before they replace it.
    pub(super) fn since(self, before: &StoredInstance, now: &StoredInstance) -> Response {
        let is_own = now.instance.version() == before.instance.version() + 1;
        if is_own { self.at(now) } else { Json(self).into_response() }
    }
}
