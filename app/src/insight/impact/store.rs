//! Reads the counted visits of an instance, by flow and shape.

use sqlx::PgPool;

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

/// The visits of the last so many days. None if the instance's visits are not counted any more: what is left does not say who comes.
///
/// # Errors
/// The query fails.
pub async fn counts(pool: &PgPool, instance: i64, days: i32) -> sqlx::Result<Counts> {
    let mut transaction = begin(pool).await?;
    // Whoever asks goes on without an answer. A month of an instance may have 50,000 shapes, which are grouped in memory.
    sqlx::raw_sql("set local statement_timeout = '1500ms'; set local work_mem = '32MB'").execute(&mut *transaction).await?;
    // The source and the reasons tell only those apart whose shapes are not kept.
    let rows = sqlx::query_as!(
        Row,
        r#"
        select flow, case when link is null then source end as source, case when link is null then refused end as refused, link,
            sum(visits)::bigint as "visits!"
        from visits
        where instance_id = $1 and starts_at >= date_trunc('hour', now(), 'UTC') - make_interval(days => $2)
            and exists (select from instances where id = $1 and visits_counted)
        group by 1, 2, 3, 4
        "#,
        instance,
        days
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
                    source: source.as_deref().and_then(source_named).unwrap_or(Source::RedirectUrl),
                    refused: refused.clone().unwrap_or_default(),
                    visits,
                }),
            }
        }
        (shapes, others)
    }
}

fn source_named(name: &str) -> Option<Source> {
    [Source::ForceParam, Source::RedirectUrl, Source::FallbackParam, Source::Fallback, Source::HomeUrl]
        .into_iter()
        .find(|source| source.name() == name)
}
