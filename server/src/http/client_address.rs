//! The address of a client, from the source that `--client-address` configures.

use std::net::IpAddr;

use axum::{RequestExt, extract::Request};
use axum_client_ip::ClientIp;

use super::dashboard_url::Reach;

/// The client's address; `None` if the source does not say.
pub(crate) async fn client_address(reach: &Reach, request: &mut Request) -> Option<IpAddr> {
    request.extensions_mut().insert(reach.client_address().clone());
    request.extract_parts::<ClientIp>().await.ok().map(|ClientIp(address)| address.to_canonical())
}
