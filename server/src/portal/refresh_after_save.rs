//! Serves saved instances anew before the response to a save is sent, so that the admin who saved sees it at once.

use app::saving::saved_instances::SavedInstances;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::snapshot::Snapshots;

/// Around the dashboard: loads every instance that the request has saved, before its response is sent. Form handlers and server
/// functions mark what they have saved in the request's [`SavedInstances`].
pub(crate) async fn layer(State(snapshots): State<Snapshots>, mut request: Request, next: Next) -> Response {
    let saved = SavedInstances::default();
    request.extensions_mut().insert(saved.clone());
    let response = next.run(request).await;
    for slug in saved.take() {
        snapshots.refresh(&slug).await;
    }
    response
}
