//! A database as the role that owns its tables: for commands that read or replace all of it.

use anyhow::Context;
use sqlx::{PgConnection, postgres::PgConnectOptions};

use super::{
    connect_with, data_dir, libpq,
    libpq::Environment,
    migrate_as, parse_url,
    private::{self, PrivatePostgres},
};
use crate::config::Config;

/// A database that is running, and how to reach it as the role that owns its tables.
#[derive(Debug)]
pub(crate) struct OwnedDatabase {
    options: PgConnectOptions,
    environment: Environment,
    /// The role that serves, if it is another one.
    serving: Option<String>,
    /// The variable with its URL; `None` for the private PostgreSQL.
    variable: Option<&'static str>,
    /// The private PostgreSQL, if it runs only for this command.
    private: Option<PrivatePostgres>,
}

impl OwnedDatabase {
    /// Finds the configured database, or the private one. A private PostgreSQL that no server runs is started.
    ///
    /// # Errors
    /// A URL is not valid, or the private PostgreSQL can't be started.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let serving = parse_url(config.database_url.as_deref(), "DATABASE_URL")?;
        let migrating = parse_url(config.migrate_database_url.as_deref(), "DATABASE_MIGRATE_URL")?;
        let configured = match (migrating, &serving) {
            (Some(options), _) => Some((options, "DATABASE_MIGRATE_URL", config.migrate_database_url.as_deref())),
            (None, Some(options)) => Some((options.clone(), "DATABASE_URL", config.database_url.as_deref())),
            (None, None) => None,
        };
        if let Some((options, variable, url)) = configured {
            let serving = serving.map(|serving| serving.get_username().to_owned()).filter(|role| role != options.get_username());
            let environment = libpq::of_url(url.unwrap_or_default())?;
            return Ok(Self { options, environment, serving, variable: Some(variable), private: None });
        }
        let path = config.data_dir()?;
        let socket = data_dir::socket_dir(&path);
        let options = private::owner_options(&socket);
        let private = match connect_with(&options).await {
            // A server runs it.
            Ok(_) => None,
            Err(_) => Some(PrivatePostgres::start(&path).await?),
        };
        let environment = libpq::of_socket(&socket, &options);
        Ok(Self { options, environment, serving: Some(private::SERVING_ROLE.to_owned()), variable: None, private })
    }

    /// A connection.
    ///
    /// # Errors
    /// The database can't be reached.
    pub(crate) async fn connect(&self) -> anyhow::Result<PgConnection> {
        connect_with(&self.options).await.with_context(|| match self.variable {
            Some(variable) => format!("the database of {variable}"),
            None => "the private PostgreSQL".to_owned(),
        })
    }

    /// How PostgreSQL's own programs reach it. Nothing of it is an argument, which other users could read.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What to check if PostgreSQL refuses something.
    pub(crate) fn role_hint(&self) -> &'static str {
        match self.variable {
            Some("DATABASE_URL") => {
                "the role of DATABASE_URL must own the tables. If another role does, set its URL as DATABASE_MIGRATE_URL"
            }
            Some(_) => "the role of DATABASE_MIGRATE_URL must own the tables",
            None => "see the log of the private PostgreSQL",
        }
    }

    /// Brings the schema up to date, and grants the serving role its privileges.
    ///
    /// # Errors
    /// The schema can't be migrated by this program.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        migrate_as(&self.options, self.serving.as_deref()).await
    }

    /// Stops the private PostgreSQL, if it ran only for this command.
    pub(crate) async fn close(self) {
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}
