//! From the command line to a running server and back down again.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Context;
use app::{runtimes::RuntimeRole, ui::text::timestamp};
use axum::{Extension, extract::ConnectInfo};
use axum_client_ip::ClientIpSource;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{oneshot, watch},
};
use tower::Layer;

use crate::{
    cli::{Cli, Command},
    config::Config,
    database::{self, Database},
    http::{
        connections::{self, PATIENCE},
        dashboard_url::Reach,
    },
    observe::{log, metrics, traces},
    portal::{
        FastPath,
        listener::Listener as Versions,
        snapshot::{self, Snapshots},
        snapshot_file::SnapshotFile,
    },
    process::{
        admin,
        migrations::{PACE, listens_first, prepare, until_done},
        stdout::say,
    },
    resolve, router,
};

/// Does what the command line says, until it is done or a signal ends it, and answers the exit code.
///
/// # Errors
/// What kept it from starting or going on, for the one at the terminal.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    log::start(&cli.config.log, cli.config.log_format)?;
    match cli.command.unwrap_or_default() {
        Command::Serve => until_stopped(async |stop| serve(&cli.config, stop).await),
        Command::Migrate => until_stopped(async |stop| migrate(&cli.config, stop).await),
        Command::Admin(command) => admin::run(&command, &cli.config),
        Command::Resolve(flags) => resolve::run(&flags, &cli.config),
    }
}

fn until_stopped(work: impl AsyncFnOnce(Stop) -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async { work(Stop::new()?).await })?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config, stop: Stop) -> anyhow::Result<()> {
    let is_safe = config.listen.ip().is_loopback() || config.dashboard_url.as_ref().is_some_and(|url| url.scheme() == "https");
    if config.role == RuntimeRole::All && !is_safe {
        anyhow::bail!(
            "{} can be reached from other machines, and passwords must not travel without TLS. Put a proxy in front, and say its URL with --dashboard-url https://…",
            config.listen.ip()
        );
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}; another address or port goes with --listen", config.listen))?;
    let address = listener.local_addr()?;
    let metrics = metrics::bind(config.metrics_listen).await?;
    let reach = Reach::new(config.dashboard_url.clone(), address, config.client_address.clone())?;
    let ready = async |database: &Database| prepare(config, database, address, &reach).await;
    let first = async |database: &Database| if listens_first(config, database) { Ok(()) } else { ready(database).await };
    with_database(config, stop, first, async |database, stop| {
        // The page goes on until the server has ended.
        let (_ended, end) = oneshot::channel::<()>();
        if let Some(metrics) = metrics {
            tokio::spawn(metrics::serve(metrics, database.pool().clone(), async { drop(end.await) }));
        }
        let traces = traces::start()?;
        let ready = async || ready(database).await;
        let served = Box::pin(listen(config, database, listener, &reach, ready, stop)).await;
        traces::stop(traces).await;
        served
    })
    .await
}

async fn migrate(config: &Config, stop: Stop) -> anyhow::Result<()> {
    if database::migrate_alone(config).await? {
        return Ok(());
    }
    with_database(config, stop, async |database| database.migrate().await, async |_, _| Ok(())).await
}

/// Does something with an open database after `first`, and closes it afterwards, whatever happened: a private PostgreSQL ends
/// with the server. A signal ends the wait for a database that does not answer.
async fn with_database(
    config: &Config,
    stop: Stop,
    first: impl AsyncFnOnce(&Database) -> anyhow::Result<()>,
    work: impl AsyncFnOnce(&Database, Stop) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // A private PostgreSQL that is half started can't be left behind, so a signal waits until it is up.
    let database = Database::open(config).await?;
    let mut stopped = stop.clone();
    let done = tokio::select! {
        done = first(&database) => match done {
            Ok(()) => work(&database, stop).await,
            Err(error) => Err(error),
        },
        () = stopped.wait() => Ok(()),
    };
    database.close().await;
    done
}

async fn listen(
    config: &Config,
    database: &Database,
    listener: TcpListener,
    reach: &Reach,
    ready: impl AsyncFn() -> anyhow::Result<()>,
    stop: Stop,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let is_behind = config.role == RuntimeRole::Portal || config.dashboard_url.as_ref().is_some_and(|url| url.scheme() == "https");
    if is_behind && config.client_address == ClientIpSource::ConnectInfo {
        tracing::warn!(
            "behind a proxy all clients share its address, and its tries to sign in: say with --client-address what tells them apart"
        );
    }
    let snapshots = Snapshots::new(snapshot::pool(database), config.snapshot_memory);
    let file = config.snapshot_file.clone().map(|path| SnapshotFile::open(path, snapshots.clone()));
    file.as_ref().and_then(SnapshotFile::as_of).into_iter().for_each(|as_of| snapshots.startup().read_snapshot_file(as_of));
    let waits = listens_first(config, database);
    if waits {
        snapshots.startup().wait_for_database();
    }
    let versions = Versions::new(snapshots.clone(), config.role)?;
    let runtime = versions.runtime().clone();
    let router = match config.role {
        RuntimeRole::All => router::router(database.pool().clone(), snapshots.clone(), reach.clone()),
        RuntimeRole::Portal => router::portal_router(database.pool().clone(), snapshots.clone(), reach.clone()),
    };
    let mut stopping = stop.clone();
    let fast_path = FastPath::new(snapshots.clone());
    let each = move |client: SocketAddr| fast_path.clone().before(Extension(ConnectInfo(client)).layer(router.clone()));
    let server = connections::serve_each(listener, each, PATIENCE, async move { stopping.wait().await });
    let behind = async {
        if waits {
            until_done(PACE, ready, || say_waiting(address, file.as_ref())).await;
        }
        snapshots.startup().database_is_ready();
        announce(address);
        if let Some(Err(error)) = futures_util::future::OptionFuture::from(file.as_ref().map(SnapshotFile::overwrite_from_database)).await {
            tracing::warn!(%error, "what the snapshot file held could not be compared with the database");
        }
        // Only now: versions of another database say nothing.
        versions.run().await
    };
    let kept = async {
        match &file {
            Some(file) => file.run().await,
            None => std::future::pending().await,
        }
    };
    let mut server = std::pin::pin!(server);
    let mut stopped = stop.clone();
    tokio::select! {
        () = &mut server => {}
        () = stopped.wait() => {
            tracing::info!("stopping");
            let grace = Duration::from_secs(config.shutdown_grace.into());
            if tokio::time::timeout(grace, server).await.is_err() {
                tracing::warn!("some requests did not end in {} s", grace.as_secs());
            }
        }
        never = database.keep_running() => match never {},
        never = behind => match never {},
        never = kept => match never {},
    }
    if let Some(file) = &file {
        file.write(true).await;
    }
    snapshots.close(&runtime).await;
    Ok(())
}

/// Says that the server listens, and what it serves while it waits for its database.
fn say_waiting(address: SocketAddr, file: Option<&SnapshotFile>) {
    if let Some((file, as_of)) = file.and_then(|file| Some((file, file.as_of()?))) {
        tracing::warn!(instances = file.count(), "what was known at {} is served, from the snapshot file", timestamp(as_of));
    }
    say(&format!("Portal Redirects waits for its database, and listens meanwhile: http://{address}"));
}

fn announce(address: SocketAddr) {
    say(&format!("Portal Redirects is ready: http://{address}"));
}

/// SIGTERM or SIGINT, for everyone who waits for it.
#[derive(Clone, Debug)]
struct Stop(watch::Receiver<bool>);

impl Stop {
    fn new() -> anyhow::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            sender.send_replace(true);
            // Kept: who waits later must still find it.
            sender.closed().await;
        });
        Ok(Self(receiver))
    }

    async fn wait(&mut self) {
        // An error would mean that nobody listens for signals any more: then it is time to stop as well.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
