//! The life of the database: connect or start, migrate, seed, close.

mod binaries;
mod configured;
pub mod connector;
mod data_dir;
mod migration_lock;
mod open_connections;
pub(crate) mod owner;
mod pooler;
mod private;
pub mod privileges;
pub(crate) mod programs;
pub(crate) mod schema;
mod store;
pub(crate) mod upgrade;
pub mod url;

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use anyhow::Context;
use app::{history::Actor, instances::store as instances, redirects::Settings, runtimes::RuntimeRole};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};

use crate::config::Config;
use configured::serving_url;
pub(crate) use configured::{LISTENS_ELSEWHERE, MIGRATES_ELSEWHERE, check_urls, is_private, listen_url};
pub use configured::{owner_url, running_url};
use connector::Connector;
pub(crate) use pooler::shares_processes;
use private::PrivatePostgres;

/// How long a request waits for a connection from the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the pool waits at shutdown for connections that are still in use.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The most connections that a command takes beside a running server.
const MAX_COMMAND_CONNECTIONS: u32 = 4;

/// The database: the configured one, or a private PostgreSQL that stops with this value's [`close`](Self::close).
#[derive(Debug)]
pub struct Database {
    serving: Connector,
    pool: PgPool,
    /// As the role that migrates, if that has its own URL.
    owner: Option<Connector>,
    /// Directly to PostgreSQL, if the serving URL leads to a pooler.
    listen: Option<Connector>,
    private: Option<PrivatePostgres>,
}

impl Database {
    /// Prepares connections to the configured database, or starts the private one. A portal runtime starts none: it uses the one of
    /// the server on the same data directory.
    ///
    /// # Errors
    /// A URL is not valid, or the private PostgreSQL can't be started.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        check_urls(config)?;
        let listen = listen_url(config)?;
        let (serving, owner, private) = match serving_url(config)? {
            Some(serving) => (serving, owner_url(config)?, None),
            None if config.role == RuntimeRole::Portal => (private::url(&data_dir::socket_dir(&config.data_dir()?)), None, None),
            None => {
                let private = PrivatePostgres::start(&config.data_dir()?).await?;
                (private.url(), Some(private.owner_url()), Some(private))
            }
        };
        let serving = Connector::new(serving);
        let options = PgPoolOptions::new().max_connections(config.database_connections).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = serving.pool(options, "");
        Ok(Self { serving, pool, owner: owner.map(Connector::new), listen: listen.map(Connector::new), private })
    }

    /// The connection pool of the role that serves.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether this is the server's own PostgreSQL.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// How to connect as the role that serves.
    pub fn serving(&self) -> &Connector {
        &self.serving
    }

    /// How to connect to listen to notifications.
    pub fn listening(&self) -> &Connector {
        self.listen.as_ref().unwrap_or(&self.serving)
    }

    /// Whether there is a URL to listen with.
    pub fn has_listen_url(&self) -> bool {
        self.listen.is_some()
    }

    /// Migrates the schema and grants the serving role its privileges. If no role here may do that, only checks that it was done.
    ///
    /// # Errors
    /// The database can't be reached, or its schema does not belong to this program.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        // A direct connection reports why it fails; the pool would only report a timeout.
        let mut serving = self.serving.connect().await?;
        pooler::check_prepared_statements(&self.serving, &mut serving).await?;
        if let Some(owner) = &self.owner {
            anyhow::ensure!(same_place(&mut owner.connect().await?, &mut serving).await?, MIGRATES_ELSEWHERE);
            let role = self.serving.role();
            migrate_as(owner, Some(role).filter(|role| *role != owner.role())).await?;
            schema::check(&mut serving).await?;
        } else if schema::may_migrate(&mut serving).await? {
            schema::migrate(&self.serving, &mut serving).await?;
            tracing::info!(
                "one database role both migrates and serves. With a second role, the server could not change the schema or the history; see \"Database roles\" in the operations guide"
            );
        } else {
            schema::check(&mut serving).await?;
        }
        self.check_listening(&mut serving).await?;
        Ok(serving.close().await?)
    }

    /// Checks the schema without changing it.
    ///
    /// # Errors
    /// The database can't be reached, or its schema is not the one that this program needs.
    pub async fn check(&self) -> anyhow::Result<()> {
        let mut connection = self.serving.connect().await?;
        pooler::check_prepared_statements(&self.serving, &mut connection).await?;
        schema::check(&mut connection).await?;
        self.check_listening(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Checks that notifications come from the database that is served.
    async fn check_listening(&self, serving: &mut PgConnection) -> anyhow::Result<()> {
        let Some(listen) = &self.listen else { return Ok(()) };
        let mut listening = listen.connect().await?;
        let is_same = same_database(&mut listening, serving).await?;
        listening.close().await?;
        anyhow::ensure!(is_same, LISTENS_ELSEWHERE);
        Ok(())
    }

    /// Creates a development instance to try things out, unless the database ever had an instance.
    ///
    /// # Errors
    /// The database can't be reached.
    pub async fn seed(&self, address: SocketAddr) -> anyhow::Result<()> {
        if instances::ever_had_one(&self.pool).await? {
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
        instances::create(&self.pool, &Actor::server(), &instance, "localhost").await?;
        Ok(())
    }

    /// Restarts the private PostgreSQL whenever it stops by itself. Does nothing for a configured database.
    pub async fn keep_running(&self) -> Infallible {
        match &self.private {
            Some(private) => private.keep_running().await,
            None => std::future::pending().await,
        }
    }

    /// Uses another host of the database whenever the one in use is lost, if there are several.
    pub async fn keep_choosing(&self) -> Infallible {
        self.serving.keep_choosing(&self.pool).await
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
    connect_to(config, &Connector::new(running_url(config)?)).await
}

/// Connects to a database that is already running, as [`connect`] does, for work that needs several connections. Its schema must be the
/// one that this program needs.
///
/// # Errors
/// No database is running, it can't be reached, or its schema is another one.
pub(crate) async fn connect_pool(config: &Config) -> anyhow::Result<PgPool> {
    let connector = Connector::new(running_url(config)?);
    // A direct connection reports why it fails; the pool would only report a timeout. It also chooses the host.
    let mut connection = connect_to(config, &connector).await?;
    schema::check(&mut connection).await?;
    connection.close().await?;
    let options = PgPoolOptions::new().max_connections(config.database_connections.min(MAX_COMMAND_CONNECTIONS));
    Ok(connector.pool(options.acquire_timeout(ACQUIRE_TIMEOUT), ""))
}

async fn connect_to(config: &Config, connector: &Connector) -> anyhow::Result<PgConnection> {
    let connected = connector.connect().await;
    if serving_url(config)?.is_some() {
        return Ok(connected?);
    }
    let path = config.data_dir()?;
    connected.with_context(|| {
        let path = path.display();
        format!("no server is running on the data directory {path}; start one with `portal-redirects`, or set --database-url")
    })
}

/// Migrates as the role of `--migrate-database-url` if that is the only database URL in the configuration. Returns whether it was.
///
/// # Errors
/// The database can't be reached, or its schema does not belong to this program.
pub(crate) async fn migrate_alone(config: &Config) -> anyhow::Result<bool> {
    match (serving_url(config)?, owner_url(config)?) {
        (None, Some(owner)) => migrate_as(&Connector::new(owner), None).await.map(|()| true),
        _ => Ok(false),
    }
}

/// Whether two connections lead to the same database.
///
/// # Errors
/// A query fails.
pub(crate) async fn same_database(one: &mut PgConnection, other: &mut PgConnection) -> sqlx::Result<bool> {
    Ok(store::identity(one).await? == store::identity(other).await?)
}

/// The same, also where there is no table yet.
///
/// # Errors
/// A query fails.
pub(crate) async fn same_place(one: &mut PgConnection, other: &mut PgConnection) -> sqlx::Result<bool> {
    Ok(store::place(one).await? == store::place(other).await?)
}

/// The version of PostgreSQL that created the private one in that data directory; `None` if there is none.
pub(crate) fn private_version(data_dir: &std::path::Path) -> Option<String> {
    data_dir::cluster_version(&data_dir::cluster(data_dir))
}

async fn migrate_as(owner: &Connector, serving: Option<&str>) -> anyhow::Result<()> {
    let mut connection = owner.connect().await?;
    schema::migrate(owner, &mut connection).await?;
    if let Some(role) = serving {
        privileges::grant(&mut connection, role).await?;
    }
    Ok(connection.close().await?)
}
