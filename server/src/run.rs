//! From the command line to a running server and back down again.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, signal::unix::SignalKind};

use crate::{
    cli::{Cli, Command},
    config::Config,
    database::Database,
    router, telemetry,
};

/// How long requests may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Does what the command line says, until it is done or a signal ends it.
///
/// # Errors
/// What kept it from starting, for the one at the terminal.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    telemetry::start(&cli.config.log)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        match cli.command.unwrap_or_default() {
            Command::Serve => serve(&cli.config).await,
            Command::Migrate => {
                let database = Database::open(&cli.config).await?;
                let migrated = database.migrate().await;
                database.close().await;
                migrated
            }
        }
    })
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    if !config.listen.ip().is_loopback() {
        anyhow::bail!(
            "{} is not a loopback address. The dashboard has no accounts yet, so only this machine may reach it: use 127.0.0.1 or [::1].",
            config.listen.ip()
        );
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}; another address or port goes with --listen", config.listen))?;
    let address = listener.local_addr()?;
    // From here on a signal ends things in order, also while PostgreSQL is still starting.
    let mut stop = std::pin::pin!(stop_signal()?);
    let mut opening = std::pin::pin!(Database::open(config));
    let database = tokio::select! {
        database = &mut opening => database?,
        () = &mut stop => {
            // A private PostgreSQL that is half started can't be left behind.
            opening.await?.close().await;
            return Ok(());
        }
    };
    let served = prepare_and_serve(config, &database, listener, address, stop).await;
    database.close().await;
    served
}

async fn prepare_and_serve(
    config: &Config,
    database: &Database,
    listener: TcpListener,
    address: SocketAddr,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    database.migrate().await?;
    if database.is_private() {
        database.seed(address).await?;
    }
    let router = router::router(database.pool().clone(), &config.dashboard_hosts);
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    });
    announce(address);
    let mut server = std::pin::pin!(server.into_future());
    tokio::select! {
        result = &mut server => result?,
        () = stop => {
            tracing::info!("stopping");
            let _ = stopping.send(true);
            if tokio::time::timeout(GRACE, server).await.is_err() {
                tracing::warn!("some requests did not end in {} s", GRACE.as_secs());
            }
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one line that whoever started the server waits for")]
fn announce(address: SocketAddr) {
    println!("Portal Redirects is ready: http://{address}");
}

/// SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
