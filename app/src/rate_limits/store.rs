//! Attempts in PostgreSQL: a burst, then one more after each interval (the generic cell rate algorithm).

use std::time::Duration;

use sqlx::{PgPool, postgres::types::PgInterval};

use super::Key;
use crate::database::begin_briefly;

/// How often something may be attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many attempts there are at once.
    pub burst: u32,
    /// After how long one of them comes back.
    pub interval: Duration,
}

impl Limit {
    /// The time until an attempt has come back, and until all have.
    fn intervals(self) -> Result<(PgInterval, PgInterval), sqlx::Error> {
        let read = |interval: Duration| PgInterval::try_from(interval).map_err(sqlx::Error::Encode);
        Ok((read(self.interval)?, read(self.interval * self.burst)?))
    }
}

/// Uses one attempt of that key. If none is left, returns the seconds until the next one. Forgets some keys whose attempts have all come
/// back.
///
/// # Errors
/// PostgreSQL does not answer within half a second or so.
pub async fn take(pool: &PgPool, key: &Key, limit: Limit) -> sqlx::Result<Option<f64>> {
    let (interval, all) = limit.intervals()?;
    let mut transaction = begin_briefly(pool).await?;
    let taken = sqlx::query_scalar!(
        r#"insert into rate_limits as there (key, until) values ($1, clock_timestamp() + $2::interval)
        on conflict (key) do update set until = greatest(there.until, clock_timestamp()) + $2::interval
            where greatest(there.until, clock_timestamp()) + $2::interval <= clock_timestamp() + $3::interval
        returning true as "taken!""#,
        &key[..],
        interval,
        all
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let wait = match taken {
        Some(_) => None,
        None => {
            sqlx::query_scalar!(
                r#"select greatest(0, extract(epoch from until + $2::interval - $3::interval - clock_timestamp()))::float8 as "wait!" from rate_limits where key = $1"#,
                &key[..],
                interval,
                all
            )
            .fetch_optional(&mut *transaction)
            .await?
        }
    };
    sqlx::query!(
        "delete from rate_limits where key in
            (select key from rate_limits where until < clock_timestamp() order by until limit 10 for update skip locked)"
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(wait)
}

/// Gives an attempt of that key back.
///
/// # Errors
/// PostgreSQL does not answer within half a second or so.
pub async fn give_back(pool: &PgPool, key: &Key, limit: Limit) -> sqlx::Result<()> {
    let (interval, _) = limit.intervals()?;
    let mut transaction = begin_briefly(pool).await?;
    sqlx::query!("update rate_limits set until = until - $2::interval where key = $1", &key[..], interval)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}
