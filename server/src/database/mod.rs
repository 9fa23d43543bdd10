//! The database's life: found or started, migrated, seeded, closed.

mod folder;
mod private;
mod programs;
pub mod rights;
mod schema;

use std::{convert::Infallible, net::SocketAddr, str::FromStr, time::Duration};

use anyhow::Context;
use app::{history::Actor, instances::store, redirects::Settings, runtimes::RuntimeRole};
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::config::Config;
use private::PrivatePostgres;

/// How long a request waits for a connection before it says that the database does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long requests that go on may hold up the end, after they had their time.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a database may take to accept the first connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A database that answers: somebody's PostgreSQL, or a private one that lives as long as this.
#[derive(Debug)]
pub struct Database {
    pool: PgPool,
    /// How to connect as the role that migrates, where it is another than the one that serves.
    owner: Option<PgConnectOptions>,
    private: Option<PrivatePostgres>,
}

impl Database {
    /// Connects to the configured database, or starts the private one. A runtime of the portal starts none: it uses that of the
    /// server on the same data folder.
    ///
    /// # Errors
    /// It can't be reached or started.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let owner = url(config.migrate_database_url.as_deref(), "DATABASE_MIGRATE_URL")?;
        let (options, owner, private) = match (named(config)?, owner) {
            (Some(options), owner) => (options, owner, None),
            (None, Some(_)) => anyhow::bail!(
                "--migrate-database-url says who migrates; say with --database-url who serves, or leave out both for a private PostgreSQL"
            ),
            (None, None) if config.role == RuntimeRole::Portal => (private::options(&folder::socket_in(&config.data_dir()?)), None, None),
            (None, None) => {
                let private = PrivatePostgres::start(&config.data_dir()?).await?;
                (private.options(), Some(private.owner()), Some(private))
            }
        };
        let pool = PgPoolOptions::new()
            .max_connections(config.database_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.application_name("portal-redirects"));
        Ok(Self { pool, owner, private })
    }

    /// The connections.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether this is the server's own PostgreSQL.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Brings the schema up to date, and gives the role that serves its rights, where another one may do that. A role that may
    /// not only looks whether it has been done.
    ///
    /// # Errors
    /// The database can't be reached, or its schema is not from this program.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        // A connection of its own says why it can't be made; the pool would only say that it took too long.
        let mut serving = reach(&self.pool.connect_options()).await?;
        if let Some(owner) = self.owner.as_ref().filter(|owner| owner.get_username() != self.pool.connect_options().get_username()) {
            migrate_as(owner, Some(self.pool.connect_options().get_username())).await?;
            schema::check(&mut serving).await.context("the two database URLs must lead to the same database")?;
        } else if schema::may_migrate(&mut serving).await? {
            schema::migrate(&mut serving).await?;
            tracing::info!(
                "one database role both migrates and serves; with a second one, what serves could not change the schema or the history (README, Two roles)"
            );
        } else {
            schema::check(&mut serving).await?;
        }
        Ok(serving.close().await?)
    }

    /// Looks whether the schema is there, and changes nothing.
    ///
    /// # Errors
    /// The database can't be reached, or its schema is not what this program needs.
    pub async fn check(&self) -> anyhow::Result<()> {
        let mut connection = reach(&self.pool.connect_options()).await?;
        schema::check(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Puts one development instance into a database that never had any, to play with.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn seed(&self, address: SocketAddr) -> anyhow::Result<()> {
        if store::ever_had_one(&self.pool).await? {
            return Ok(());
        }
        let settings = Settings {
            slug: "localhost".into(),
            name: "Localhost".into(),
            domain: "localhost".into(),
            // Browsers find every name below localhost on this machine, so this portal can be visited.
            portal_origin: format!("http://accounts.localhost:{}", address.port()),
            home_url: format!("http://localhost:{}/", address.port()),
            ..Settings::default()
        };
        let instance = app::redirects::Instance::parse(&settings, 0)
            .map_err(|errors| anyhow::anyhow!("the first instance is not valid: {errors:?}"))?;
        store::create(&self.pool, &Actor::server(), &instance, "localhost").await?;
        Ok(())
    }

    /// Starts the private PostgreSQL again whenever it ends by itself. Somebody else's database is their care.
    pub async fn keep_running(&self) -> Infallible {
        match &self.private {
            Some(private) => private.keep_running().await,
            None => std::future::pending().await,
        }
    }

    /// Ends the connections, and the private PostgreSQL with them.
    pub async fn close(self) {
        // Whoever still holds a connection had their time.
        drop(tokio::time::timeout(CLOSE_TIMEOUT, self.pool.close()).await);
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}

/// A connection to a database that is up already: the configured one, or the private one of a server that runs. Starts
/// and changes nothing.
///
/// # Errors
/// There is none, or it can't be reached.
pub(crate) async fn connect(config: &Config) -> anyhow::Result<PgConnection> {
    if let Some(options) = named(config)? {
        return reach(&options).await;
    }
    let folder = config.data_dir()?;
    reach(&private::options(&folder::socket_in(&folder))).await.with_context(|| {
        let folder = folder.display();
        format!("no server runs on the data folder {folder}; start one with `portal-redirects`, or name the database with --database-url")
    })
}

/// Migrates a configured database as the role of `--migrate-database-url` alone, where nothing says who serves. Answers whether
/// that is what the configuration asks for.
///
/// # Errors
/// The database can't be reached, or its schema is not from this program.
pub(crate) async fn migrate_alone(config: &Config) -> anyhow::Result<bool> {
    match (named(config)?, url(config.migrate_database_url.as_deref(), "DATABASE_MIGRATE_URL")?) {
        (None, Some(owner)) => migrate_as(&owner, None).await.map(|()| true),
        _ => Ok(false),
    }
}

async fn migrate_as(owner: &PgConnectOptions, serving: Option<&str>) -> anyhow::Result<()> {
    let mut connection = reach(owner).await.context("the role that migrates")?;
    schema::migrate(&mut connection).await?;
    if let Some(role) = serving {
        rights::grant(&mut connection, role).await?;
    }
    Ok(connection.close().await?)
}

/// How to connect to the database that the configuration names, as the role that serves, if it names one.
fn named(config: &Config) -> anyhow::Result<Option<PgConnectOptions>> {
    url(config.database_url.as_deref(), "DATABASE_URL")
}

fn url(text: Option<&str>, name: &str) -> anyhow::Result<Option<PgConnectOptions>> {
    let url = text.map(str::trim).filter(|url| !url.is_empty());
    // The error would repeat the URL, and with it the password.
    url.map(PgConnectOptions::from_str)
        .transpose()
        .map_err(|_| anyhow::anyhow!("{name} is not a PostgreSQL URL, like postgres://user:password@host/database"))
}

async fn reach(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options));
    connecting.await.context("the database does not answer")?.context("the database can't be reached")
}
