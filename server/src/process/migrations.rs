//! The database made ready: before the server listens, or behind it where visitors are served without it meanwhile.

use std::{net::SocketAddr, time::Duration};

use app::{
    admins::store::{
        accounts,
        links::{self, Purpose},
    },
    runtimes::RuntimeRole,
};

use crate::{
    config::Config,
    database::{self, Database},
    http::dashboard_url::DashboardUrl,
    process::{shutdown::Stop, stdout::say},
};

/// `migrate`: brings the schema up to date, and ends.
///
/// # Errors
/// The database can't be reached or migrated.
pub(crate) async fn migrate(config: &Config, stop: Stop) -> anyhow::Result<()> {
    if database::migrate_alone(config).await? {
        return Ok(());
    }
    with_database(config, stop, async |database| database.migrate().await, async |_, _| Ok(())).await
}

/// Does something with an open database after `first`, and closes it afterwards, whatever happened: a private PostgreSQL ends
/// with the server. A signal ends the wait for a database that does not answer.
pub(super) async fn with_database(
    config: &Config,
    stop: Stop,
    first: impl AsyncFnOnce(&Database) -> anyhow::Result<()>,
    work: impl AsyncFnOnce(&Database, Stop) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // A private PostgreSQL that is half started can't be left behind, so a signal waits until it is up.
    let database = Database::open(config).await?;
    let mut stopped = stop.clone();
    let done = tokio::select! {
        done = first(&database) => match done {
            Ok(()) => work(&database, stop).await,
            Err(error) => Err(error),
        },
        () = stopped.wait() => Ok(()),
    };
    database.close().await;
    done
}

/// How a database is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long the first try may take before it is said that the server waits.
    soon: Duration,
    /// How long to rest before it is tried again.
    rest: Duration,
}

/// The usual pace.
pub(crate) const PACE: Pace = Pace { soon: Duration::from_secs(2), rest: Duration::from_secs(1) };

/// Whether the server listens before its database is ready: a runtime of the portal always, another one where it can serve what it
/// last knew. Who runs a private PostgreSQL has it ready first.
pub(crate) fn listens_first(config: &Config, database: &Database) -> bool {
    config.role == RuntimeRole::Portal || config.snapshot_file.is_some() && !database.is_private()
}

/// Makes the database ready for what this server does with it.
///
/// # Errors
/// It can't be reached, or its schema is not what this program needs.
pub(crate) async fn prepare(config: &Config, database: &Database, address: SocketAddr, reach: &DashboardUrl) -> anyhow::Result<()> {
    match config.role {
        // Whoever serves the dashboard brings the schema up to date.
        RuntimeRole::Portal => database.check().await,
        RuntimeRole::All => {
            database.migrate().await?;
            if database.is_private() {
                database.seed(address).await?;
            }
            offer_setup(database, reach).await
        }
    }
}

/// Tries until it is done. Each new reason why not is logged once; `waits` is called once, where it is not done soon.
pub(crate) async fn until_done(pace: Pace, tries: impl AsyncFn() -> anyhow::Result<()>, waits: impl FnOnce()) {
    let mut waits = Some(waits);
    let mut say_waiting = || {
        if let Some(waits) = waits.take() {
            waits();
        }
    };
    let mut said = String::new();
    loop {
        let mut attempt = std::pin::pin!(tries());
        let done = if let Ok(done) = tokio::time::timeout(pace.soon, &mut attempt).await {
            done
        } else {
            say_waiting();
            attempt.await
        };
        let Err(error) = done else { return };
        let reason = format!("{error:#}");
        if reason != said {
            tracing::warn!("the database is not ready, and is tried again and again: {reason}");
            said = reason;
        }
        say_waiting();
        tokio::time::sleep(pace.rest).await;
    }
}

/// Makes a link to create the first admin, where there is none.
async fn offer_setup(database: &Database, reach: &DashboardUrl) -> anyhow::Result<()> {
    let mut connection = database.pool().acquire().await?;
    if accounts::any(&mut *connection).await? {
        return Ok(());
    }
    let token = links::make(&mut connection, &Purpose::Setup, "the server").await?;
    say(&format!("No admin exists yet. Create the first one within an hour: {}", reach.link(Purpose::Setup.page(), &token.secret())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn it_is_tried_until_it_is_done_and_said_once_that_it_waits() {
        let (left, said) = (Cell::new(3), Cell::new(0));
        let tries = async || {
            left.set(left.get() - 1);
            if left.get() == 0 { Ok(()) } else { Err(anyhow::anyhow!("not yet")) }
        };
        until_done(Pace { soon: LONG, rest: Duration::ZERO }, tries, || said.set(said.get() + 1)).await;
        assert_eq!((left.get(), said.get()), (0, 1));
    }

    #[tokio::test]
    async fn nothing_is_said_where_it_is_done_soon_and_something_where_it_is_not() {
        for (soon, expected) in [(LONG, 0), (Duration::ZERO, 1)] {
            let said = Cell::new(0);
            let tries = async || {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(())
            };
            until_done(Pace { soon, rest: LONG }, tries, || said.set(said.get() + 1)).await;
            assert_eq!(said.get(), expected);
        }
    }
}
