//! `healthcheck`: asks the server on this machine whether it is ready, for containers without a program that could.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use hyper::{Method, StatusCode};
use url::Url;

use crate::{
    outgoing::{AddressPolicy, Client, Fetched, OutgoingRequest},
    process::stdout::print_line,
};

/// How long the server may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the server that listens on this address for `/readyz` and prints its answer. Fails unless it is ready or degraded.
///
/// # Errors
/// No server answers there.
pub(crate) fn run(listen: SocketAddr) -> anyhow::Result<ExitCode> {
    let address = reachable(listen);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(async { tokio::time::timeout(TIMEOUT, ask(address)).await });
    let Fetched { status, body, .. } = asked
        .map_err(|_| anyhow::anyhow!("no answer within {} s", TIMEOUT.as_secs()))
        .flatten()
        .with_context(|| format!("the server on {address} can't be asked; --listen says which one"))?;
    print_line(String::from_utf8_lossy(&body).trim_end());
    Ok(if status == StatusCode::OK { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ask(address: SocketAddr) -> anyhow::Result<Fetched> {
    let url = Url::parse(&format!("http://{address}/readyz"))?;
    Ok(Client::new(AddressPolicy::Private)?.fetch(OutgoingRequest::new(Method::GET, &url)).await?)
}

/// Where a server that listens on this address can be reached from this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
