//! What the hosted pages of all instances share.

use std::sync::Arc;

use sqlx::PgPool;

use super::session_cache::SessionCache;
use crate::{http::dashboard_url::Reach, portal::rate_limits::VisitorRateLimits};

/// What the pages of all instances share.
#[derive(Clone, Debug)]
pub(crate) struct PageContext {
    pub(super) pool: PgPool,
    pub(super) reach: Arc<Reach>,
    pub(super) limits: VisitorRateLimits,
    pub(super) sessions: SessionCache,
}

impl PageContext {
    pub(crate) fn new(pool: PgPool, reach: Arc<Reach>) -> Self {
        Self { pool, reach, limits: VisitorRateLimits::new(), sessions: SessionCache::new() }
    }
}
