//! A PostgreSQL of the server's own, for laptops and tests of the whole: made at the first start, stopped with the server.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use super::folder::Folder;

/// The database in the cluster, and the role that owns it.
const NAME: &str = "portal_redirects";

/// How long PostgreSQL may take to come up, recovery after a kill included.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running private PostgreSQL.
#[derive(Debug)]
pub(super) struct PrivatePostgres {
    folder: Folder,
    bin: PathBuf,
}

impl PrivatePostgres {
    /// Starts the cluster in that folder; makes it first where there is none. One left behind by a killed server is taken over.
    pub(super) async fn start(path: &Path) -> anyhow::Result<Self> {
        let folder = Folder::take(path)?;
        let bin = binaries(&folder.cluster)?;
        let private = Self { folder, bin };
        let folder = &private.folder;
        if !folder.cluster.join("PG_VERSION").exists() {
            tracing::info!("making a private PostgreSQL in {}", folder.cluster.display());
            private.create()?;
        }
        tracing::info!("starting the private PostgreSQL");
        private.bring_up().await?;
        private.create_database().await?;
        Ok(private)
    }

    /// How to connect to it.
    pub(super) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.folder.socket).port(5432).username(NAME).database(NAME)
    }

    /// Stops it in order.
    pub(super) async fn stop(self) {
        let mut command = self.command("pg_ctl");
        command.arg("stop").arg("-D").arg(&self.folder.cluster).args(["-m", "fast", "-w", "-t", "60"]);
        match tokio::task::spawn_blocking(move || command.output()).await {
            Ok(Ok(output)) if output.status.success() => {}
            Ok(Ok(output)) => tracing::warn!("the private PostgreSQL did not stop: {}", said(&output)),
            Ok(Err(error)) => tracing::warn!(%error, "the private PostgreSQL did not stop"),
            Err(error) => tracing::warn!(%error, "the private PostgreSQL did not stop"),
        }
    }

    /// A new cluster, made beside its place and moved there when it is whole.
    fn create(&self) -> anyhow::Result<()> {
        let Folder { cluster, unfinished, .. } = &self.folder;
        if unfinished.exists() {
            fs::remove_dir_all(unfinished)?;
        }
        self.folder.make_private(unfinished)?;
        let output = self
            .command("initdb")
            .arg("-D")
            .arg(unfinished)
            // Who may enter the socket's folder is PostgreSQL's own user or root: the folder is the password.
            .args(["-U", NAME, "--auth=trust", "-E", "UTF8", "--locale=C"])
            .output()
            .context("can't run initdb")?;
        if !output.status.success() {
            anyhow::bail!("initdb could not make {}: {}", unfinished.display(), said(&output));
        }
        fs::rename(unfinished, cluster)?;
        Ok(())
    }

    /// Starts the server process, or finds the one that a killed server left behind.
    async fn bring_up(&self) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let running = self.command("pg_ctl").arg("status").arg("-D").arg(&self.folder.cluster).output()?.status.success();
            let failure = if running { String::new() } else { self.launch()? };
            if failure.is_empty() {
                match PgConnection::connect_with(&self.options().database("postgres")).await {
                    Ok(connection) => return Ok(connection.close().await?),
                    Err(error) if Instant::now() > until => return Err(error).context("the private PostgreSQL does not answer"),
                    Err(_) => {}
                }
            } else if Instant::now() > until {
                anyhow::bail!("the private PostgreSQL does not start: {failure}\nIts log is {}", self.folder.log.display());
            }
            // Children of a killed one may still hold its memory, or it is on its way down: ask again soon.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Starts the server process and waits until it answers. Says what went wrong, or nothing.
    fn launch(&self) -> anyhow::Result<String> {
        let mut socket = String::from("-c listen_addresses='' -c unix_socket_permissions=0700 -c port=5432 -c unix_socket_directories=");
        socket.push_str(&for_shell(&quoted(&self.folder.socket)?));
        let output = self
            .command("pg_ctl")
            .arg("start")
            .arg("-D")
            .arg(&self.folder.cluster)
            .arg("-l")
            .arg(&self.folder.log)
            .args(["-w", "-t", "60", "-o"])
            .arg(socket)
            // The server process keeps what it inherits: a pipe here would never end.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("can't run pg_ctl")?;
        if output.success() {
            return Ok(String::new());
        }
        let log = fs::read_to_string(&self.folder.log).unwrap_or_default();
        let last = log.lines().rev().take(3).collect::<Vec<_>>();
        Ok(last.into_iter().rev().collect::<Vec<_>>().join("\n"))
    }

    async fn create_database(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.options().database("postgres")).await?;
        let there: Option<i32> =
            sqlx::query_scalar("select 1 from pg_database where datname = $1").bind(NAME).fetch_optional(&mut connection).await?;
        if there.is_none() {
            sqlx::query("create database portal_redirects").execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// One of PostgreSQL's programs, as PostgreSQL's user, in a folder that every user may be in.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir("/").stdin(Stdio::null()).env_remove("PGDATA").env("LC_ALL", "C");
        if let Some((uid, gid)) = self.folder.user {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }
}

/// The folder of PostgreSQL's programs: those of the version that made the cluster, or the newest.
fn binaries(cluster: &Path) -> anyhow::Result<PathBuf> {
    let version = fs::read_to_string(cluster.join("PG_VERSION")).map(|text| text.trim().to_owned()).ok();
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        for entry in versions.flatten() {
            if let Ok(number) = entry.file_name().to_string_lossy().parse() {
                found.push((number, entry.path().join("bin")));
            }
        }
    }
    found.sort();
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let candidates: Vec<PathBuf> =
        found.into_iter().rev().map(|(_, bin)| bin).chain(on_path).filter(|bin| bin.join("initdb").exists()).collect();
    let Some(version) = version else {
        return candidates.into_iter().next().context(
            "no DATABASE_URL is set, and PostgreSQL's programs (initdb, pg_ctl) are not on this machine. Install PostgreSQL (Debian: apt-get install postgresql), or set DATABASE_URL.",
        );
    };
    let fits = |bin: &PathBuf| {
        let output = Command::new(bin.join("postgres")).arg("--version").output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&format!(" {version}.")))
    };
    candidates.into_iter().find(fits).with_context(|| {
        format!(
            "{} was made by PostgreSQL {version}, which is not on this machine. Install it, or choose another --data-dir.",
            cluster.display()
        )
    })
}

/// A value of `unix_socket_directories`, which is a list: double quotes keep commas and blanks in one entry.
fn quoted(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().filter(|text| !text.contains('"')).context("the data folder's name must be UTF-8 without double quotes")?;
    Ok(format!("\"{text}\""))
}

/// A word for the shell that `pg_ctl` hands its options to.
fn for_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The last line that a program said.
fn said(output: &Output) -> String {
    let text = [&output.stderr[..], &output.stdout[..]].map(String::from_utf8_lossy).join("\n");
    text.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("; ")
}
