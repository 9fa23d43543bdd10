//! The listener's connection to PostgreSQL, and the statements for notifications.

use app::database::in_background;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};

/// The channel on which a trigger announces saves (migration 5).
const SAVES: &str = "portal_redirects_saves";

/// The channel on which a trigger announces sessions that have ended (migration 23).
pub(super) const ENDED_SESSIONS: &str = "portal_redirects_ended_sessions";

/// Opens the listener's own connection. [`PgListener`] does not reconnect by itself: what it missed meanwhile would be unknown.
pub(super) async fn connect(options: PgConnectOptions) -> sqlx::Result<PgListener> {
    let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None).connect_lazy_with(options);
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    Ok(listener)
}

/// Listens to saves, to ended sessions, and to the listener's own probes.
pub(super) async fn listen(listener: &mut PgListener, probe_channel: &str) -> sqlx::Result<()> {
    listener.listen_all([SAVES, ENDED_SESSIONS, probe_channel]).await
}

/// Sends a probe: a notification over another connection, which a pooler may route to another server process.
pub(super) async fn send_probe(pool: &PgPool, probe_channel: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_notify($1, '')").bind(probe_channel).execute(in_background(pool)).await?;
    Ok(())
}
