//! Deletes failed sign-ins that are older than `--keep-failed-sign-ins`.

use std::{convert::Infallible, time::Duration};

use app::history::store::failed_sign_ins::delete_old;
use sqlx::PgPool;

/// How often old ones are looked for. The first time is at the start.
const DELETE_INTERVAL: Duration = Duration::from_hours(1);

/// Deletes what is older than that many days, again and again.
pub(super) async fn keep(pool: &PgPool, days: i32) -> Infallible {
    let mut interval = tokio::time::interval(DELETE_INTERVAL);
    loop {
        interval.tick().await;
        match delete_old(pool, days).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, days, "old failed sign-ins were deleted"),
            Err(error) => tracing::warn!(%error, "old failed sign-ins could not be deleted; this is tried again in an hour"),
        }
    }
}
