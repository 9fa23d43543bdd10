//! How many visits ended at each stored fallback redirect, as its field on the Redirects tab says it.

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::{measure::LATELY, store::stored_endings};
use crate::{
    database::{begin_briefly, log_failure},
    history::store::last::last_changes,
    instances::stored::StoredInstance,
    redirects::{Flow, Source, parse_fallback},
    ui::text::Grouped,
};

/// What a field says while it has the stored value, and what it says with another one. Both are empty where nothing was counted.
pub type Said = [String; 2];

/// The visits of one flow that ended at a stored URL.
struct Ended {
    flow: Flow,
    source: Source,
    visits: i64,
    /// Whether they are all of the week's, or only those since the field was changed.
    is_whole_week: bool,
}

/// What each field says. Visits from before a field's last change ended elsewhere, so they don't count. Without an answer from the
/// database nothing is said.
pub async fn said(pool: &PgPool, stored: &StoredInstance) -> [Said; Flow::ALL.len()] {
    let ended = ended(pool, stored).await.unwrap_or_else(|error| {
        log_failure(&error, "the visits of each field could not be counted");
        Vec::new()
    });
    Flow::ALL.map(|flow| say(stored, flow, &ended))
}

fn say(stored: &StoredInstance, flow: Flow, ended: &[Ended]) -> Said {
    let value = stored.fallbacks.get(flow);
    let is_skipped = value.is_some_and(|value| parse_fallback(&stored.instance, flow, value).is_err());
    let source = if value.is_some() && !is_skipped { Source::Fallback } else { Source::HomeUrl };
    let Some(found) = ended.iter().find(|ended| ended.flow == flow && ended.source == source) else { return Said::default() };
    let visits = format!("{} visit{} ended", Grouped(found.visits), if found.visits == 1 { "" } else { "s" });
    if is_skipped {
        let instead = format!("{visits} at the home URL instead");
        return [instead.clone(), instead];
    }
    let when = if found.is_whole_week { format!("in the last {}", LATELY.label()) } else { "since it was saved".to_owned() };
    let place = value.unwrap_or("the home URL");
    [format!("{visits} here {when}"), format!("{visits} at {place} {when}")]
}

async fn ended(pool: &PgPool, stored: &StoredInstance) -> sqlx::Result<Vec<Ended>> {
    let week = LATELY.since(OffsetDateTime::now_utc());
    let fields = Flow::ALL.map(Flow::field);
    let mut transaction = begin_briefly(pool).await?;
    let changed = last_changes(&mut *transaction, stored.id, stored.instance.version(), &fields).await?;
    let changed = Flow::ALL.map(|flow| {
        let at = changed.iter().find(|(field, _)| field == flow.field()).map(|(_, last)| last.at);
        // Visits are counted by the hour, and the hour of the change has both.
        at.filter(|at| *at > week).map(|at| at + Duration::HOUR)
    });
    let counts = stored_endings(&mut *transaction, stored.id, changed.map(|at| at.unwrap_or(week))).await?;
    transaction.commit().await?;
    let read =
        counts.into_iter().map(|(flow, source, visits)| Ended { flow, source, visits, is_whole_week: changed[flow.index()].is_none() });
    Ok(read.collect())
}
