//! From a host name to its addresses.

use std::{io, net::SocketAddr, pin::Pin};

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
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
