//! Which runtime checks, and the key that all runtimes of this database share.

use std::time::Duration;

use sqlx::{PgExecutor, PgPool, postgres::types::PgInterval};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Due, due};
use crate::database::{in_background, timed};

/// The name of the lease.
const LEASE: &str = "target_checks";

/// How long a runtime checks after it has last said so. Then another one does.
const LEASE_TIME: Duration = Duration::from_secs(30);

/// How often it says so.
const RENEW_INTERVAL: Duration = Duration::from_secs(10);

/// The one runtime that checks, for as long as it renews its lease. Each of its queries is a transaction of its own, so it holds no
/// connection, and a pooler can be between it and PostgreSQL.
#[derive(Debug)]
pub struct Leader {
    pool: PgPool,
    holder: Uuid,
    renewed: Instant,
}

impl Leader {
    /// Becomes the runtime that checks; `None` if another one is.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it; the system has no random bytes.
    pub async fn stand(pool: &PgPool) -> sqlx::Result<Option<Self>> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
        let mut leader = Self { pool: pool.clone(), holder: Uuid::from_bytes(bytes), renewed: Instant::now() };
        Ok(leader.renew().await?.then_some(leader))
    }

    /// The instances whose targets are to be checked now, at most `limit` and none of `running`.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it; another runtime has taken over.
    pub async fn due(&mut self, running: &[i64], limit: i64) -> sqlx::Result<Vec<Due>> {
        if self.renewed.elapsed() >= RENEW_INTERVAL && !self.renew().await? {
            return Err(sqlx::Error::Protocol("another runtime has taken over the checks".to_owned()));
        }
        due(timed(&self.pool), running, limit).await
    }

    /// Takes the lease if it is free or its own. Returns whether it has it.
    pub(in crate::target_checks) async fn renew(&mut self) -> sqlx::Result<bool> {
        let (asked, time) = (Instant::now(), PgInterval::try_from(LEASE_TIME).map_err(sqlx::Error::Encode)?);
        let taken = sqlx::query_scalar!(
            r#"insert into leases as there (name, holder, until) values ($1, $2, clock_timestamp() + $3::interval)
            on conflict (name) do update set holder = excluded.holder, until = excluded.until
                where there.holder = excluded.holder or there.until < clock_timestamp()
            returning true as "taken!""#,
            LEASE,
            self.holder,
            time
        );
        let is_taken = taken.fetch_optional(in_background(&self.pool)).await?.is_some();
        self.renewed = asked;
        Ok(is_taken)
    }
}

/// The key that all runtimes of this database share.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn deployment_key<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!("select key from deployment_key").fetch_one(executor).await
}
