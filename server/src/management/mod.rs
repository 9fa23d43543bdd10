//! The management API: settings, redirects, origins and what becomes of links, for programs with an API token. It calls the same functions
//! as the dashboard, so a program can do nothing that its token's maker can't do there.
//!
//! `caller.rs` says who calls, `request.rs` is what requests about one instance share, `input.rs` and `json.rs` read strictly, `etag.rs`
//! refuses a write whose sender has not read the version that it replaces, `problem.rs` is every error, and each of the other files is a
//! resource. `openapi.rs` describes all of them, from the code, and `page.rs` shows that to people.

mod activity;
mod allowed_origins;
mod caller;
mod change;
mod etag;
mod history;
mod idempotency;
mod input;
mod instances;
mod json;
mod members;
mod openapi;
mod page;
mod problem;
mod rate_limit;
mod redirects;
mod request;
mod resolve;
mod routes;

use std::{sync::Arc, time::Duration};

use app::instances::save::DashboardHost;
use sqlx::PgPool;

use crate::{dashboard::Dashboard, http::turns::Turns};

use rate_limit::TokenRateLimit;
pub(crate) use routes::router;

/// A token may send 3,000 requests at once, as a pipeline does that applies a thousand instances. It gets one back every 20 ms, which is 50 a
/// second.
const BURST: u32 = 3000;
const INTERVAL: Duration = Duration::from_millis(20);

/// What the routes share.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    pool: PgPool,
    dashboard_host: DashboardHost,
    requires_second_factor: bool,
    /// How many requests each token may send, by its hash.
    rate_limit: Arc<TokenRateLimit>,
    /// The turns of admins to have long lists checked, which the dashboard gives too.
    lists: Arc<Turns<i64>>,
}

impl Management {
    /// The API beside a dashboard.
    pub(crate) fn new(dashboard: &Dashboard) -> Self {
        Self {
            pool: dashboard.pool.clone(),
            dashboard_host: DashboardHost(dashboard.url.own_host()),
            requires_second_factor: dashboard.second_factor.is_required,
            rate_limit: Arc::new(TokenRateLimit::new(BURST, INTERVAL)),
            lists: Arc::clone(&dashboard.lists),
        }
    }
}
