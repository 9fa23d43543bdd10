//! Reads the counted visits of an instance: by flow and shape, and by where they ended.

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

use super::between::{Others, Shape};
use crate::{
    database::begin,
    redirects::{Flow, Source},
};

/// Counted visits as they are stored.
#[derive(Clone, Debug)]
pub struct Counts(Vec<Row>);

#[derive(Clone, Debug)]
struct Row {
    flow: String,
    source: Option<String>,
    refused: Option<Vec<String>>,
    link: Option<String>,
    visits: i64,
}

/// The visits since then. None if the instance's visits are not counted any more: what is left does not say who comes.
///
/// # Errors
/// The query fails.
pub async fn counts(pool: &PgPool, instance: i64, since: OffsetDateTime) -> sqlx::Result<Counts> {
    let mut transaction = begin(pool).await?;
    // The caller goes on without an answer if this takes too long. A month of an instance may have 50,000 shapes, which are grouped in memory.
    sqlx::raw_sql("set local statement_timeout = '1500ms'; set local work_mem = '32MB'").execute(&mut *transaction).await?;
    // The source and the reasons tell only those apart whose shapes are not kept.
    let rows = sqlx::query_as!(
        Row,
        r#"
        select flow, case when link is null then source end as source, case when link is null then refused end as refused, link,
            sum(visits)::bigint as "visits!"
        from visits
        where instance_id = $1 and starts_at >= $2
            and exists (select from instances where id = $1 and visits_counted)
        group by 1, 2, 3, 4
        "#,
        instance,
        since
    )
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Counts(rows))
}

impl Counts {
    /// The shapes, and the visits whose shapes are not kept. A shape that this version can't read is one of those.
    pub fn read(&self) -> (Vec<Shape<'_>>, Vec<Others>) {
        let (mut shapes, mut others) = (Vec::with_capacity(self.0.len()), Vec::new());
        for Row { flow, source, refused, link, visits } in &self.0 {
            let (Ok(flow), Ok(visits)) = (flow.parse::<Flow>(), u64::try_from(*visits)) else { continue };
            match link.as_deref().and_then(|link| serde_json::from_str(link).ok()) {
                Some(link) => shapes.push(Shape { flow, link, visits }),
                None => others.push(Others {
                    flow,
                    source: source.as_deref().and_then(|source| source.parse().ok()).unwrap_or(Source::RedirectUrl),
                    refused: refused.clone().unwrap_or_default(),
                    visits,
                }),
            }
        }
        (shapes, others)
    }
}

/// How many visits of each flow have ended at its stored fallback redirect or at the home URL, each flow since a time of its own.
///
/// # Errors
/// The query fails.
pub async fn stored_endings<'e>(
    executor: impl PgExecutor<'e>,
    instance: i64,
    since: [OffsetDateTime; Flow::ALL.len()],
) -> sqlx::Result<Vec<(Flow, Source, i64)>> {
    let rows = sqlx::query!(
        r#"
        select v.flow, v.source, sum(v.visits)::bigint as "visits!"
        from unnest($2::text[], $3::timestamptz[]) as asked (flow, since)
        join visits v on v.flow = asked.flow
        where v.instance_id = $1 and v.source = any ($4) and v.starts_at >= date_trunc('hour', asked.since, 'UTC')
            and exists (select from instances where id = $1 and visits_counted)
        group by v.flow, v.source
        "#,
        instance,
        &Flow::ALL.map(|flow| flow.name().to_owned()),
        &since,
        &[Source::Fallback, Source::HomeUrl].map(|source| source.name().to_owned())
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.flow.parse().ok()?, row.source.parse().ok()?, row.visits))).collect())
}
