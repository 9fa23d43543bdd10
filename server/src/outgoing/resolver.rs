//! From a host name to its addresses.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
};

/// The addresses of a name.
pub(crate) type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Resolves host names. Tests have resolvers of their own.
pub(crate) trait Resolve: Send + Sync {
    /// The addresses of a host, with that port.
    fn resolve(&self, host: String, port: u16) -> Resolving;
}

/// The resolver of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: String, port: u16) -> Resolving {
        // Browsers take these names for this machine, whatever DNS says (RFC 6761, section 6.3).
        if host == "localhost" || host.ends_with(".localhost") {
            return Box::pin(async move { Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]) });
        }
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
