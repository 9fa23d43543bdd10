//! Deletes preview origins a day after they expired.

use std::{convert::Infallible, time::Duration};

use app::preview_origins::store::delete_expired;
use sqlx::PgPool;

/// How often expired ones are looked for. The first time is at the start.
const DELETE_INTERVAL: Duration = Duration::from_hours(1);

/// Deletes what has expired, again and again.
pub(super) async fn delete(pool: &PgPool) -> Infallible {
    let mut interval = tokio::time::interval(DELETE_INTERVAL);
    loop {
        interval.tick().await;
        match delete_expired(pool).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "deleted preview origins that expired more than a day ago"),
            Err(error) => tracing::warn!(%error, "expired preview origins could not be deleted; this is tried again in an hour"),
        }
    }
}
