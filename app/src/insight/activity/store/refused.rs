//! What was refused, the most frequent first.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::counts::visits;
use crate::{
    database::timed,
    insight::activity::refused::{CountedRefusal, RefusedCount, RefusedRow, fold},
    redirects::{Flow, Refusal},
};

/// The most refused redirects that are read for a file.
pub const MAX_EXPORTED: i64 = 50_000;

/// Which refused redirects are read.
#[derive(Clone, Debug)]
pub struct RefusedQuery {
    /// The instance's key.
    pub instance: i64,
    /// The beginning of the range.
    pub since: OffsetDateTime,
    /// The only flow that counts.
    pub flow: Option<Flow>,
    /// Texts of which an origin has one.
    pub texts: Vec<String>,
    /// The reasons that match whatever the origin is. With no texts and no reasons everything matches.
    pub reasons: Vec<Refusal>,
    /// Whether the dismissed ones are read, in place of the others.
    pub dismissed: bool,
    /// How many come before the first.
    pub offset: i64,
    /// The most that are read.
    pub limit: i64,
}

/// Some refused redirects.
#[derive(Clone, Debug, Default)]
pub struct RefusedPage {
    /// The most frequent ones after the offset.
    pub rows: Vec<RefusedRow>,
    /// How many match. It is known only where there are rows.
    pub count: i64,
    /// How many of the instance are dismissed, whatever the filter.
    pub dismissed: i64,
}

/// Reads what was refused. What is too much to be kept apart has rows of its own, unless nothing of the value is kept anyway.
///
/// # Errors
/// A query fails.
pub async fn read_refused(pool: &PgPool, query: &RefusedQuery) -> sqlx::Result<RefusedPage> {
    let reasons: Vec<String> = query.reasons.iter().map(|reason| reason.name().to_owned()).collect();
    let rows = sqlx::query!(
        r#"with items as materialized (
            select u.refused, v.link is null and u.refused <> all (array['too_long', 'not_a_url', 'ambiguous']) as is_others,
                v.flow, v.source, sum(v.visits)::bigint as visits, min(v.first_seen) as first_seen, max(v.last_seen) as last_seen
            from visits v cross join unnest(v.refused) as u (refused)
            where v.instance_id = $1 and v.starts_at >= $2 and v.refused <> '{}' and ($3::text is null or v.flow = $3)
            group by 1, 2, 3, 4
        ), totals as (
            select refused, is_others, sum(visits)::bigint as visits from items group by 1, 2
        ), listed as (
            select t.refused, t.is_others, t.visits from totals t
            where not $6 and (t.is_others or not exists (
                select from dismissed_refusals d where d.instance_id = $1 and d.refused = t.refused
            ))
            union all
            select d.refused, false, coalesce(t.visits, 0) from dismissed_refusals d
            left join totals t on t.refused = d.refused and not t.is_others
            where $6 and d.instance_id = $1
        ), page as (
            select l.*, count(*) over () as matching from listed l
            where cardinality($4::text[]) + cardinality($5::text[]) = 0
                or split_part(l.refused, ' ', 1) = any ($5)
                or exists (select from unnest($4) as t (part) where strpos(split_part(l.refused, ' ', 2), t.part) > 0)
            order by l.visits desc, l.refused, l.is_others
            limit $7 offset $8
        )
        select p.refused as "refused!", p.is_others as "is_others!", p.matching as "matching!", i.flow as "flow?", i.source as "source?",
            i.visits as "visits?", i.first_seen as "first_seen?", i.last_seen as "last_seen?"
        from page p left join items i on i.refused = p.refused and i.is_others = p.is_others
        order by p.visits desc, p.refused, p.is_others"#,
        query.instance,
        query.since,
        query.flow.map(Flow::name),
        &query.texts,
        &reasons,
        query.dismissed,
        query.limit,
        query.offset
    )
    .fetch_all(timed(pool))
    .await?;
    let dismissed = sqlx::query_scalar!(r#"select count(*) as "count!" from dismissed_refusals where instance_id = $1"#, query.instance)
        .fetch_one(timed(pool))
        .await?;
    let count = rows.first().map_or(0, |row| row.matching);
    let counts = rows.into_iter().map(|row| {
        let counted = || {
            let (flow, source) = (row.flow?.parse().ok()?, row.source?.parse().ok()?);
            let (first_seen, last_seen) = (row.first_seen?, row.last_seen?);
            Some(CountedRefusal { flow, source, visits: visits(row.visits?), first_seen, last_seen })
        };
        RefusedCount { text: row.refused, is_others: row.is_others, counted: counted() }
    });
    Ok(RefusedPage { rows: fold(counts.collect()), count, dismissed })
}

/// When each of these refused redirects was first seen, as far back as counts are kept.
///
/// # Errors
/// The query fails.
pub async fn first_seen(pool: &PgPool, instance: i64, texts: &[String]) -> sqlx::Result<Vec<(String, OffsetDateTime)>> {
    let rows = sqlx::query!(
        r#"select u.refused as "refused!", min(v.first_seen) as "first_seen!"
        from visits v cross join unnest(v.refused) as u (refused)
        where v.instance_id = $1 and v.refused && $2 and u.refused = any ($2)
        group by 1"#,
        instance,
        texts
    )
    .fetch_all(timed(pool))
    .await?;
    Ok(rows.into_iter().map(|row| (row.refused, row.first_seen)).collect())
}
