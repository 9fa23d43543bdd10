//! Prepares the database: before the server listens, or in the background if it can serve visitors without the database meanwhile.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use app::{
    admins::store::{
        accounts,
        links::{self, Purpose},
        second_factors,
    },
    database::{begin, is_outage, timed},
    history::Actor,
    runtimes::RuntimeRole,
};
use time::OffsetDateTime;

use crate::{
    config::{Config, LogFormat, SecondFactor},
    database::{self, Database, connector::ConnectError},
    http::dashboard_url::DashboardUrl,
    process::{
        shutdown::Shutdown,
        stdout::{Announcement, announce},
    },
    secret_key_file::encrypted::Encrypted,
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

/// Whether the server listens before its database is ready. Only a private PostgreSQL is ready by then.
pub(crate) fn listens_first(database: &Database) -> bool {
    !database.is_private()
}

/// Whether a database that is not ready may become so without anybody's help. A portal runtime always waits: others migrate its
/// database, and may replace it. A server with a dashboard ends where the configuration must be changed: a wrong password or database,
/// a certificate, a schema of another program.
pub(crate) fn may_become_ready(role: RuntimeRole, error: &anyhow::Error) -> bool {
    let passes = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<ConnectError>()
            .map_or_else(|| cause.downcast_ref::<sqlx::Error>().is_some_and(is_outage), ConnectError::may_pass)
    };
    role == RuntimeRole::Portal || error.chain().any(passes)
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
            offer_setup(database, dashboard_url, config.log_format).await
        }
    }
}

/// Repeats `attempt` until it succeeds. Logs each new error once. Calls `on_wait` once if the first attempt fails or is slow.
///
/// # Errors
/// An attempt has failed with an error that does not pass.
pub(crate) async fn retry(
    times: Retry,
    attempt: impl AsyncFn() -> anyhow::Result<()>,
    passes: impl Fn(&anyhow::Error) -> bool,
    on_wait: impl FnOnce(),
) -> anyhow::Result<()> {
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
        let Err(error) = result else { return Ok(()) };
        if !passes(&error) {
            return Err(error);
        }
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
/// same, since visitors with a password need no key and recovery codes still work, unless second factors are required and can't be set up.
///
/// # Errors
/// Second factors are required, there is none yet, and the key can't be created; or the query fails.
async fn check_secret_key(database: &Database, second_factor: &SecondFactor) -> anyhow::Result<()> {
    let file = &second_factor.key_file;
    if second_factor.is_required && second_factors::any(timed(database.pool())).await?.is_none() {
        file.read_or_create().context("second factors are required")?;
    }
    let mut connection = database.pool().acquire().await?;
    for error in Encrypted::find(&mut connection).await?.iter().filter_map(|secrets| secrets.check(file).err()) {
        tracing::error!("{error:#}");
    }
    if file.is_exposed() {
        tracing::warn!("every user of this machine can read the secret key file; restrict it with chmod 600");
    }
    Ok(())
}

/// Prints a link to create the first admin, if there is no admin.
async fn offer_setup(database: &Database, dashboard_url: &DashboardUrl, format: LogFormat) -> anyhow::Result<()> {
    let mut transaction = begin(database.pool()).await?;
    if accounts::any(&mut *transaction).await? {
        return Ok(());
    }
    let token = links::create(&mut transaction, &Purpose::Setup, &Actor::server()).await?;
    transaction.commit().await?;
    let announcement = Announcement {
        text: "No admin exists yet. Create the first one within an hour:",
        url: &dashboard_url.link(Purpose::Setup.page(), &token.secret()),
        secret_until: Some(OffsetDateTime::now_utc() + time::Duration::hours(Purpose::Setup.hours().into())),
    };
    announce(format, &announcement);
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
        let times = Retry { notice_timeout: LONG, interval: Duration::ZERO };
        retry(times, attempt, |_| true, || announced.set(announced.get() + 1)).await.unwrap();
        assert_eq!((left.get(), announced.get()), (0, 1));
    }

    #[tokio::test]
    async fn an_error_that_does_not_pass_ends_the_wait() {
        let attempts = Cell::new(0);
        let attempt = async || {
            attempts.set(attempts.get() + 1);
            anyhow::bail!(if attempts.get() < 3 { "not yet" } else { "never" })
        };
        let passes = |error: &anyhow::Error| error.to_string() == "not yet";
        let result = retry(Retry { notice_timeout: LONG, interval: Duration::ZERO }, attempt, passes, || {}).await;
        assert_eq!((result.unwrap_err().to_string().as_str(), attempts.get()), ("never", 3));
    }

    #[test]
    fn a_server_waits_for_a_database_and_for_no_other_configuration() {
        let outage = || anyhow::Error::from(sqlx::Error::PoolTimedOut).context("the database can't be reached");
        let refused = || anyhow::Error::from(sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into())).context("can't migrate");
        let mistake = || anyhow::anyhow!("a newer portal-redirects has migrated the database");
        let tls = || anyhow::Error::from(sqlx::Error::Tls("invalid certificate".into()));
        for (error, is_waited_for) in [(outage(), true), (refused(), true), (mistake(), false), (tls(), false)] {
            assert_eq!(may_become_ready(RuntimeRole::All, &error), is_waited_for, "{error:#}");
            assert!(may_become_ready(RuntimeRole::Portal, &error), "{error:#}");
        }
    }

    #[tokio::test]
    async fn it_announces_the_wait_only_if_the_first_attempt_is_slow() {
        for (notice_timeout, expected) in [(LONG, 0), (Duration::ZERO, 1)] {
            let announced = Cell::new(0);
            let attempt = async || {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(())
            };
            retry(Retry { notice_timeout, interval: LONG }, attempt, |_| true, || announced.set(announced.get() + 1)).await.unwrap();
            assert_eq!(announced.get(), expected);
        }
    }
}
