//! Answers for the dashboard while the server waits for its database: it may not be migrated yet, or be another one.

use app::portal::view::{Notice, WAITING};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::{pages::notice_or_problem, snapshot::Snapshots};

/// Lets a request through once the database is ready.
pub(crate) async fn layer(State(snapshots): State<Snapshots>, request: Request, next: Next) -> Response {
    if snapshots.startup().waits_for_database() {
        return notice_or_problem(request.headers(), Notice::Waiting, WAITING);
    }
    next.run(request).await
}
