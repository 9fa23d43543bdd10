//! What the hosted pages of all instances share.

use std::sync::Arc;

use sqlx::PgPool;

use super::session_cache::SessionCache;
use crate::{
    http::{dashboard_url::DashboardUrl, options::TransportSecurity},
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
    /// Whether this server sends mail.
    pub(super) sends_mail: bool,
}

impl PageContext {
    pub(crate) fn new(pool: PgPool, dashboard_url: Arc<DashboardUrl>, transport_security: TransportSecurity, visits: VisitCounter) -> Self {
        let limits = VisitorRateLimits::new(&pool);
        Self { pool, dashboard_url, limits, sessions: SessionCache::new(), transport_security, visits, sends_mail: false }
    }

    /// The same on a server that sends mail, or does not.
    pub(crate) fn with_mail(self, sends_mail: bool) -> Self {
        Self { sends_mail, ..self }
    }
}
