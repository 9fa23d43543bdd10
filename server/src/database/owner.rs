//! A database as the role that owns its tables: for commands that read or replace all of it.

use anyhow::Context;
use sqlx::PgConnection;

use super::{
    MIGRATES_ELSEWHERE,
    connector::{ConnectError, Connector},
    data_dir, migrate_as, owner_url, pooler,
    private::{self, PrivatePostgres},
    privileges, same_place, serving_url, store,
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
    /// A URL is not valid, the URLs lead to different databases, or the private PostgreSQL can't be started.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let serving = serving_url(config)?.map(Connector::new);
        if let Some(connector) = owner_url(config)?.map(Connector::new).or_else(|| serving.clone()) {
            if let Some(serving) = &serving {
                let is_same = same_place(&mut connector.connect().await?, &mut serving.connect().await?).await?;
                anyhow::ensure!(is_same, MIGRATES_ELSEWHERE);
            }
            let serving = serving.map(|serving| serving.role().to_owned()).filter(|role| role != connector.role());
            return Ok(Self { serving, connector, private: None });
        }
        let path = config.data_dir()?;
        let connector = Connector::new(private::owner_url(&data_dir::socket_dir(&path)));
        let private = match connector.connect().await {
            // A server runs it.
            Ok(_) => None,
            Err(error) => Some(PrivatePostgres::start(&path).await.with_context(|| error.to_string())?),
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

    /// Refuses a pooler in transaction mode: PostgreSQL's programs leave their settings on its connections.
    ///
    /// # Errors
    /// It is one, or the query fails.
    pub(crate) async fn refuse_pooler(&self, connection: &mut PgConnection) -> anyhow::Result<()> {
        pooler::refuse(&self.connector, connection, "backup and restore use PostgreSQL's own programs").await
    }

    /// Brings the schema up to date, and grants these roles and the one that serves their privileges.
    ///
    /// # Errors
    /// The schema can't be migrated by this program.
    pub(crate) async fn migrate(&self, roles: &[String]) -> anyhow::Result<()> {
        migrate_as(&self.connector, self.serving.as_deref()).await?;
        let mut connection = self.connect().await?;
        for role in roles.iter().filter(|role| self.serving.as_ref() != Some(role)) {
            privileges::grant(&mut connection, role).await?;
        }
        Ok(())
    }

    /// The database and the variable that it comes from, for a sentence.
    ///
    /// # Errors
    /// The query fails.
    pub(crate) async fn named(&self, connection: &mut PgConnection) -> anyhow::Result<String> {
        let (name, ..) = store::place(connection).await?;
        Ok(format!("{name} ({})", self.connector.url().source()))
    }

    /// Stops the private PostgreSQL, if it ran only for this command.
    pub(crate) async fn close(self) {
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}
