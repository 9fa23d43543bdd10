//! What counted visits take: the memory of busy instances until they are stored, and the time to read a busy instance's for Activity and
//! for the impact of a change.

use std::time::Instant;

use app::{
    fixtures::{create, instance, my_app, stored},
    insight::{
        activity::{
            form::ActivityForm,
            store::{first_seen, read_counts, read_refused},
            view::refused_query,
        },
        impact::{Rules, between::between, store::counts},
        range::Range,
    },
    instances::stored::StoredInstance,
    redirects::{Flow, LinkParams, Visit, resolve},
};
use server::portal::visits::VisitCounter;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::runtime::Runtime;

use crate::{
    load::memory,
    process::Postgres,
    report::{Limit, Report, median},
    statements,
};

/// How many instances have visits at once.
const BUSY: i64 = 10_000;

/// How many different links each of them has.
const LINKS: u32 = 10;

/// The default of --visits-memory, in bytes.
const MEMORY: u64 = 64 * 1024 * 1024;

/// How often each figure is measured.
const ROUNDS: usize = 5;

/// Ninety days of an instance that is sent made-up links: 200 shapes in each hour of the last week, and 820 in each day before.
const NINETY_DAYS: &str = r#"insert into visits (instance_id, unit, starts_at, shape_hash, flow, source, refused, link, visits, first_seen, last_seen)
    select $1, unit, at, substr(sha256(convert_to(at::text || n, 'UTF8')), 1, 16), (array['sign-in', 'sign-up', 'sign-out'])[1 + n % 3],
        (array['redirect_url', 'fallback', 'home_url'])[1 + n % 3],
        case when n % 3 = 0 then '{}' else array['foreign https://' || n || '-' || (extract(epoch from at)::bigint / 86400 % 5) || '.evil.com'] end,
        '{"redirect_url":{"web":{"scheme":"https","host":"' || n || '.evil.com"}}}', 1 + n % 7, at, at
    from (
        select 'hour' as unit, at, n
        from generate_series(date_trunc('hour', now(), 'UTC') - interval '167 hours', now(), '1 hour') at, generate_series(1, 200) n
        union all
        select 'day', at, n
        from generate_series(date_trunc('day', now(), 'UTC') - interval '90 days', now() - interval '8 days', '1 day') at, generate_series(1, 820) n
    ) as filled"#;

/// Thirty days with 50,000 different shapes, each on two days.
const FIFTY_THOUSAND: &str = r#"insert into visits (instance_id, unit, starts_at, shape_hash, flow, source, refused, link, visits, first_seen, last_seen)
    select $1, 'day', date_trunc('day', now(), 'UTC') - make_interval(days => 1 + n % 29 + k * 7 % 22), decode(md5(n::text), 'hex'),
        'sign-in', 'home_url', array['foreign https://' || n || '.evil.example'],
        '{"redirect_url":{"web":{"scheme":"https","host":"' || n || '.evil.example"}}}', 3, now(), now()
    from generate_series(1, 50000) n, generate_series(0, 1) k on conflict do nothing"#;

const MIB: f64 = 1024.0 * 1024.0;

/// Adds the figures to the report.
///
/// # Errors
/// The memory of this process can't be read, or PostgreSQL returns an error.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    report.section("Counted visits");
    busy_instances(report)?;
    runtime.block_on(async {
        let pool = statements::create(postgres, "activity").await?;
        activity(&pool, report).await?;
        let pool = statements::create(postgres, "impact").await?;
        impact(&pool, report).await
    })
}

fn busy_instances(report: &mut Report) -> anyhow::Result<()> {
    let counter = VisitCounter::new(MEMORY);
    let instance = stored(my_app(), &[]);
    let before = memory(std::process::id())?;
    for id in 0..BUSY {
        let instance = StoredInstance { id, ..instance.clone() };
        for n in 0..LINKS {
            let link = LinkParams { redirect_url: Some(format!("https://app-{n}.partner.example/x").into()), ..LinkParams::default() };
            let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: None };
            counter.count(&instance, visit, &resolve(&instance.instance, &instance.fallbacks, visit));
        }
    }
    let more = (memory(std::process::id())? - before) / MIB;
    report.check(format!("memory of {BUSY} instances with {LINKS} links each"), more, "MiB", Limit::AtMost(64.0));
    drop(counter);
    Ok(())
}

/// Creates the instance and its visits.
async fn fill(pool: &PgPool, visits: &'static str) -> anyhow::Result<StoredInstance> {
    let stored = create(pool, &my_app()).await;
    sqlx::query(visits).bind(stored.id).execute(pool).await?;
    sqlx::query("analyze visits").execute(pool).await?;
    Ok(stored)
}

/// The time to read what the Activity tab shows, for each range.
async fn activity(pool: &PgPool, report: &mut Report) -> anyhow::Result<()> {
    let stored = fill(pool, NINETY_DAYS).await?;
    for range in Range::ALL {
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            let (start, since) = (Instant::now(), range.since(OffsetDateTime::now_utc()));
            let form = ActivityForm { range, ..ActivityForm::default() };
            read_counts(pool, stored.id, range, since).await?;
            let page = read_refused(pool, &refused_query(&stored, &form, since)).await?;
            first_seen(pool, stored.id, &page.rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>()).await?;
            took.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let label = format!("Activity of the last {}, with 90 days of visits", range.label());
        report.check(label, median(took), "ms", Limit::AtMost(300.0));
    }
    Ok(())
}

/// The time to say whom a change concerns.
async fn impact(pool: &PgPool, report: &mut Report) -> anyhow::Result<()> {
    let stored = fill(pool, FIFTY_THOUSAND).await?;
    let mut settings = my_app();
    settings.allowed_origins = vec!["https://*.evil.example".to_owned()];
    let (after, mut took) = (instance(&settings), Vec::new());
    let rules = |instance| Rules { instance, fallbacks: &stored.fallbacks };
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let counted = counts(pool, stored.id, Range::Month.since(OffsetDateTime::now_utc())).await?;
        let (shapes, others) = counted.read();
        let impact = between(rules(&stored.instance), rules(&after), None, &shapes, &others);
        took.push(start.elapsed().as_secs_f64() * 1e3);
        anyhow::ensure!(impact.changed > 0 && shapes.len() == 50_000, "{} shapes", shapes.len());
    }
    report.check("impact of a change on 30 days with 50,000 shapes", median(took), "ms", Limit::AtMost(300.0));
    Ok(())
}
