//! A connection for one request: to an address that the policy allows, with TLS if the URL says so.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    body::Bytes,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::{Client, OutgoingError, certificate};

/// How many addresses of a host are tried, and for how long each.
const MAX_ADDRESSES: usize = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Limits of a response's head.
const MAX_HEADERS: usize = 100;
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// A connection that nothing was sent over yet.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    pub(super) certificate_ends_at: Option<OffsetDateTime>,
    /// What moves the bytes. It ends with the connection.
    pub(super) driver: JoinSet<()>,
}

/// Connects to the host of a URL.
///
/// # Errors
/// The URL can't be asked, its host has no address that is allowed, or nobody answers there.
pub(super) async fn connect(client: &Client, url: &Url) -> Result<Connection, OutgoingError> {
    let is_plain = url.username().is_empty() && url.password().is_none();
    let (Some(host), Some(port), "http" | "https", true) = (url.host(), url.port_or_known_default(), url.scheme(), is_plain) else {
        return Err(OutgoingError::Unsupported);
    };
    let stream = connect_to(&addresses(client, &host, port).await?).await?;
    if url.scheme() == "http" {
        return handshake(stream, None).await;
    }
    let name = match host {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| OutgoingError::Unsupported)?,
        Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
    };
    let stream = client.tls.connect(name, stream).await.map_err(OutgoingError::of_handshake)?;
    let ends_at = certificate::end_of(stream.get_ref().1.peer_certificates());
    handshake(stream, ends_at).await
}

/// The addresses of a host that the policy allows. What is checked here is what is connected to: nobody resolves the name again.
async fn addresses(client: &Client, host: &Host<&str>, port: u16) -> Result<Vec<SocketAddr>, OutgoingError> {
    let found = match *host {
        Host::Ipv4(address) => vec![SocketAddr::from((address, port))],
        Host::Ipv6(address) => vec![SocketAddr::from((address, port))],
        Host::Domain(name) => client.resolver.resolve(name.to_owned(), port).await.map_err(|_| OutgoingError::NoAddress)?,
    };
    if found.is_empty() {
        return Err(OutgoingError::NoAddress);
    }
    let allowed: Vec<_> = found.into_iter().filter(|address| client.policy.allows(address.ip())).take(MAX_ADDRESSES).collect();
    if allowed.is_empty() { Err(OutgoingError::AddressRefused) } else { Ok(allowed) }
}

async fn connect_to(addresses: &[SocketAddr]) -> Result<TcpStream, OutgoingError> {
    let mut failure = OutgoingError::NoAddress;
    for address in addresses {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = OutgoingError::Connect(error),
            Err(_) => failure = OutgoingError::Timeout,
        }
    }
    Err(failure)
}

async fn handshake<S>(stream: S, certificate_ends_at: Option<OffsetDateTime>) -> Result<Connection, OutgoingError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD_BYTES).max_headers(MAX_HEADERS);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%error, "a connection to another server ended early");
        }
    });
    Ok(Connection { sender, certificate_ends_at, driver })
}
