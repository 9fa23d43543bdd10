//! The management API: settings, redirects, origins and what becomes of links, for programs with an API token. It calls the same functions
//! as the dashboard, so a program can do nothing that its token's maker can't do there.
//!
//! `caller.rs` says who calls, `request.rs` is what requests about one instance
//! have in common, `input.rs` reads requests strictly, `etag.rs` keeps writes from replacing what nobody has seen, `problem.rs`
//! is every error, and each of the other files is a resource. `openapi.rs` describes all of them, from the code, and
//! `page.rs` shows that to people.

mod activity;
mod allowed_origins;
mod caller;
mod change;
mod etag;
mod history;
mod idempotency;
mod input;
mod instances;
mod members;
mod openapi;
mod page;
mod problem;
mod redirects;
mod request;
mod resolve;
mod routes;

use std::{sync::Arc, time::Duration};

use app::instances::save::DashboardHost;
use sqlx::PgPool;

use crate::{
    config::SecondFactor,
    http::{dashboard_url::DashboardUrl, rate_limit::RateLimit, turns::Turns},
};

pub(crate) use routes::router;

/// How many requests a token has at once, and after how long each of them comes back: fifty a second, for good. A pipeline that
/// applies a thousand instances sends three thousand.
const BURST: u32 = 3000;
const INTERVAL: Duration = Duration::from_millis(20);

/// How many lists of links one maker may have checked at a time, and all together.
const MAX_LISTS_OF_MAKER: usize = 2;
const MAX_LISTS: usize = 4;

/// What the routes share.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    pool: PgPool,
    dashboard_host: DashboardHost,
    requires_second_factor: bool,
    /// How many requests each token may send.
    rate_limit: Arc<RateLimit<i64>>,
    /// The turns of makers to have lists checked.
    lists: Arc<Turns<i64>>,
}

impl Management {
    /// The API over these connections.
    pub(crate) fn new(pool: PgPool, dashboard_url: &DashboardUrl, second_factor: &SecondFactor) -> Self {
        Self {
            pool,
            dashboard_host: DashboardHost(dashboard_url.own_host()),
            requires_second_factor: second_factor.is_required,
            rate_limit: Arc::new(RateLimit::new(BURST, INTERVAL)),
            lists: Arc::new(Turns::new(MAX_LISTS_OF_MAKER, MAX_LISTS)),
        }
    }
}
