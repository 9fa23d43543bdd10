//! Portals at their own hosts: the response to a request that neither the dashboard nor a route of the portal takes.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, Uri, request::Parts},
    response::Response,
};

use super::{
    pages::{self, PageContext},
    snapshot::Snapshots,
};
use crate::http::host::asked_host;

/// Responds to requests at hosts that are not the dashboard's.
#[derive(Clone, Debug)]
pub(crate) struct PortalHosts {
    context: Arc<PageContext>,
    snapshots: Snapshots,
}

impl PortalHosts {
    pub(crate) fn new(context: Arc<PageContext>, snapshots: Snapshots) -> Self {
        Self { context, snapshots }
    }

    /// The response of the portal at the requested host, if there is one.
    pub(crate) async fn respond(&self, head: Parts) -> Response {
        pages::at_host(self.context.clone(), &self.snapshots, head).await
    }

    /// Whether a portal is at the requested host, which is one of this machine's names.
    pub(crate) async fn has_local_portal(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        // Portals have names such as accounts.localhost. Plain localhost and addresses are the dashboard's.
        asked_host(headers, uri).is_some_and(|host| host.contains(".localhost")) && self.snapshots.at_host(headers, uri).await.is_ok()
    }
}
