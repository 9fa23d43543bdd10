//! The client's address, from whatever the configuration says carries it: the connection, or a proxy's header.

use std::net::IpAddr;

use axum::{RequestExt, extract::Request};
use axum_client_ip::ClientIp;

/// The client's address; `None` where the configured source does not tell. The router puts the source into every request.
pub(crate) async fn client_address(request: &mut Request) -> Option<IpAddr> {
    request.extract_parts::<ClientIp>().await.ok().map(|ClientIp(address)| address.to_canonical())
}
