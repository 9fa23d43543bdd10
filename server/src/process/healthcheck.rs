//! `healthcheck`: asks the server on this machine whether it is ready, for containers without a program that could.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::process::stdout::print_line;

/// How long the server may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The longest answer that is read, in bytes.
const MAX_BODY_BYTES: usize = 4096;

/// Asks the server that listens on this address for `/readyz` and prints its answer. Fails unless it is ready or degraded.
///
/// # Errors
/// No server answers there.
pub(crate) fn run(listen: SocketAddr) -> anyhow::Result<ExitCode> {
    let address = reachable(listen);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(async { tokio::time::timeout(TIMEOUT, ask(address)).await });
    let (status, text) = asked
        .map_err(|_| anyhow::anyhow!("no answer within {} s", TIMEOUT.as_secs()))
        .flatten()
        .with_context(|| format!("the server on {address} can't be asked; --listen says which one"))?;
    print_line(text.trim_end());
    Ok(if status == StatusCode::OK { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ask(address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    // Every server answers under this name.
    let request = Request::get("/readyz").header(header::HOST, "localhost").body(Empty::<Bytes>::new())?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(anyhow::Error::from_boxed)?;
    Ok((head.status, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
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
