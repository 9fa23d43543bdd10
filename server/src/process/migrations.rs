//! Prepares the database: before the server listens, or in the background if it can serve visitors without the database meanwhile.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use app::{
    admins::store::{
        accounts,
        links::{self, Purpose},
        second_factors,
    },
    database::{begin, timed},
    history::Actor,
    runtimes::RuntimeRole,
};

use crate::{
    config::{Config, SecondFactor},
    database::{self, Database},
    http::dashboard_url::DashboardUrl,
    process::{shutdown::Shutdown, stdout::print_line},
};

/// `migrate`: brings the schema up to date and exits.
///
/// # Errors
/// The database can't be reached or migrated.
pub(crate) async fn migrate(config: &Config, shutdown: Shutdown) -> anyhow::Result<()> {
    if database::migrate_alone(config).await? {
        return Ok(());
    }
    with_database(config, shutdown, async |database| database.migrate().await, async |_, _| Ok(())).await
}

/// Opens the database, runs `before` and then `work`, and always closes the database: a private PostgreSQL stops with the server. A
/// signal interrupts `before`, which may wait for a database that does not respond.
pub(super) async fn with_database(
    config: &Config,
    shutdown: Shutdown,
    before: impl AsyncFnOnce(&Database) -> anyhow::Result<()>,
    work: impl AsyncFnOnce(&Database, Shutdown) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // A half-started private PostgreSQL must not be left behind, so this runs to its end even after a signal.
    let database = Database::open(config).await?;
    let mut requested = shutdown.clone();
    let result = tokio::select! {
        result = before(&database) => match result {
            Ok(()) => work(&database, shutdown).await,
            Err(error) => Err(error),
        },
        () = requested.wait() => Ok(()),
    };
    database.close().await;
    result
}

/// How often to retry a database that is not ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// How long an attempt may take before the server announces that it is waiting. The attempt goes on.
    notice_timeout: Duration,
    /// How long to wait between attempts.
    interval: Duration,
}

/// The retry times of a real server.
pub(crate) const RETRY: Retry = Retry { notice_timeout: Duration::from_secs(2), interval: Duration::from_secs(1) };

/// Whether the server listens before its database is ready. A portal runtime always does; another server does if it has a snapshot
/// file and no private PostgreSQL, which is ready by then.
pub(crate) fn listens_first(config: &Config, database: &Database) -> bool {
    config.role == RuntimeRole::Portal || config.snapshot_file.is_some() && !database.is_private()
}

/// Prepares the database for this server's role: checks the schema, or migrates it and creates what a new database needs.
///
/// # Errors
/// The database can't be reached, or its schema is not the one that this program needs.
pub(crate) async fn prepare(config: &Config, database: &Database, address: SocketAddr, dashboard_url: &DashboardUrl) -> anyhow::Result<()> {
    match config.role {
        // Only servers with a dashboard migrate the schema.
        RuntimeRole::Portal => database.check().await,
        RuntimeRole::All => {
            database.migrate().await?;
            if database.is_private() {
                database.seed(address).await?;
            }
            check_secret_key(database, &config.second_factor()).await?;
            offer_setup(database, dashboard_url).await
        }
    }
}

/// Repeats `attempt` until it succeeds. Logs each new error once. Calls `on_wait` once if the first attempt fails or is slow.
pub(crate) async fn retry(times: Retry, attempt: impl AsyncFn() -> anyhow::Result<()>, on_wait: impl FnOnce()) {
    let mut on_wait = Some(on_wait);
    let mut announce = || {
        if let Some(on_wait) = on_wait.take() {
            on_wait();
        }
    };
    let mut logged = String::new();
    loop {
        let mut running = std::pin::pin!(attempt());
        let result = if let Ok(result) = tokio::time::timeout(times.notice_timeout, &mut running).await {
            result
        } else {
            announce();
            running.await
        };
        let Err(error) = result else { return };
        let reason = format!("{error:#}");
        if reason != logged {
            tracing::warn!("the database is not ready; retrying: {reason}");
            logged = reason;
        }
        announce();
        tokio::time::sleep(times.interval).await;
    }
}

/// Says at the start, and not only when somebody signs in, that the secret key is missing or another one. The server starts all the
/// same, since visitors need no key and recovery codes still work, unless nobody could ever set up what is required.
///
/// # Errors
/// Second factors are required, there is none yet, and the key can't be created; or the query fails.
async fn check_secret_key(database: &Database, second_factor: &SecondFactor) -> anyhow::Result<()> {
    let file = &second_factor.key_file;
    match second_factors::any(timed(database.pool())).await? {
        Some((admin, secret)) => {
            if let Err(error) = file.check(admin, &secret) {
                tracing::error!("codes of second factors can't be checked, and admins who have one need a recovery code: {error}");
            }
        }
        None if second_factor.is_required => {
            file.read_or_create().context("second factors are required")?;
        }
        None => {}
    }
    if file.is_exposed() {
        tracing::warn!("every user of this machine can read the secret key file; restrict it with chmod 600");
    }
    Ok(())
}

/// Prints a link to create the first admin, if there is no admin.
async fn offer_setup(database: &Database, dashboard_url: &DashboardUrl) -> anyhow::Result<()> {
    let mut transaction = begin(database.pool()).await?;
    if accounts::any(&mut *transaction).await? {
        return Ok(());
    }
    let token = links::create(&mut transaction, &Purpose::Setup, &Actor::server()).await?;
    transaction.commit().await?;
    print_line(&format!(
        "No admin exists yet. Create the first one within an hour: {}",
        dashboard_url.link(Purpose::Setup.page(), &token.secret())
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn it_retries_until_it_succeeds_and_announces_the_wait_once() {
        let (left, announced) = (Cell::new(3), Cell::new(0));
        let attempt = async || {
            left.set(left.get() - 1);
            if left.get() == 0 { Ok(()) } else { Err(anyhow::anyhow!("not yet")) }
        };
        retry(Retry { notice_timeout: LONG, interval: Duration::ZERO }, attempt, || announced.set(announced.get() + 1)).await;
        assert_eq!((left.get(), announced.get()), (0, 1));
    }

    #[tokio::test]
    async fn it_announces_the_wait_only_if_the_first_attempt_is_slow() {
        for (notice_timeout, expected) in [(LONG, 0), (Duration::ZERO, 1)] {
            let announced = Cell::new(0);
            let attempt = async || {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(())
            };
            retry(Retry { notice_timeout, interval: LONG }, attempt, || announced.set(announced.get() + 1)).await;
            assert_eq!(announced.get(), expected);
        }
    }
}
