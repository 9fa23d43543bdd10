//! `serve`: from the configuration to a running server, and back down again.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use app::{runtimes::RuntimeRole, ui::text::timestamp};
use axum::{Extension, extract::ConnectInfo};
use axum_client_ip::ClientIpSource;
use tokio::{net::TcpListener, sync::oneshot};
use tower::Layer;

use crate::{
    config::Config,
    database::Database,
    http::{
        connections::{self, PATIENCE},
        dashboard_url::DashboardUrl,
    },
    observe::{metrics, traces},
    portal::{
        FastPath,
        listener::Listener as Versions,
        snapshot::{self, Snapshots},
        snapshot_file::SnapshotFile,
    },
    process::{
        migrations::{PACE, listens_first, prepare, until_done, with_database},
        shutdown::Stop,
        stdout::say,
    },
    router,
};

/// Serves until it is stopped.
///
/// # Errors
/// What kept it from starting or going on.
pub(crate) async fn serve(config: &Config, stop: Stop) -> anyhow::Result<()> {
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
    let dashboard_url = DashboardUrl::new(config.dashboard_url.clone(), address)?;
    let ready = async |database: &Database| prepare(config, database, address, &dashboard_url).await;
    let first = async |database: &Database| if listens_first(config, database) { Ok(()) } else { ready(database).await };
    with_database(config, stop, first, async |database, stop| {
        // The page goes on until the server has ended.
        let (_ended, end) = oneshot::channel::<()>();
        if let Some(metrics) = metrics {
            tokio::spawn(metrics::serve(metrics, database.pool().clone(), async { drop(end.await) }));
        }
        let traces = traces::start()?;
        let ready = async || ready(database).await;
        let served = Box::pin(listen(config, database, listener, &dashboard_url, ready, stop)).await;
        traces::stop(traces).await;
        served
    })
    .await
}

async fn listen(
    config: &Config,
    database: &Database,
    listener: TcpListener,
    dashboard_url: &DashboardUrl,
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
        RuntimeRole::All => {
            router::router(database.pool().clone(), snapshots.clone(), dashboard_url.clone(), config.client_address.clone())
        }
        RuntimeRole::Portal => {
            router::portal_router(database.pool().clone(), snapshots.clone(), dashboard_url.clone(), config.client_address.clone())
        }
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
