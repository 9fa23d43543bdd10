//! The queries of target checks: what was found, what is due, and which runtime checks.

mod leader;
mod schedule;

pub use leader::{Leader, deployment_key};
pub use schedule::{Due, ask, due, finish, is_waiting};

use sqlx::{PgExecutor, PgPool};

use super::{CheckOutcome, InstanceChecks, Target, TargetCheck};
use crate::database::timed;

/// The checks of an instance.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn find(pool: &PgPool, instance: i64) -> sqlx::Result<InstanceChecks> {
    let rows = sqlx::query!(
        r#"select clock_timestamp() as "now!", exists (
                select from target_check_schedule s
                where s.instance_id = $1 and s.asked_at > clock_timestamp() - interval '1 minute'
            ) as "is_waiting!",
            c.target as "target?", c.url as "url?", c.state as "state?", c.status, c.milliseconds, c.certificate_ends_at, c.redirects_to,
            c.checked_at as "checked_at?", c.state_since as "state_since?"
        from (values (1)) as one left join target_checks c on c.instance_id = $1"#,
        instance
    )
    .fetch_all(timed(pool))
    .await?;
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let (now, is_waiting) = (first.now, first.is_waiting);
    let checks = rows.into_iter().filter_map(|row| {
        let outcome = CheckOutcome {
            state: row.state?.parse().ok()?,
            status: row.status.and_then(|status| status.try_into().ok()),
            milliseconds: row.milliseconds.and_then(|milliseconds| milliseconds.try_into().ok()),
            certificate_ends_at: row.certificate_ends_at,
            redirects_to: row.redirects_to,
        };
        let (target, url) = (Target::named(&row.target?)?, row.url?);
        Some(TargetCheck { target, url, outcome, checked_at: row.checked_at?, state_since: row.state_since? })
    });
    Ok(InstanceChecks { checks: checks.collect(), is_waiting, now })
}

/// Stores what came of the check of a target. Returns whether that is another state than before; `None` if it is the first one of this
/// URL.
///
/// # Errors
/// PostgreSQL, or the way to it; the instance is gone.
pub async fn record<'e>(
    executor: impl PgExecutor<'e>,
    instance: i64,
    target: Target,
    url: &str,
    outcome: &CheckOutcome,
) -> sqlx::Result<Option<bool>> {
    let status = outcome.status.and_then(|status| i16::try_from(status).ok());
    let milliseconds = outcome.milliseconds.and_then(|milliseconds| i32::try_from(milliseconds).ok());
    sqlx::query_scalar!(
        r#"with before as (select url, state, status from target_checks where instance_id = $1 and target = $2),
        stored as (
            insert into target_checks as c (instance_id, target, url, state, status, milliseconds, certificate_ends_at, redirects_to)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (instance_id, target) do update set url = excluded.url, state = excluded.state, status = excluded.status,
                milliseconds = excluded.milliseconds, certificate_ends_at = excluded.certificate_ends_at,
                redirects_to = excluded.redirects_to, checked_at = clock_timestamp(),
                state_since = case
                    when (c.url, c.state, c.status) is not distinct from (excluded.url, excluded.state, excluded.status) then c.state_since
                    else clock_timestamp()
                end
            returning c.url, c.state, c.status
        )
        select b.url is not null and (b.state, b.status) is distinct from (s.state, s.status) as "changed?"
        from stored s join before b on b.url = s.url"#,
        instance,
        target.name(),
        url,
        outcome.state.name(),
        status,
        milliseconds,
        outcome.certificate_ends_at,
        outcome.redirects_to
    )
    .fetch_optional(executor)
    .await
    .map(Option::flatten)
}
