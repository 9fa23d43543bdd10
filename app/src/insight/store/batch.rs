//! Adds counts. A server that gets no answer sends the same batch again, and it is added once.

use sqlx::{PgPool, PgTransaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    database::begin_in_background,
    insight::visit::{CountedVisit, Decision},
};

/// How many shapes are kept apart for one instance and hour. The visits of further ones are counted by their decision alone.
pub const MAX_SHAPES: u32 = 200;

/// How often something was counted in an hour of an instance.
#[derive(Clone, Debug)]
pub struct Count {
    /// The instance.
    pub instance: i64,
    /// The beginning of the hour.
    pub hour: OffsetDateTime,
    /// How the visits were decided.
    pub decision: Decision,
    /// The visit, if its shape is kept.
    pub visit: Option<CountedVisit<'static>>,
    /// How often.
    pub visits: u64,
    /// When the first of them was seen.
    pub first_seen: OffsetDateTime,
    /// When the last of them was seen.
    pub last_seen: OffsetDateTime,
}

/// Adds a batch of counts, unless this process has added it before. The batches of a process are numbered from 1. Returns how many
/// shapes were not kept apart.
///
/// # Errors
/// The query fails. Whether the batch was added is then unknown.
pub async fn add(pool: &PgPool, process: Uuid, batch: i64, counts: &[Count]) -> sqlx::Result<u64> {
    let mut transaction = begin_in_background(pool).await?;
    lock(&mut transaction).await?;
    let is_new = sqlx::query_scalar!(
        r#"insert into visit_batches (process, batch) values ($1, $2)
        on conflict (process) do update set batch = excluded.batch, stored_at = now() where visit_batches.batch < excluded.batch
        returning true as "is_new!""#,
        process,
        batch
    )
    .fetch_optional(&mut *transaction)
    .await?
    .is_some();
    let merged = if is_new { insert(&mut transaction, counts).await? } else { 0 };
    transaction.commit().await?;
    Ok(merged)
}

/// Waits until no other process changes counts. Two of them could together exceed the limit of an hour, or wait for each other.
pub(super) async fn lock(transaction: &mut PgTransaction<'_>) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtext('portal-redirects visits'))").execute(&mut **transaction).await?;
    Ok(())
}

async fn insert(transaction: &mut PgTransaction<'_>, counts: &[Count]) -> sqlx::Result<u64> {
    let rows: Vec<_> = counts.iter().map(Row::of).collect();
    let column = |value: fn(&Row<'_>) -> String| rows.iter().map(value).collect::<Vec<_>>();
    let hashes = |value: fn(&Row<'_>) -> [u8; 16]| rows.iter().map(|row| value(row).to_vec()).collect::<Vec<_>>();
    let times = |value: fn(&Count) -> OffsetDateTime| counts.iter().map(value).collect::<Vec<_>>();
    let links: Vec<_> = rows.iter().map(|row| row.link.clone()).collect();
    // The clock of a server may be wrong: nothing is counted for the future, or for hours that have become days.
    let merged = sqlx::query_scalar!(
        r#"with incoming as (
            select u.*, greatest(least(u.hour, date_trunc('hour', now(), 'UTC')), date_trunc('hour', now(), 'UTC') - interval '6 days') as starts_at
            from unnest(
                $1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::bytea[], $9::text[],
                $10::bigint[], $11::timestamptz[], $12::timestamptz[]
            ) as u (instance_id, hour, flow, source, shape_hash, refused, link, decision_hash, reasons, visits, first_seen, last_seen)
            join instances on instances.id = u.instance_id
        ), stored as (
            select v.instance_id, v.starts_at, count(*) as shapes from visits v
            join (select distinct instance_id, starts_at from incoming) as hours using (instance_id, starts_at)
            where v.unit = 'hour' and v.link is not null
            group by v.instance_id, v.starts_at
        ), ranked as (
            select i.*, v.shape_hash is not null as is_known,
                row_number() over (
                    partition by i.instance_id, i.starts_at, i.link is null, v.shape_hash is not null order by i.visits desc
                ) as place
            from incoming i
            left join visits v on v.instance_id = i.instance_id and v.starts_at = i.starts_at and v.unit = 'hour' and v.shape_hash = i.shape_hash
        ), placed as (
            select r.*, r.link is not null and (r.is_known or r.place + coalesce(s.shapes, 0) <= $13) as is_kept
            from ranked r left join stored s using (instance_id, starts_at)
        ), written as (
            insert into visits (instance_id, unit, starts_at, shape_hash, flow, source, refused, link, visits, first_seen, last_seen)
            select instance_id, 'hour', starts_at, case when is_kept then shape_hash else decision_hash end, flow, source,
                string_to_array(case when is_kept then refused else reasons end, E'\n'), case when is_kept then link end,
                sum(visits), min(first_seen), max(last_seen)
            from placed group by 1, 2, 3, 4, 5, 6, 7, 8
            on conflict (instance_id, starts_at, unit, shape_hash) do update set visits = visits.visits + excluded.visits,
                first_seen = least(visits.first_seen, excluded.first_seen), last_seen = greatest(visits.last_seen, excluded.last_seen)
        )
        select count(*) as "merged!" from placed where link is not null and not is_kept"#,
        &counts.iter().map(|count| count.instance).collect::<Vec<_>>(),
        &times(|count| count.hour),
        &column(|row| row.count.decision.flow.name().to_owned()),
        &column(|row| row.count.decision.source.name().to_owned()),
        &hashes(|row| row.hash),
        &column(|row| row.refused.join("\n")),
        &links as &[Option<String>],
        &hashes(|row| row.decision_hash),
        &column(|row| row.reasons.join("\n")),
        &counts.iter().map(|count| i64::try_from(count.visits).unwrap_or(i64::MAX)).collect::<Vec<_>>(),
        &times(|count| count.first_seen),
        &times(|count| count.last_seen),
        i64::from(MAX_SHAPES),
    )
    .fetch_one(&mut **transaction)
    .await?;
    Ok(u64::try_from(merged).unwrap_or(0))
}

/// A count with its keys.
struct Row<'c> {
    count: &'c Count,
    hash: [u8; 16],
    refused: Vec<String>,
    link: Option<String>,
    decision_hash: [u8; 16],
    reasons: Vec<String>,
}

impl<'c> Row<'c> {
    fn of(count: &'c Count) -> Self {
        let reasons = count.decision.refused();
        let decision_hash = count.decision.hash(&reasons, None);
        let kept = count.visit.as_ref().and_then(|visit| Some((visit.refused(), serde_json::to_string(&visit.link).ok()?)));
        let (refused, link) = kept.map_or_else(|| (reasons.clone(), None), |(refused, link)| (refused, Some(link)));
        let hash = count.decision.hash(&refused, link.as_deref());
        Self { count, hash, refused, link, decision_hash, reasons }
    }
}
