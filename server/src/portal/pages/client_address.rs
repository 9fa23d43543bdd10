//! The address of the visitor's client, for sessions and rate limits.

use std::net::IpAddr;

use axum::{extract::Request, middleware::Next, response::Response};

use crate::http::{client_address::client_address, layers::refuse_without_source};

/// The client's address, if it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientAddress(pub(super) Option<IpAddr>);

/// Around the pages: refuses a form that does not say which page it comes from, and adds the [`ClientAddress`] to the request.
pub(super) async fn layer(mut request: Request, next: Next) -> Response {
    if let Some(refused) = refuse_without_source(&request) {
        return refused;
    }
    let address = ClientAddress(client_address(&mut request).await);
    request.extensions_mut().insert(address);
    next.run(request).await
}
