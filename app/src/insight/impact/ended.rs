//! How many visits ended at each stored fallback redirect, as its field on the Redirects tab says it.

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::measure::DAYS;
use crate::{
    database::begin_briefly,
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
        tracing::warn!(%error, "the visits of each field could not be counted");
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
    let when = if found.is_whole_week { "in the last 7 days" } else { "since it was saved" };
    let place = value.unwrap_or("the home URL");
    [format!("{visits} here {when}"), format!("{visits} at {place} {when}")]
}

async fn ended(pool: &PgPool, stored: &StoredInstance) -> sqlx::Result<Vec<Ended>> {
    let week = OffsetDateTime::now_utc() - Duration::days(DAYS.into());
    let fields = Flow::ALL.map(Flow::field);
    let changed = last_changes(pool, stored.id, stored.instance.version(), &fields).await?;
    let since = Flow::ALL.map(|flow| {
        let changed = changed.iter().find(|(field, _)| field == flow.field()).map(|(_, last)| last.at);
        // Visits are counted by the hour, and the hour of the change has both.
        changed.filter(|at| *at > week).map(|at| at + Duration::HOUR)
    });
    let mut transaction = begin_briefly(pool).await?;
    let rows = sqlx::query!(
        r#"
        select v.flow, v.source, sum(v.visits)::bigint as "visits!"
        from unnest($2::text[], $3::timestamptz[]) as asked (flow, since)
        join visits v on v.flow = asked.flow
        where v.instance_id = $1 and v.source in ('fallback', 'home_url')
            and v.starts_at >= date_trunc('hour', coalesce(asked.since, now() - make_interval(days => $4)), 'UTC')
            and exists (select from instances where id = $1 and visits_counted)
        group by v.flow, v.source
        "#,
        stored.id,
        &Flow::ALL.map(|flow| flow.name().to_owned()),
        &since as &[Option<OffsetDateTime>],
        DAYS
    )
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let read = rows.into_iter().filter_map(|row| {
        let flow: Flow = row.flow.parse().ok()?;
        let source = if row.source == Source::Fallback.name() { Source::Fallback } else { Source::HomeUrl };
        Some(Ended { flow, source, visits: row.visits, is_whole_week: since[flow.index()].is_none() })
    });
    Ok(read.collect())
}
