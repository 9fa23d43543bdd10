//! What every request meets on its way in and out: connections, the request envelope, hosts, client addresses, forms, layers.

pub(crate) mod client_address;
pub(crate) mod client_limit;
pub(crate) mod connections;
pub(crate) mod cookies;
pub mod dashboard_url;
pub(crate) mod direct;
pub(crate) mod envelope;
pub(crate) mod form;
pub(crate) mod forwarded;
pub(crate) mod host;
mod idle_connections;
pub(crate) mod insecure_http;
pub(crate) mod layers;
pub mod options;
mod pieces;
pub(crate) mod rate_limit;
mod replayed;
pub(crate) mod request;
pub(crate) mod shared_rate_limit;
pub(crate) mod turns;
mod write_timeout;
