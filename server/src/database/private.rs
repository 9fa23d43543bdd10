//! A PostgreSQL of the server's own, for laptops and tests of the whole: made at the first start, stopped with the server.

use std::{
    convert::Infallible,
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use super::{
    binaries::{Binaries, said},
    data_dir::DataDir,
};

/// The database in the cluster, and the role that owns it.
const NAME: &str = "portal_redirects";

/// The role that serves: it owns nothing, and has the rights that it is given.
const SERVE: &str = "portal_redirects_serve";

/// How long PostgreSQL may take to come up, recovery after a kill included.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked after.
const ROUND: Duration = Duration::from_secs(2);

/// How to connect to a private PostgreSQL by its socket's folder, as the role that serves.
pub(super) fn options(socket: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().socket(socket).port(5432).username(SERVE).database(NAME)
}

/// A running private PostgreSQL.
#[derive(Debug)]
pub(super) struct PrivatePostgres {
    folder: DataDir,
    binaries: Binaries,
}

impl PrivatePostgres {
    /// Starts the cluster in that folder; makes it first where there is none. One left behind by a killed server is taken over.
    pub(super) async fn start(path: &Path) -> anyhow::Result<Self> {
        let folder = DataDir::take(path)?;
        let programs = Binaries::find(&folder.cluster)?;
        let private = Self { folder, binaries: programs };
        if !private.folder.cluster.join("PG_VERSION").exists() {
            tracing::info!("making a private PostgreSQL in {}", private.folder.cluster.display());
            private.create().await?;
        }
        tracing::info!("starting the private PostgreSQL");
        private.bring_up().await?;
        if let Err(error) = private.create_database().await {
            private.stop().await;
            return Err(error);
        }
        Ok(private)
    }

    /// How to connect to it as the role that serves.
    pub(super) fn options(&self) -> PgConnectOptions {
        options(&self.folder.socket)
    }

    /// How to connect to it as the role that owns it, and migrates.
    pub(super) fn owner(&self) -> PgConnectOptions {
        self.options().username(NAME)
    }

    /// Starts it again whenever it has ended by itself.
    pub(super) async fn keep_running(&self) -> Infallible {
        loop {
            tokio::time::sleep(ROUND).await;
            if self.folder.postmaster().is_none() {
                tracing::warn!("the private PostgreSQL has ended; starting it again");
                if let Err(error) = self.bring_up().await {
                    tracing::error!("{error:#}");
                }
            }
        }
    }

    /// Stops it in order.
    pub(super) async fn stop(self) {
        let mut command = self.binaries.command("pg_ctl", &self.folder);
        command.arg("stop").arg("-D").arg(&self.folder.cluster).args(["-m", "fast", "-w", "-t", "60"]);
        match command.output().await {
            Ok(output) if output.status.success() => {}
            Ok(output) => tracing::warn!("the private PostgreSQL did not stop: {}", said(&output)),
            Err(error) => tracing::warn!(%error, "the private PostgreSQL did not stop"),
        }
    }

    /// A new cluster, made beside its place and moved there when it is whole.
    async fn create(&self) -> anyhow::Result<()> {
        let DataDir { cluster, unfinished, .. } = &self.folder;
        if unfinished.exists() {
            fs::remove_dir_all(unfinished)?;
        }
        self.folder.make_private(unfinished)?;
        let mut command = self.binaries.command("initdb", &self.folder);
        // Who may enter the socket's folder is PostgreSQL's own user or root: the folder is the password.
        command.arg("-D").arg(unfinished).args(["-U", NAME, "--auth=trust", "-E", "UTF8", "--locale=C"]);
        let output = command.output().await.context("can't run initdb")?;
        if !output.status.success() {
            anyhow::bail!("initdb could not make {}: {}", unfinished.display(), said(&output));
        }
        fs::rename(unfinished, cluster)?;
        Ok(())
    }

    /// Starts the server process, or finds the one that a killed server left behind, and waits until it answers.
    async fn bring_up(&self) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let started = if self.folder.postmaster().is_some() { Ok(()) } else { self.launch().await? };
            let connected = match started {
                Ok(()) => PgConnection::connect_with(&self.owner().database("postgres")).await.map_err(|error| error.to_string()),
                Err(said) => Err(said),
            };
            match connected {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) if Instant::now() > until => {
                    anyhow::bail!("the private PostgreSQL does not start: {error}. Its log is {}", self.folder.log.display())
                }
                // Children of a killed one may still hold its memory, or it is on its way down or up: ask again soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Starts the server process. The inner error is what its log says last.
    async fn launch(&self) -> anyhow::Result<Result<(), String>> {
        // No other server has this folder, so a file that names a process which is none of its own is left from a crash.
        match fs::remove_file(self.folder.cluster.join("postmaster.pid")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).context("can't tidy up after a crash"),
            _ => {}
        }
        let socket = self.folder.socket.to_str().context("the data folder's name must be UTF-8")?.replace('\'', r"'\''");
        // Terse: what PostgreSQL says of a row that it refuses holds the row.
        let settings = "-c listen_addresses='' -c unix_socket_permissions=0700 -c port=5432 -c log_error_verbosity=terse";
        let mut command = self.binaries.command("pg_ctl", &self.folder);
        command.arg("start").arg("-D").arg(&self.folder.cluster).arg("-l").arg(&self.folder.log).args(["-w", "-t", "60", "-o"]);
        // A list: double quotes keep commas and blanks in one entry, single quotes keep the shell away.
        command.arg(format!("{settings} -c unix_socket_directories='\"{socket}\"'"));
        // The server process keeps what it inherits: a pipe here would never end.
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().await.context("can't run pg_ctl")?;
        if status.success() {
            return Ok(Ok(()));
        }
        let log = fs::read_to_string(&self.folder.log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(3).collect();
        Ok(Err(if last.is_empty() {
            "pg_ctl could not start it".to_owned()
        } else {
            last.into_iter().rev().collect::<Vec<_>>().join("; ")
        }))
    }

    async fn create_database(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.owner().database("postgres")).await?;
        let there: Option<i32> =
            sqlx::query_scalar("select 1 from pg_database where datname = $1").bind(NAME).fetch_optional(&mut connection).await?;
        if there.is_none() {
            sqlx::query("create database portal_redirects").execute(&mut connection).await?;
        }
        // A data folder of an earlier version has one role only.
        let there: Option<i32> =
            sqlx::query_scalar("select 1 from pg_roles where rolname = $1").bind(SERVE).fetch_optional(&mut connection).await?;
        if there.is_none() {
            sqlx::query("create role portal_redirects_serve login nosuperuser nocreatedb nocreaterole noinherit")
                .execute(&mut connection)
                .await?;
        }
        Ok(connection.close().await?)
    }
}
