//! The dashboard's pages: the context in which they are rendered, and the answers to posts that are pages too.

use app::paths;
use std::sync::Arc;

use app::{
    error::AppError,
    instances::archive::{self, Restorable},
    routes::{DocumentFiles, document},
};
use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, Uri, request::Parts},
    response::Response,
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use sqlx::PgPool;

use crate::{
    dashboard::rate_limits::AdminRateLimits,
    http::{dashboard_url::Reach, layers::set_page_policy},
};

/// What pages are made with.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    /// The database.
    pub(crate) pool: PgPool,
    /// The browser's files.
    pub(crate) files: DocumentFiles,
    /// How the dashboard is reached.
    pub(crate) reach: Arc<Reach>,
    /// How often an admin may try to sign in.
    pub(crate) limits: AdminRateLimits,
}

impl axum::extract::FromRef<Pages> for LeptosOptions {
    fn from_ref(pages: &Pages) -> Self {
        pages.files.options.clone()
    }
}

impl Pages {
    /// Puts into a page's context what every page may need.
    pub(crate) fn provide(&self) {
        provide_context(self.pool.clone());
        set_page_policy();
    }

    /// The document, for the router to fill.
    pub(crate) fn document(&self) -> AnyView {
        document(self.files.clone())
    }

    /// The page at the request's path, with something more in its context and a status of its own.
    pub(crate) async fn render(&self, parts: Parts, status: StatusCode, more: impl Fn() + Clone + Send + Sync + 'static) -> Response {
        let (pages, shown) = (self.clone(), self.clone());
        let context = move || {
            pages.provide();
            if let Some(response) = use_context::<ResponseOptions>() {
                response.set_status(status);
            }
            more();
        };
        leptos_axum::render_app_async_with_context(context, move || shown.document())(Request::from_parts(parts, Body::empty())).await
    }

    /// The page of an error. The page at the path is not loaded, and need not be there.
    pub(crate) async fn render_error(
        &self,
        mut parts: Parts,
        error: AppError,
        more: impl Fn() + Clone + Send + Sync + 'static,
    ) -> Response {
        let restorable = if error == AppError::Archived { self.restorable(parts.uri.path()).await } else { None };
        parts.uri = Uri::from_static(paths::INSTANCES);
        let provide = move || {
            provide_context(error);
            if let Some(restorable) = restorable {
                provide_context(restorable);
            }
            more();
        };
        self.render(parts, StatusCode::BAD_REQUEST, provide).await
    }

    /// Until when the instance at that path can be restored; `None` where it is another one that is archived, or the database does not answer.
    async fn restorable(&self, path: &str) -> Option<Restorable> {
        let slug = paths::slug_of(path)?;
        archive::restorable(&self.pool, slug).await.ok()?
    }
}
