//! The life of the database: connect or start, migrate, seed, close.

mod binaries;
mod data_dir;
pub(crate) mod libpq;
pub(crate) mod owner;
mod private;
pub mod privileges;
pub(crate) mod programs;
pub(crate) mod schema;

use std::{convert::Infallible, net::SocketAddr, str::FromStr, time::Duration};

use anyhow::Context;
use app::{history::Actor, instances::store, redirects::Settings, runtimes::RuntimeRole};
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::config::Config;
use private::PrivatePostgres;

/// How long a request waits for a connection from the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the pool waits at shutdown for connections that are still in use.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a database may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The most connections that a command takes beside a running server.
const MAX_COMMAND_CONNECTIONS: u32 = 4;

/// The database: the configured one, or a private PostgreSQL that stops with this value's [`close`](Self::close).
#[derive(Debug)]
pub struct Database {
    pool: PgPool,
    /// Connection options for the role that migrates, if it is not the role that serves.
    owner: Option<PgConnectOptions>,
    private: Option<PrivatePostgres>,
}

impl Database {
    /// Prepares connections to the configured database, or starts the private one. A portal runtime starts none: it uses the one of
    /// the server on the same data directory.
    ///
    /// # Errors
    /// A URL is not valid, or the private PostgreSQL can't be started.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let owner = parse_url(config.migrate_database_url.as_deref(), "DATABASE_MIGRATE_URL")?;
        let (options, owner, private) = match (serving_options(config)?, owner) {
            (Some(options), owner) => (options, owner, None),
            (None, Some(_)) => anyhow::bail!(
                "--migrate-database-url is set, but --database-url is not. Set --database-url for the role that serves, or neither of them for a private PostgreSQL."
            ),
            (None, None) if config.role == RuntimeRole::Portal => {
                (private::options(&data_dir::socket_dir(&config.data_dir()?)), None, None)
            }
            (None, None) => {
                let private = PrivatePostgres::start(&config.data_dir()?).await?;
                (private.options(), Some(private.owner_options()), Some(private))
            }
        };
        let pool = PgPoolOptions::new()
            .max_connections(config.database_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.application_name("portal-redirects"));
        Ok(Self { pool, owner, private })
    }

    /// The connection pool of the role that serves.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether this is the server's own PostgreSQL.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Migrates the schema and grants the serving role its privileges. If no role here may do that, only checks that it was done.
    ///
    /// # Errors
    /// The database can't be reached, or its schema does not belong to this program.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        // A direct connection reports why it fails; the pool would only report a timeout.
        let mut serving = connect_with(&self.pool.connect_options()).await?;
        if let Some(owner) = self.owner.as_ref().filter(|owner| owner.get_username() != self.pool.connect_options().get_username()) {
            migrate_as(owner, Some(self.pool.connect_options().get_username())).await?;
            schema::check(&mut serving).await.context("both database URLs must point to the same database")?;
        } else if schema::may_migrate(&mut serving).await? {
            schema::migrate(&mut serving).await?;
            tracing::info!(
                "one database role both migrates and serves. With a second role, the server could not change the schema or the history; see \"Database roles\" in the README"
            );
        } else {
            schema::check(&mut serving).await?;
        }
        Ok(serving.close().await?)
    }

    /// Checks the schema without changing it.
    ///
    /// # Errors
    /// The database can't be reached, or its schema is not the one that this program needs.
    pub async fn check(&self) -> anyhow::Result<()> {
        let mut connection = connect_with(&self.pool.connect_options()).await?;
        schema::check(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Creates a development instance to try things out, unless the database ever had an instance.
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
            // Browsers resolve every name under localhost to this machine, so this portal can be visited.
            portal_origin: format!("http://accounts.localhost:{}", address.port()),
            home_url: format!("http://localhost:{}/", address.port()),
            ..Settings::default()
        };
        let instance = app::redirects::Instance::parse(&settings, 0)
            .map_err(|errors| anyhow::anyhow!("the first instance is not valid: {errors:?}"))?;
        store::create(&self.pool, &Actor::server(), &instance, "localhost").await?;
        Ok(())
    }

    /// Restarts the private PostgreSQL whenever it stops by itself. Does nothing for a configured database.
    pub async fn keep_running(&self) -> Infallible {
        match &self.private {
            Some(private) => private.keep_running().await,
            None => std::future::pending().await,
        }
    }

    /// Closes the connections and stops the private PostgreSQL.
    pub async fn close(self) {
        // Requests that still hold a connection had their grace period.
        drop(tokio::time::timeout(CLOSE_TIMEOUT, self.pool.close()).await);
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}

/// Connects to a database that is already running: the configured one, or the private one of a running server. Starts and changes
/// nothing.
///
/// # Errors
/// No database is running, or it can't be reached.
pub(crate) async fn connect(config: &Config) -> anyhow::Result<PgConnection> {
    if let Some(options) = serving_options(config)? {
        return connect_with(&options).await;
    }
    let path = config.data_dir()?;
    connect_with(&private::options(&data_dir::socket_dir(&path))).await.with_context(|| {
        let path = path.display();
        format!("no server is running on the data directory {path}; start one with `portal-redirects`, or set --database-url")
    })
}

/// Connects to a database that is already running, as [`connect`] does, for work that needs several connections. Its schema must be the
/// one that this program needs.
///
/// # Errors
/// No database is running, it can't be reached, or its schema is another one.
pub(crate) async fn connect_pool(config: &Config) -> anyhow::Result<PgPool> {
    // A direct connection reports why it fails; the pool would only report a timeout.
    let mut connection = connect(config).await?;
    schema::check(&mut connection).await?;
    connection.close().await?;
    let options = match serving_options(config)? {
        Some(options) => options,
        None => private::options(&data_dir::socket_dir(&config.data_dir()?)),
    };
    let pool = PgPoolOptions::new().max_connections(config.database_connections.min(MAX_COMMAND_CONNECTIONS));
    Ok(pool.acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(options.application_name("portal-redirects")))
}

/// Migrates as the role of `--migrate-database-url` if that is the only database URL in the configuration. Returns whether it was.
///
/// # Errors
/// The database can't be reached, or its schema does not belong to this program.
pub(crate) async fn migrate_alone(config: &Config) -> anyhow::Result<bool> {
    match (serving_options(config)?, parse_url(config.migrate_database_url.as_deref(), "DATABASE_MIGRATE_URL")?) {
        (None, Some(owner)) => migrate_as(&owner, None).await.map(|()| true),
        _ => Ok(false),
    }
}

async fn migrate_as(owner: &PgConnectOptions, serving: Option<&str>) -> anyhow::Result<()> {
    let mut connection = connect_with(owner).await.context("the role that migrates")?;
    schema::migrate(&mut connection).await?;
    if let Some(role) = serving {
        privileges::grant(&mut connection, role).await?;
    }
    Ok(connection.close().await?)
}

/// Connection options for the configured database as the role that serves, if one is configured.
fn serving_options(config: &Config) -> anyhow::Result<Option<PgConnectOptions>> {
    parse_url(config.database_url.as_deref(), "DATABASE_URL")
}

fn parse_url(text: Option<&str>, name: &str) -> anyhow::Result<Option<PgConnectOptions>> {
    let url = text.map(str::trim).filter(|url| !url.is_empty());
    // The parser's error would repeat the URL, and with it the password.
    url.map(PgConnectOptions::from_str)
        .transpose()
        .map_err(|_| anyhow::anyhow!("{name} is not a PostgreSQL URL, like postgres://user:password@host/database"))
}

async fn connect_with(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options));
    connecting.await.context("the database does not answer")?.context("the database can't be reached")
}
