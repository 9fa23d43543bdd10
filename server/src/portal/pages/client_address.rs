//! The address of the visitor's client, for sessions and rate limits.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::context::PageContext;
use crate::http::{client_address::client_address, csrf};

/// The client's address, if it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientAddress(pub(super) Option<IpAddr>);

/// Around the pages: rejects a form that does not say which page it comes from, and adds the [`ClientAddress`] to the request.
pub(super) async fn layer(State(context): State<PageContext>, mut request: Request, next: Next) -> Response {
    if let Some(rejected) = csrf::reject_without_origin(&request) {
        return rejected;
    }
    let address = ClientAddress(client_address(&context.reach, &mut request).await);
    request.extensions_mut().insert(address);
    next.run(request).await
}
