//! The database's life: found or started, migrated, seeded, closed.

mod folder;
mod private;
mod programs;

use std::{convert::Infallible, net::SocketAddr, str::FromStr, time::Duration};

use anyhow::Context;
use app::{history::Actor, instances::store, redirects::Settings};
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::config::Config;
use private::PrivatePostgres;

/// How long a request waits for a connection before it says that the database does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a database may take to accept the first connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// A database that answers: somebody's PostgreSQL, or a private one that lives as long as this.
#[derive(Debug)]
pub struct Database {
    pool: PgPool,
    private: Option<PrivatePostgres>,
}

impl Database {
    /// Connects to the configured database, or starts the private one.
    ///
    /// # Errors
    /// It can't be reached or started.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let (options, private) = if let Some(options) = named(config)? {
            (options, None)
        } else {
            let private = PrivatePostgres::start(&config.data_dir()?).await?;
            (private.options(), Some(private))
        };
        let pool = PgPoolOptions::new()
            .max_connections(config.database_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.application_name("portal-redirects"));
        Ok(Self { pool, private })
    }

    /// The connections.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether this is the server's own PostgreSQL.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Brings the schema up to date, under an advisory lock: two servers may start at once.
    ///
    /// # Errors
    /// The database can't be reached, or its schema is not from this program.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        // A connection of its own says why it can't be made; the pool would only say that it took too long.
        let mut connection = reach(&self.pool.connect_options()).await?;
        MIGRATOR.run(&mut connection).await.context("the database's schema can't be brought up to date")?;
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
        self.pool.close().await;
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

/// How to connect to the database that the configuration names, if it names one.
fn named(config: &Config) -> anyhow::Result<Option<PgConnectOptions>> {
    let url = config.database_url.as_deref().map(str::trim).filter(|url| !url.is_empty());
    // The error would repeat the URL, and with it the password.
    url.map(PgConnectOptions::from_str)
        .transpose()
        .map_err(|_| anyhow::anyhow!("DATABASE_URL is not a PostgreSQL URL, like postgres://user:password@host/database"))
}

async fn reach(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options));
    connecting.await.context("the database does not answer")?.context("the database can't be reached")
}
