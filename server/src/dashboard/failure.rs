//! How a request fails that is not answered as asked: every handler returns this by `?`, and one layer turns it into a page.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use app::{database::StoreError, error::AppError, layout::error_page::PostedFields};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;

use super::Dashboard;
use crate::observe::sampled::Sampled;

/// How long a handler may take: less than the whole request, so that its page can still say that it took too long.
pub(super) const HANDLER_TIMEOUT: Duration = Duration::from_secs(25);

/// Requests that took longer.
static SLOW: Sampled = Sampled::new();

/// Why a request is not answered as asked. Becomes the error page, which offers to send again what was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure(pub(super) AppError);

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error.into_app_error())
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Where the form of a request is kept, so that its error page can offer to send it again.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptForm(Arc<OnceLock<PostedFields>>);

impl KeptForm {
    /// Keeps a form. The first one counts: a request has one body.
    pub(super) fn keep(&self, fields: PostedFields) {
        let _ = self.0.set(fields);
    }
}

/// Renders the error page in the place of a [`Failure`].
pub(super) async fn render_failures(State(dashboard): State<Dashboard>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let kept = KeptForm::default();
    parts.extensions.insert(kept.clone());
    let answering = next.run(Request::from_parts(parts.clone(), body));
    let error = if let Ok(response) = tokio::time::timeout(HANDLER_TIMEOUT, answering).await {
        let Some(Failure(error)) = response.extensions().get().copied() else { return response };
        error
    } else {
        SLOW.note(|times| tracing::warn!(times, "a request took too long"));
        AppError::Unavailable
    };
    dashboard
        .render_error(parts, error, move || {
            if let Some(fields) = kept.0.get() {
                provide_context(fields.clone());
            }
        })
        .await
}
