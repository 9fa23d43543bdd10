//! What the hosted pages of all instances share.

use std::sync::Arc;

use sqlx::PgPool;

use super::session_cache::SessionCache;
use crate::{
    http::{
        dashboard_url::DashboardUrl,
        options::{HttpOptions, TransportSecurity},
    },
    identity_provider::ProviderContext,
    portal::{rate_limits::VisitorRateLimits, visits::VisitCounter},
};

/// What the pages of all instances share.
#[derive(Clone, Debug)]
pub(crate) struct PageContext {
    pub(super) pool: PgPool,
    pub(super) dashboard_url: Arc<DashboardUrl>,
    pub(super) limits: VisitorRateLimits,
    pub(super) sessions: SessionCache,
    pub(super) transport_security: TransportSecurity,
    pub(super) visits: VisitCounter,
    pub(super) provider: ProviderContext,
}

impl PageContext {
    pub(crate) fn new(pool: PgPool, dashboard_url: Arc<DashboardUrl>, options: &HttpOptions, visits: VisitCounter) -> Self {
        let (transport_security, provider) = (options.transport_security, options.provider.clone());
        let limits = VisitorRateLimits::new(&pool);
        Self { pool, dashboard_url, limits, sessions: SessionCache::new(), transport_security, visits, provider }
    }
}
