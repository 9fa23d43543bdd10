//! The private PostgreSQL, for laptops and end-to-end tests. The first start creates it; it stops with the server.

use std::{
    convert::Infallible,
    fs,
    io::ErrorKind,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context;
use sqlx::Connection;

use super::{
    binaries::{Binaries, one_line},
    connector::Connector,
    data_dir::DataDir,
    url::DatabaseUrl,
};
use crate::observe::sampled::Sampled;

/// The name of the database, and of the role that owns it.
const OWNER: &str = "portal_redirects";

/// The role that serves. It owns nothing and has only the privileges granted to it.
pub(super) const SERVING_ROLE: &str = "portal_redirects_serve";

/// How long PostgreSQL may take to start, crash recovery included.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// How long to wait before another attempt to start it.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// How often the server checks that PostgreSQL still runs.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Checks of PostgreSQL that told nothing.
static UNKNOWN: Sampled = Sampled::new();

/// The private PostgreSQL with this socket directory, as the role that serves.
pub(super) fn url(socket: &Path) -> DatabaseUrl {
    DatabaseUrl::of_socket(socket, SERVING_ROLE, OWNER)
}

/// The same as the role that owns the database and migrates it.
pub(super) fn owner_url(socket: &Path) -> DatabaseUrl {
    DatabaseUrl::of_socket(socket, OWNER, OWNER)
}

/// A running private PostgreSQL.
#[derive(Debug)]
pub(super) struct PrivatePostgres {
    data_dir: DataDir,
    binaries: Binaries,
}

impl PrivatePostgres {
    /// Starts the cluster in that data directory, and creates it first if there is none. Takes over a cluster that a killed server left
    /// running.
    ///
    /// # Errors
    /// The directory can't be used, PostgreSQL is not installed, or it does not start.
    pub(super) async fn start(path: &Path) -> anyhow::Result<Self> {
        let data_dir = DataDir::lock(path)?;
        data_dir.finish_upgrade()?;
        let binaries = Binaries::find(&data_dir.cluster)?;
        Self::start_with(data_dir, binaries).await
    }

    /// The same with a cluster and binaries that are chosen already.
    pub(super) async fn start_with(data_dir: DataDir, binaries: Binaries) -> anyhow::Result<Self> {
        let private = Self { data_dir, binaries };
        let version = private.data_dir.cluster.join("PG_VERSION");
        if !version.try_exists().with_context(|| format!("can't look at {}", version.display()))? {
            tracing::info!("creating a private PostgreSQL in {}", private.data_dir.cluster.display());
            private.create().await?;
        }
        tracing::info!("starting the private PostgreSQL");
        private.ensure_running().await?;
        if let Err(error) = private.create_database().await {
            private.stop().await;
            return Err(error);
        }
        Ok(private)
    }

    /// Its database, for the role that serves.
    pub(super) fn url(&self) -> DatabaseUrl {
        url(&self.data_dir.socket)
    }

    /// Its database, for the role that owns it and migrates it.
    pub(super) fn owner_url(&self) -> DatabaseUrl {
        owner_url(&self.data_dir.socket)
    }

    /// The database that is there before any other is created.
    fn first_database(&self) -> Connector {
        Connector::new(DatabaseUrl::of_socket(&self.data_dir.socket, OWNER, "postgres"))
    }

    /// Restarts PostgreSQL whenever it has stopped by itself.
    pub(super) async fn keep_running(&self) -> Infallible {
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            match self.data_dir.postmaster().await {
                Ok(Some(_)) => {}
                Ok(None) => {
                    tracing::warn!("the private PostgreSQL has stopped; restarting it");
                    if let Err(error) = self.ensure_running().await {
                        tracing::error!("{error:#}");
                    }
                }
                // It may well be running. It is left alone until that is known.
                Err(error) => UNKNOWN.note(|times| tracing::warn!(%error, times, "can't tell whether the private PostgreSQL is running")),
            }
        }
    }

    /// Shuts PostgreSQL down and waits until it has stopped.
    pub(super) async fn stop(self) {
        let mut command = self.binaries.command("pg_ctl", &self.data_dir);
        command.arg("stop").arg("-D").arg(&self.data_dir.cluster).args(["-m", "fast", "-w", "-t", "60"]);
        match command.output().await {
            Ok(output) if output.status.success() => {}
            Ok(output) => tracing::warn!("the private PostgreSQL did not stop: {}", one_line(&output)),
            Err(error) => tracing::warn!(%error, "the private PostgreSQL did not stop"),
        }
    }

    /// Creates a new cluster under a temporary name and renames it when it is complete.
    async fn create(&self) -> anyhow::Result<()> {
        let DataDir { cluster, unfinished, .. } = &self.data_dir;
        match fs::remove_dir_all(unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context("can't clean up an unfinished PostgreSQL"),
            _ => {}
        }
        self.data_dir.create_private(unfinished)?;
        let mut command = self.binaries.command("initdb", &self.data_dir);
        // Only PostgreSQL's own user and root may enter the socket's directory, so connections need no password.
        command.arg("-D").arg(unfinished).args(["-U", OWNER, "--auth=trust", "-E", "UTF8", "--locale=C"]);
        let output = command.output().await.context("can't run initdb")?;
        if !output.status.success() {
            anyhow::bail!("initdb could not create {}: {}", unfinished.display(), one_line(&output));
        }
        fs::rename(unfinished, cluster)?;
        Ok(())
    }

    /// Starts PostgreSQL unless a killed server left it running, and waits until it accepts connections.
    async fn ensure_running(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let started = match self.data_dir.postmaster().await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => self.launch().await?,
                Err(error) => Err(format!("can't tell whether it is running: {error}")),
            };
            let connected = match started {
                Ok(()) => self.first_database().connect().await.map_err(|error| error.to_string()),
                Err(log) => Err(log),
            };
            match connected {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) if Instant::now() > deadline => {
                    anyhow::bail!("the private PostgreSQL does not start: {error}. Its log is {}", self.data_dir.log.display())
                }
                // Child processes of a killed server may still hold its shared memory, or it is just starting or stopping: retry soon.
                Err(_) => tokio::time::sleep(RETRY_INTERVAL).await,
            }
        }
    }

    /// Starts the PostgreSQL server process. The inner error is the end of its log. A `postmaster.pid` that a crash has left is
    /// PostgreSQL's own business: it knows whether it is safe to go on.
    async fn launch(&self) -> anyhow::Result<Result<(), String>> {
        let socket = self.data_dir.socket.to_str().context("the path of the data directory must be UTF-8")?.replace('\'', r"'\''");
        // Terse: the details of a refused row contain the row's values. Short statements gain nothing from a just-in-time compiler, and
        // without it no memory has to be both writable and executable, which systemd then forbids.
        let settings = "-c listen_addresses='' -c unix_socket_permissions=0700 -c port=5432 -c log_error_verbosity=terse -c jit=off";
        let mut command = self.binaries.command("pg_ctl", &self.data_dir);
        command.arg("start").arg("-D").arg(&self.data_dir.cluster).arg("-l").arg(&self.data_dir.log).args(["-w", "-t", "60", "-o"]);
        // The setting is a list: double quotes keep commas and spaces in one entry, single quotes protect it from the shell.
        command.arg(format!("{settings} -c unix_socket_directories='\"{socket}\"'"));
        // The PostgreSQL process inherits these handles: reading from a pipe would never end.
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().await.context("can't run pg_ctl")?;
        if status.success() {
            return Ok(Ok(()));
        }
        let log = fs::read_to_string(&self.data_dir.log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(3).collect();
        Ok(Err(if last.is_empty() {
            "pg_ctl could not start it".to_owned()
        } else {
            last.into_iter().rev().collect::<Vec<_>>().join("; ")
        }))
    }

    async fn create_database(&self) -> anyhow::Result<()> {
        let mut connection = self.first_database().connect().await?;
        let found: Option<i32> =
            sqlx::query_scalar("select 1 from pg_database where datname = $1").bind(OWNER).fetch_optional(&mut connection).await?;
        if found.is_none() {
            sqlx::query("create database portal_redirects").execute(&mut connection).await?;
        }
        // A data directory from an earlier version has only one role.
        let found: Option<i32> =
            sqlx::query_scalar("select 1 from pg_roles where rolname = $1").bind(SERVING_ROLE).fetch_optional(&mut connection).await?;
        if found.is_none() {
            sqlx::query("create role portal_redirects_serve login nosuperuser nocreatedb nocreaterole noinherit")
                .execute(&mut connection)
                .await?;
        }
        Ok(connection.close().await?)
    }
}
