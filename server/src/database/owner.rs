//! A database as the role that owns its tables: for commands that read or replace all of it.

use sqlx::PgConnection;

use super::{
    connector::{ConnectError, Connector},
    data_dir, migrate_as, owner_url,
    private::{self, PrivatePostgres},
    serving_url,
};
use crate::config::Config;

/// A database that is running, and the way to it as the role that owns its tables.
#[derive(Debug)]
pub(crate) struct OwnedDatabase {
    connector: Connector,
    /// The role that serves, if it is another one.
    serving: Option<String>,
    /// The private PostgreSQL, if it runs only for this command.
    private: Option<PrivatePostgres>,
}

impl OwnedDatabase {
    /// Finds the configured database, or the private one. A private PostgreSQL that no server runs is started.
    ///
    /// # Errors
    /// A URL is not valid, or the private PostgreSQL can't be started.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let serving = serving_url(config)?.map(Connector::new);
        if let Some(connector) = owner_url(config)?.map(Connector::new).or_else(|| serving.clone()) {
            let serving = serving.map(|serving| serving.role().to_owned()).filter(|role| role != connector.role());
            return Ok(Self { connector, serving, private: None });
        }
        let path = config.data_dir()?;
        let connector = Connector::new(private::owner_url(&data_dir::socket_dir(&path)));
        let private = match connector.connect().await {
            // A server runs it.
            Ok(_) => None,
            Err(_) => Some(PrivatePostgres::start(&path).await?),
        };
        Ok(Self { connector, serving: Some(private::SERVING_ROLE.to_owned()), private })
    }

    /// A private PostgreSQL that runs only for this command.
    pub(super) fn of_private(private: PrivatePostgres) -> Self {
        let connector = Connector::new(private.owner_url());
        Self { connector, serving: Some(private::SERVING_ROLE.to_owned()), private: Some(private) }
    }

    /// A connection.
    ///
    /// # Errors
    /// The database can't be reached.
    pub(crate) async fn connect(&self) -> Result<PgConnection, ConnectError> {
        self.connector.connect().await
    }

    /// How PostgreSQL's own programs reach it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        self.connector.url().libpq_environment()
    }

    /// Adds what to do, if PostgreSQL has refused something to the role.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let text = error.to_string();
        if !["permission denied", "must be owner"].iter().any(|refused| text.contains(refused)) {
            return error;
        }
        error.context(
            "the role must own the tables. If that of DATABASE_URL does not, set the URL of the one that does as DATABASE_MIGRATE_URL",
        )
    }

    /// Brings the schema up to date, and grants the serving role its privileges.
    ///
    /// # Errors
    /// The schema can't be migrated by this program.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        migrate_as(&self.connector, self.serving.as_deref()).await
    }

    /// Stops the private PostgreSQL, if it ran only for this command.
    pub(crate) async fn close(self) {
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}
