//! Rendering the dashboard's pages: what each finds in its context, and pages that answer a post.

use app::paths;
use std::sync::Arc;

use app::{
    admins::{
        Caller,
        provider::AdminProvider,
        second_factor::{SecondFactorConfig, check::CodeContext},
    },
    error::AppError,
    identity_provider::view::ProviderConfig,
    insight::VisitsKept,
    instances::{
        archive::{self, Restorable},
        save::DashboardHost,
    },
    layout::insecure_http::InsecureHttp,
    routes::{DocumentFiles, document},
    snippets::DashboardOrigin,
    target_checks::TargetChecks,
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, header, request::Parts},
    response::Response,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::{assets, rate_limits::AdminRateLimits};
use crate::{
    config::SecondFactor,
    http::{
        dashboard_url::DashboardUrl,
        options::HttpOptions,
        turns::{NoTurn, Turn, Turns},
    },
    identity_provider::ProviderContext,
    observe::sampled::Sampled,
};

/// How many requests with long lists one admin may have at a time, and all admins together. Each may take some 20 MiB until its answer
/// is written.
const MAX_LISTS_OF_ADMIN: usize = 2;
const MAX_LISTS: usize = 6;

/// Lists that got no turn in time.
static NO_TURN: Sampled = Sampled::new();

/// What the dashboard is made with: the state of its routes.
#[derive(Clone, Debug)]
pub(crate) struct Dashboard {
    /// The database.
    pub(crate) pool: PgPool,
    /// The browser's files.
    pub(crate) files: DocumentFiles,
    /// The URL under which people open it.
    pub(crate) url: Arc<DashboardUrl>,
    /// How often an admin may try to sign in.
    pub(crate) limits: AdminRateLimits,
    /// Whether admins must have a second factor, and the key of its secrets.
    pub(crate) second_factor: SecondFactor,
    /// Whether targets are checked.
    target_checks: TargetChecks,
    /// Whether visits are counted, and for how long the counts are kept.
    visits_kept: VisitsKept,
    /// The identity providers that the server asks.
    pub(crate) provider: ProviderContext,
    /// The one that signs admins in.
    pub(crate) admin_provider: Option<Arc<AdminProvider>>,
    /// The turns of admins to have long lists checked or made.
    pub(crate) lists: Arc<Turns<i64>>,
}

impl axum::extract::FromRef<Dashboard> for LeptosOptions {
    fn from_ref(dashboard: &Dashboard) -> Self {
        dashboard.files.options.clone()
    }
}

impl Dashboard {
    /// The dashboard over these connections.
    pub(crate) fn new(pool: PgPool, dashboard_url: Arc<DashboardUrl>, second_factor: SecondFactor, options: &HttpOptions) -> Self {
        let HttpOptions { target_checks, visits_kept, .. } = *options;
        let lists = Arc::new(Turns::new(MAX_LISTS_OF_ADMIN, MAX_LISTS));
        let (provider, admin_provider) = (options.provider.clone(), options.admin_provider.clone());
        let limits = AdminRateLimits::new(&pool);
        Self {
            pool,
            files: assets::document_files(),
            url: dashboard_url,
            limits,
            second_factor,
            target_checks,
            visits_kept,
            provider,
            admin_provider,
            lists,
        }
    }

    /// What checking a code needs, at this moment.
    pub(crate) fn code_context(&self) -> CodeContext {
        CodeContext { key: self.second_factor.read_key(), now: OffsetDateTime::now_utc().unix_timestamp() }
    }

    /// Waits for an admin's turn to send or get a long list.
    ///
    /// # Errors
    /// None came in time.
    pub(super) async fn turn(&self, caller: &Caller) -> Result<Turn, AppError> {
        self.lists.take(caller.id).await.map_err(|NoTurn| {
            NO_TURN.note(|times| tracing::warn!(times, "a list had to wait too long for its turn"));
            AppError::Busy
        })
    }

    /// Puts into a page's context what every page may need.
    pub(crate) fn provide(&self) {
        provide_context(self.pool.clone());
        provide_context(DashboardHost(self.url.own_host()));
        provide_context(DashboardOrigin(self.url.page("")));
        provide_context(self.files.clone());
        if self.url.is_insecure_http() {
            provide_context(InsecureHttp);
        }
        provide_context(self.target_checks);
        provide_context(self.visits_kept);
        provide_context(ProviderConfig { allowed: self.provider.providers.allowed() });
        if let Some(button) = self.admin_provider_button() {
            provide_context(button);
        }
        let second_factor = self.second_factor.clone();
        provide_context(SecondFactorConfig::new(second_factor.is_required, move || second_factor.read_key()));
        set_content_security_policy();
    }

    /// The document, for the router to fill.
    pub(crate) fn document(&self) -> AnyView {
        document(self.files.clone())
    }

    /// The page at the request's path, with something more in its context and a status of its own.
    pub(crate) async fn render(&self, parts: Parts, status: StatusCode, more: impl Fn() + Clone + Send + Sync + 'static) -> Response {
        let (dashboard, shown) = (self.clone(), self.clone());
        let context = move || {
            dashboard.provide();
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
        let restorable = if error == AppError::Archived { self.restorable(&parts).await } else { None };
        parts.uri = Uri::from_static(paths::INSTANCES);
        let provide = move || {
            provide_context(error);
            if let Some(restorable) = restorable.clone() {
                provide_context(restorable);
            }
            more();
        };
        self.render(parts, StatusCode::BAD_REQUEST, provide).await
    }

    /// Until when the instance that is asked for can be restored, and whether the caller may. `None` where it is not archived, or the
    /// database does not answer.
    async fn restorable(&self, parts: &Parts) -> Option<Restorable> {
        let slug = paths::slug_of(parts.uri.path())?;
        let caller = parts.extensions.get::<Caller>().map(|caller| caller.id);
        archive::restorable(&self.pool, slug, caller).await.ok()?
    }
}

/// Sets a page's content security policy, from inside its context, where the nonce exists.
fn set_content_security_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
