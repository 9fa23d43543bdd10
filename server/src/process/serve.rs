//! Runs a subcommand; for `serve`, from startup to shutdown.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Context;
use app::{runtimes::Role, ui::text::timestamp};
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
        Ahead,
        listener::Listener as Versions,
        snapshot::{self, Snapshots},
        snapshot_file::Keeper,
    },
    process::{
        admin,
        migrations::{RETRY, listens_first, prepare, retry},
        stdout::print_line,
    },
    resolve, router,
};

/// Runs the subcommand until it finishes or a signal stops it. Returns the exit code.
///
/// # Errors
/// The reason why it could not start or continue, written for the person at the terminal.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    log::start(&cli.config.log, cli.config.log_format)?;
    match cli.command.unwrap_or_default() {
        Command::Serve => run_async(async |shutdown| serve(&cli.config, shutdown).await),
        Command::Migrate => run_async(async |shutdown| migrate(&cli.config, shutdown).await),
        Command::Admin(command) => admin::run(&command, &cli.config),
        Command::Resolve(flags) => resolve::run(&flags, &cli.config),
    }
}

fn run_async(work: impl AsyncFnOnce(Shutdown) -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async { work(Shutdown::new()?).await })?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let is_safe = config.listen.ip().is_loopback() || config.dashboard_url.as_ref().is_some_and(|url| url.scheme() == "https");
    if config.role == Role::All && !is_safe {
        anyhow::bail!(
            "other machines can reach {}, and passwords must not travel without TLS. Put a proxy with TLS in front, and set its URL with --dashboard-url https://…",
            config.listen.ip()
        );
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}; choose another address or port with --listen", config.listen))?;
    let address = listener.local_addr()?;
    let metrics = metrics::bind(config.metrics_listen).await?;
    let reach = Reach::new(config.dashboard_url.clone(), address, config.client_address.clone())?;
    let prepare = async |database: &Database| prepare(config, database, address, &reach).await;
    let before = async |database: &Database| if listens_first(config, database) { Ok(()) } else { prepare(database).await };
    with_database(config, shutdown, before, async |database, shutdown| {
        // Metrics stay readable until the server has stopped.
        let (_ended, end) = oneshot::channel::<()>();
        if let Some(metrics) = metrics {
            tokio::spawn(metrics::serve(metrics, database.pool().clone(), async { drop(end.await) }));
        }
        let traces = traces::start()?;
        let prepare = async || prepare(database).await;
        let result = Box::pin(listen(config, database, listener, &reach, prepare, shutdown)).await;
        traces::stop(traces).await;
        result
    })
    .await
}

async fn migrate(config: &Config, shutdown: Shutdown) -> anyhow::Result<()> {
    if database::migrate_alone(config).await? {
        return Ok(());
    }
    with_database(config, shutdown, async |database| database.migrate().await, async |_, _| Ok(())).await
}

/// Opens the database, runs `before` and then `work`, and always closes the database: a private PostgreSQL stops with the server. A
/// signal interrupts `before`, which may wait for a database that does not respond.
async fn with_database(
    config: &Config,
    shutdown: Shutdown,
    before: impl AsyncFnOnce(&Database) -> anyhow::Result<()>,
    work: impl AsyncFnOnce(&Database, Shutdown) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // A half-started private PostgreSQL must not be left behind, so this runs to its end even after a signal.
    let database = Database::open(config).await?;
    let mut requested = shutdown.clone();
    let result = tokio::select! {
        result = before(&database) => match result {
            Ok(()) => work(&database, shutdown).await,
            Err(error) => Err(error),
        },
        () = requested.wait() => Ok(()),
    };
    database.close().await;
    result
}

async fn listen(
    config: &Config,
    database: &Database,
    listener: TcpListener,
    reach: &Reach,
    prepare: impl AsyncFn() -> anyhow::Result<()>,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let is_behind_proxy = config.role == Role::Portal || config.dashboard_url.as_ref().is_some_and(|url| url.scheme() == "https");
    if is_behind_proxy && config.client_address == ClientIpSource::ConnectInfo {
        tracing::warn!(
            "behind a proxy, all clients share its IP address and therefore one sign-in rate limit; set --client-address to the header that the proxy sets"
        );
    }
    let snapshots = Snapshots::new(snapshot::pool(database), config.snapshot_memory);
    let keeper = config.snapshot_file.clone().map(|path| Keeper::open(path, snapshots.clone()));
    keeper.as_ref().and_then(Keeper::as_of).into_iter().for_each(|as_of| snapshots.start().began_with(as_of));
    let is_early = listens_first(config, database);
    if is_early {
        snapshots.start().wait();
    }
    let versions = Versions::new(snapshots.clone(), config.role)?;
    let runtime = versions.runtime().clone();
    let router = match config.role {
        Role::All => router::router(database.pool().clone(), snapshots.clone(), reach.clone()),
        Role::Portal => router::portal_router(database.pool().clone(), snapshots.clone(), reach.clone()),
    };
    let mut stopping = shutdown.clone();
    let ahead = Ahead::new(snapshots.clone());
    let service = move |client: SocketAddr| ahead.clone().of(Extension(ConnectInfo(client)).layer(router.clone()));
    let server = connections::serve_each(listener, service, PATIENCE, async move { stopping.wait().await });
    let background = async {
        if is_early {
            retry(RETRY, prepare, || announce_waiting(address, keeper.as_ref())).await;
        }
        snapshots.start().done();
        announce_ready(address);
        if let Some(Err(error)) = futures_util::future::OptionFuture::from(keeper.as_ref().map(Keeper::compare)).await {
            tracing::warn!(%error, "can't compare the snapshot file with the database");
        }
        // Only after the comparison: the file may hold versions of a different database.
        versions.run().await
    };
    let snapshot_file = async {
        match &keeper {
            Some(keeper) => keeper.run().await,
            None => std::future::pending().await,
        }
    };
    let mut server = std::pin::pin!(server);
    let mut requested = shutdown.clone();
    tokio::select! {
        () = &mut server => {}
        () = requested.wait() => {
            tracing::info!("shutting down");
            let grace = Duration::from_secs(config.shutdown_grace.into());
            if tokio::time::timeout(grace, server).await.is_err() {
                tracing::warn!("some requests did not finish within {} s", grace.as_secs());
            }
        }
        never = database.keep_running() => match never {},
        never = background => match never {},
        never = snapshot_file => match never {},
    }
    if let Some(keeper) = &keeper {
        keeper.keep(true).await;
    }
    snapshots.close(&runtime).await;
    Ok(())
}

/// Announces that the server listens, and what it serves while it waits for its database.
fn announce_waiting(address: SocketAddr, keeper: Option<&Keeper>) {
    if let Some((keeper, as_of)) = keeper.and_then(|keeper| Some((keeper, keeper.as_of()?))) {
        tracing::warn!(instances = keeper.count(), "serving the state of {} from the snapshot file", timestamp(as_of));
    }
    print_line(&format!("Portal Redirects is waiting for its database and already listens on http://{address}"));
}

fn announce_ready(address: SocketAddr) {
    print_line(&format!("Portal Redirects is ready: http://{address}"));
}

/// A shutdown request by SIGTERM or SIGINT. Every clone sees it.
#[derive(Clone, Debug)]
struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    fn new() -> anyhow::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            sender.send_replace(true);
            // Keep the sender alive, so that later calls of `wait` still see the value.
            sender.closed().await;
        });
        Ok(Self(receiver))
    }

    async fn wait(&mut self) {
        // An error means that the task that listens for signals is gone: then shut down as well.
        let _ = self.0.wait_for(|requested| *requested).await;
    }
}
