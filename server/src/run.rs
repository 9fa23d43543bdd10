//! From the command line to a running server and back down again.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Context;
use app::{
    runtimes::Role,
    session::store::{
        accounts,
        links::{self, Purpose},
    },
};
use axum_client_ip::ClientIpSource;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{oneshot, watch},
};

use crate::{
    admin,
    cli::{Cli, Command},
    config::Config,
    connections::{self, PATIENCE},
    database::{self, Database},
    metrics,
    portal::{
        listener::Listener as Versions,
        snapshot::{self, Snapshots},
    },
    reach::Reach,
    resolve, router, telemetry, traces,
};

/// How long requests may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Does what the command line says, until it is done or a signal ends it, and answers the exit code.
///
/// # Errors
/// What kept it from starting or going on, for the one at the terminal.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    telemetry::start(&cli.config.log, cli.config.log_format)?;
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
    if !config.listen.ip().is_loopback() && config.dashboard_url.as_ref().is_none_or(|url| url.scheme() != "https") {
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
    with_database(config, stop, async |database, stop| {
        if database.is_private() {
            database.seed(address).await?;
        }
        // The page goes on until the server has ended.
        let (_ended, end) = oneshot::channel::<()>();
        if let Some(metrics) = metrics {
            tokio::spawn(metrics::serve(metrics, database.pool().clone(), async { drop(end.await) }));
        }
        let traces = traces::start()?;
        let served = listen(config, database, listener, stop).await;
        traces::stop(traces).await;
        served
    })
    .await
}

async fn migrate(config: &Config, stop: Stop) -> anyhow::Result<()> {
    if database::migrate_alone(config).await? {
        return Ok(());
    }
    with_database(config, stop, async |_, _| Ok(())).await
}

/// Does something with an open, migrated database, and closes it afterwards, whatever happened: a private PostgreSQL ends
/// with the server. A signal ends the wait for a database that does not answer.
async fn with_database(config: &Config, stop: Stop, work: impl AsyncFnOnce(&Database, Stop) -> anyhow::Result<()>) -> anyhow::Result<()> {
    // A private PostgreSQL that is half started can't be left behind, so a signal waits until it is up.
    let database = Database::open(config).await?;
    let mut stopped = stop.clone();
    let done = tokio::select! {
        migrated = database.migrate() => match migrated {
            Ok(()) => work(&database, stop).await,
            Err(error) => Err(error),
        },
        () = stopped.wait() => Ok(()),
    };
    database.close().await;
    done
}

async fn listen(config: &Config, database: &Database, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    if config.dashboard_url.as_ref().is_some_and(|url| url.scheme() == "https") && config.client_address == ClientIpSource::ConnectInfo {
        tracing::warn!(
            "behind a proxy all clients share its address, and its tries to sign in: say with --client-address what tells them apart"
        );
    }
    let reach = Reach::new(config.dashboard_url.clone(), address, config.client_address.clone())?;
    offer_setup(database, &reach).await?;
    let snapshots = Snapshots::new(snapshot::pool(database), config.snapshot_memory);
    let versions = Versions::new(snapshots.clone(), Role::All)?;
    let runtime = versions.runtime().clone();
    let versions = tokio::spawn(versions.run());
    let router = router::router(database.pool().clone(), snapshots.clone(), reach);
    let mut stopping = stop.clone();
    let server = connections::serve(listener, router, PATIENCE, async move { stopping.wait().await });
    announce(address);
    let mut server = std::pin::pin!(server);
    let mut stopped = stop.clone();
    tokio::select! {
        () = &mut server => return Ok(()),
        () = stopped.wait() => {}
        never = database.keep_running() => match never {},
    }
    tracing::info!("stopping");
    if tokio::time::timeout(GRACE, server).await.is_err() {
        tracing::warn!("some requests did not end in {} s", GRACE.as_secs());
    }
    versions.abort();
    snapshots.close(&runtime).await;
    Ok(())
}

/// Makes a link to create the first admin, where there is none.
async fn offer_setup(database: &Database, reach: &Reach) -> anyhow::Result<()> {
    let mut connection = database.pool().acquire().await?;
    if accounts::any(&mut *connection).await? {
        return Ok(());
    }
    let token = links::make(&mut connection, &Purpose::Setup, "the server").await?;
    say(&format!("No admin exists yet. Create the first one within an hour: {}", reach.link(Purpose::Setup.page(), &token.secret())));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what whoever started the server must see, whatever the log's filter")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stdout, reason = "the one line that whoever started the server waits for")]
fn announce(address: SocketAddr) {
    println!("Portal Redirects is ready: http://{address}");
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
