//! The options themselves: what `serve` would refuse, and what it would only warn of.

use axum_client_ip::ClientIpSource;

use super::report::Report;
use crate::{
    config::Config,
    database::check_urls,
    http::{dashboard_url::DashboardUrl, insecure_http::check_transport},
    process::file_limit,
};

/// Checks the options.
pub(super) fn check(config: &Config, report: &mut Report) {
    let before = report.problems();
    for checked in [check_transport(config), check_urls(config), DashboardUrl::new(config.dashboard_url.clone(), config.listen).map(|_| ())]
    {
        if let Err(error) = checked {
            report.problem("options", format!("{error:#}"));
        }
    }
    if let Err(error) = file_limit::raise().and_then(|files| config.max_connections(files)) {
        report.problem("options", format!("{error:#}"));
    }
    if config.is_behind_proxy() && config.client_address == ClientIpSource::ConnectInfo {
        report.problem(
            "options",
            "behind a proxy, every client has its address. Set --client-address to the header that the proxy sets, like XRealIp.",
        );
    }
    if report.problems() == before {
        report.ok("options", "they can be served with");
    }
}
