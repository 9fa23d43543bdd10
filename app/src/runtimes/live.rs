//! Which runtimes serve an instance as it is stored now, from what each of them reports.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};

/// How long a runtime counts after it was last heard from, in seconds.
const COUNTS: i32 = 90;

/// How much later than a save something must be to be after it for certain, in seconds: transactions that began before it may
/// end later.
const MARGIN: i32 = 5;

/// How long a page waits for its save to be live everywhere, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(1);
const ROUND: Duration = Duration::from_millis(50);

/// An instance's version, and every runtime that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The version that is stored.
    pub version: i64,
    /// The runtimes, the one that runs longest first.
    pub runtimes: Vec<Runtime>,
}

/// A runtime, as it has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// Its name, which it makes up when it starts.
    pub id: String,
    /// `all` or `portal`.
    pub role: String,
    /// The version of the instance that it has said it serves; `None` where nobody has asked it for the instance.
    pub version: Option<i64>,
    /// Whether it serves the version that is stored.
    pub is_live: bool,
    /// How long ago it was last heard from, in seconds.
    pub heard: i64,
}

impl Live {
    /// How many of the runtimes serve the version that is stored.
    pub fn count(&self) -> usize {
        self.runtimes.iter().filter(|runtime| runtime.is_live).count()
    }

    fn is_everywhere(&self) -> bool {
        self.runtimes.iter().all(|runtime| runtime.is_live)
    }
}

/// Which runtimes serve an instance as it is stored. One that has not said so does too where it has caught up with everything
/// since, or has started since: it loads what it is asked for.
///
/// # Errors
/// There is no such instance, or PostgreSQL.
pub async fn live(pool: &PgPool, instance: i64) -> sqlx::Result<Live> {
    let rows = sqlx::query!(
        r#"select i.version as "stored!", r.id as "id?", r.role as "role?", v.version as "version?",
            coalesce(v.version >= i.version, false)
                or coalesce(r.caught_up_at > i.updated_at + make_interval(secs => $2), false)
                or coalesce(r.started_at > i.updated_at + make_interval(secs => $2), false) as "is_live!",
            greatest(0, coalesce(extract(epoch from clock_timestamp() - r.seen_at), 0))::bigint as "heard!"
        from instances i
        left join runtimes r on r.seen_at > clock_timestamp() - make_interval(secs => $3)
        left join runtime_versions v on v.runtime_id = r.id and v.instance_id = i.id
        where i.id = $1
        order by r.started_at, r.id"#,
        instance,
        f64::from(MARGIN),
        f64::from(COUNTS)
    )
    .fetch_all(pool)
    .await?;
    let version = rows.first().ok_or(sqlx::Error::RowNotFound)?.stored;
    let runtimes = rows
        .into_iter()
        .filter_map(|row| Some(Runtime { id: row.id?, role: row.role?, version: row.version, is_live: row.is_live, heard: row.heard }));
    Ok(Live { version, runtimes: runtimes.collect() })
}

/// The same after a save: waits a moment until it is live everywhere.
///
/// # Errors
/// There is no such instance, or PostgreSQL.
pub async fn settled(pool: &PgPool, instance: i64) -> sqlx::Result<Live> {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = live(pool, instance).await?;
        if found.is_everywhere() || Instant::now() >= until {
            return Ok(found);
        }
        sleep(ROUND).await;
    }
}
