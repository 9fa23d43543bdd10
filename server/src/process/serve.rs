//! `serve`: from startup to shutdown.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use anyhow::Context;
use app::{insight::VisitsKept, runtimes::RuntimeRole, target_checks::TargetChecks, ui::text::timestamp};
use axum::{Extension, extract::ConnectInfo};
use axum_client_ip::ClientIpSource;
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
};
use tower::Layer;

use crate::{
    config::{Config, LogFormat},
    database::Database,
    http::{
        connections::{self, HEADER_TIMEOUT, MaxConnections},
        dashboard_url::DashboardUrl,
        insecure_http::{ForClient, check_transport},
        options::{HttpOptions, TransportSecurity},
    },
    mail::{self, Mailer},
    observe::{metrics, traces},
    outgoing::{AddressPolicy, Client},
    portal::{
        listener::Listener as Versions,
        snapshot::{self, Snapshots},
        snapshot_file::SnapshotFile,
        visits::{Flusher, VisitCounter},
    },
    process::{
        failed_sign_ins, file_limit,
        migrations::{RETRY, listens_first, may_become_ready, prepare, retry, with_database},
        preview_origins,
        shutdown::Shutdown,
        stdout::{Announcement, announce},
    },
    router::{self, Site},
    target_checks,
};

/// How often the status of the snapshots is recorded while the server waits for its database.
const RECORD_INTERVAL: Duration = Duration::from_secs(10);

/// Serves until a signal stops it.
///
/// # Errors
/// The reason why it could not start or continue, written for the person at the terminal.
pub(crate) async fn serve(config: &Config, shutdown: Shutdown) -> anyhow::Result<()> {
    check_transport(config)?;
    config.mail.mailer()?;
    let max_connections = config.max_connections(file_limit::raise()?)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}; choose another address or port with --listen", config.listen))?;
    let address = listener.local_addr()?;
    let metrics = metrics::bind(config.metrics_listen).await?;
    let dashboard_url = DashboardUrl::new(config.dashboard_url.clone(), address)?.with_insecure_http(config.insecure_http);
    let prepare = async |database: &Database| prepare(config, database, address, &dashboard_url).await;
    let before = async |database: &Database| if listens_first(database) { Ok(()) } else { prepare(database).await };
    with_database(config, shutdown, before, async |database, shutdown| {
        // Metrics stay readable until the server has stopped.
        let (_ended, end) = oneshot::channel::<()>();
        if let Some(metrics) = metrics {
            let hosts = config.metrics_hosts.clone();
            tokio::spawn(metrics::serve(metrics, database.pool().clone(), hosts, async { drop(end.await) }));
        }
        let traces = traces::start()?;
        let prepare = async || prepare(database).await;
        let result = Box::pin(listen(config, database, listener, max_connections, &dashboard_url, prepare, shutdown)).await;
        traces::stop(traces).await;
        result
    })
    .await
}

async fn listen(
    config: &Config,
    database: &Database,
    listener: TcpListener,
    max_connections: MaxConnections,
    dashboard_url: &DashboardUrl,
    prepare: impl AsyncFn() -> anyhow::Result<()>,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let mailer = config.mail.mailer()?;
    let is_behind_proxy = config.is_behind_proxy();
    if is_behind_proxy && config.client_address == ClientIpSource::ConnectInfo {
        tracing::warn!(
            "a proxy seems to be in front, and --client-address is not set: if the proxy tells the client's address in a header, requests are refused where --dashboard-url is https; if it does not, all clients share the proxy's address and its limits. Set --client-address to the header that the proxy sets"
        );
    }
    let visits = if config.visits.are_counted { VisitCounter::new(config.visits.memory) } else { VisitCounter::off() };
    let mut flusher = Flusher::new(&visits, snapshot::pool(database), config.visits.keep_days)?;
    let snapshots = Snapshots::new(snapshot::pool(database), config.snapshot_memory).with_visits(visits);
    let file = config.snapshot_file.clone().map(|path| SnapshotFile::open(path, snapshots.clone()));
    file.as_ref().and_then(SnapshotFile::as_of).into_iter().for_each(|as_of| snapshots.startup().read_snapshot_file(as_of));
    let is_early = listens_first(database);
    if is_early {
        snapshots.startup().wait_for_database();
    }
    let versions = Versions::new(snapshots.clone(), config.role)?;
    let versions = versions.with_connector(database.listening().clone()).with_own_url(database.has_listen_url());
    let runtime = versions.runtime().clone();
    let options = http_options(config, max_connections, mailer.clone())?;
    let (pool, url) = (database.pool().clone(), dashboard_url.clone());
    let Site { router, fast_path } = match config.role {
        RuntimeRole::All => router::site(pool, snapshots.clone(), url, options, config.second_factor()),
        RuntimeRole::Portal => router::portal_site(pool, snapshots.clone(), url, options),
    };
    // A proxy's connections belong to everybody: behind one, each client's requests are limited, where the client is known.
    let is_direct = !is_behind_proxy && config.client_address == ClientIpSource::ConnectInfo;
    let max_connections = MaxConnections { of_address: max_connections.of_address.filter(|_| is_direct), ..max_connections };
    let insecure_http = config.insecure_http;
    // Under --insecure-http, each request is checked first.
    let direct = (!insecure_http).then(|| fast_path.clone());
    let service = move |client: SocketAddr| {
        let service = fast_path.clone().before(Extension(ConnectInfo(client)).layer(router.clone()));
        ForClient::new(service, client.ip(), insecure_http)
    };
    let serving = connections::serve_each(listener, service, direct, max_connections, HEADER_TIMEOUT, shutdown.clone().stopped());
    let (may_answer, is_ready) = (Notify::new(), Notify::new());
    if config.role == RuntimeRole::Portal || file.is_some() {
        may_answer.notify_one();
    }
    let server = serve_when(&may_answer, shutdown.clone(), serving);
    let background = async {
        if is_early {
            let passes = |error: &anyhow::Error| may_become_ready(config.role, error);
            let wait = || {
                announce_waiting(address, file.as_ref(), config.log_format);
                may_answer.notify_one();
            };
            // Only the listener records the status of the snapshots, and it is not there yet.
            tokio::select! {
                ready = retry(RETRY, prepare, passes, wait) => ready?,
                never = record_status(&snapshots) => match never {},
            }
        }
        snapshots.startup().database_is_ready();
        is_ready.notify_one();
        may_answer.notify_one();
        announce_ready(address, config.log_format);
        if let Some(Err(error)) = futures_util::future::OptionFuture::from(file.as_ref().map(SnapshotFile::overwrite_from_database)).await {
            tracing::warn!(%error, "can't replace what the snapshot file held by what the database has");
        }
        // Only after the comparison: the file may hold versions of a different database.
        tokio::select! {
            never = versions.run() => anyhow::Ok(never),
            never = recurring(config, database, mailer) => anyhow::Ok(never),
        }
    };
    let snapshot_file = async {
        match &file {
            Some(file) => file.run().await,
            None => std::future::pending().await,
        }
    };
    let counted_visits = counted_visits(&mut flusher, &is_ready);
    let mut server = std::pin::pin!(server);
    let mut requested = shutdown.clone();
    let mut result = Ok(());
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
        Err(error) = background => result = Err(error),
        never = database.keep_choosing() => match never {},
        never = snapshot_file => match never {},
        never = counted_visits => match never {},
    }
    if let Err(error) = flusher.flush().await {
        tracing::warn!(%error, "the last counted visits can't be stored and are lost");
    }
    if let Some(file) = &file {
        file.write(true).await;
    }
    snapshots.close(&runtime).await;
    result
}

/// What a server does again and again, besides answering requests.
async fn recurring(config: &Config, database: &Database, mailer: Option<Mailer>) -> Infallible {
    tokio::select! {
        never = old_failed_sign_ins(config, database) => never,
        never = expired_preview_origins(config, database) => never,
        never = target_checks(config, database) => never,
        never = waiting_mail(mailer, database) => never,
        never = mail::clean_up(database.pool()) => never,
        never = database.keep_connections_open() => never,
    }
}

/// Records the status of the snapshots until it is dropped.
async fn record_status(snapshots: &Snapshots) -> Infallible {
    loop {
        snapshots.record();
        tokio::time::sleep(RECORD_INTERVAL).await;
    }
}

/// Stores counted visits, once there are tables to store them in.
async fn counted_visits(flusher: &mut Flusher, is_ready: &Notify) -> Infallible {
    is_ready.notified().await;
    flusher.run().await
}

/// What the configuration says about answering requests.
fn http_options(config: &Config, max_connections: MaxConnections, mailer: Option<Mailer>) -> anyhow::Result<HttpOptions> {
    let transport_security = TransportSecurity { include_subdomains: config.hsts_include_subdomains };
    let key_file = config.second_factor().key_file;
    Ok(HttpOptions::new(config.client_address.clone(), max_connections, transport_security)
        .with_target_checks(config.target_checks)
        .with_secret_key_file(key_file.clone())
        .with_identity_providers(config.identity_providers, key_file)?
        .with_admin_provider(config.admin_provider()?)
        .with_visits_kept(VisitsKept { is_on: config.visits.are_counted, days: config.visits.keep_days })
        .with_mailer(mailer))
}

/// Serves as soon as it is clear whether the server must wait for its database. Requests that come earlier wait for that moment.
async fn serve_when(may_answer: &Notify, mut stopped: Shutdown, serving: impl Future<Output = ()>) {
    tokio::select! {
        () = may_answer.notified() => {}
        () = stopped.wait() => {}
    }
    serving.await;
}

/// Deletes old failed sign-ins, if this server has a dashboard.
async fn old_failed_sign_ins(config: &Config, database: &Database) -> Infallible {
    match config.role {
        RuntimeRole::All => failed_sign_ins::keep(database.pool(), config.keep_failed_sign_ins).await,
        RuntimeRole::Portal => std::future::pending().await,
    }
}

/// Deletes expired preview origins, if this server has a dashboard.
async fn expired_preview_origins(config: &Config, database: &Database) -> Infallible {
    match config.role {
        RuntimeRole::All => preview_origins::delete(database.pool()).await,
        RuntimeRole::Portal => std::future::pending().await,
    }
}

/// Sends what waits in the outbox, if this server sends mail.
async fn waiting_mail(mailer: Option<Mailer>, database: &Database) -> Infallible {
    match mailer {
        Some(mailer) => mail::run(database.pool().clone(), mailer).await,
        None => std::future::pending().await,
    }
}

/// Checks targets, if this server does.
async fn target_checks(config: &Config, database: &Database) -> Infallible {
    let policy = match (config.role, config.target_checks) {
        (RuntimeRole::Portal, _) | (_, TargetChecks::Off) => return std::future::pending().await,
        (_, TargetChecks::Public) => AddressPolicy::Public,
        (_, TargetChecks::Private) => AddressPolicy::Private,
    };
    match Client::new(policy) {
        Ok(client) => target_checks::run(database.pool().clone(), client).await,
        Err(error) => {
            tracing::error!(%error, "targets are not checked, since there is no TLS");
            std::future::pending().await
        }
    }
}

/// Announces that the server listens, and what it serves while it waits for its database.
fn announce_waiting(address: SocketAddr, file: Option<&SnapshotFile>, format: LogFormat) {
    if let Some((file, as_of)) = file.and_then(|file| Some((file, file.as_of()?))) {
        tracing::warn!(instances = file.count(), "serving the state of {} from the snapshot file", timestamp(as_of));
    }
    let text = "Portal Redirects is waiting for its database and already listens on";
    announce(format, &Announcement { text, url: &format!("http://{address}"), secret_until: None });
}

fn announce_ready(address: SocketAddr, format: LogFormat) {
    announce(format, &Announcement { text: "Portal Redirects is ready:", url: &format!("http://{address}"), secret_until: None });
}
