//! Metrics: what is counted and measured while the server runs, for Prometheus to read. Labels are routes, methods and names of
//! this program, never anything that a visitor has said.

mod page;
mod requests;
mod resolutions;

use std::{
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

pub(crate) use page::{bind, serve};
pub(crate) use requests::{Counting, Route};
pub(crate) use resolutions::count_resolution;

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    /// In seconds.
    Histogram,
}

/// Every metric of the server: its kind, its name, and what Prometheus says of it.
const DESCRIBED: [(Kind, &str, &str); 14] = [
    (Kind::Counter, "http_requests_total", "Requests that were answered, by route template, method and status"),
    (Kind::Histogram, "http_request_duration_seconds", "From a request's head to its answer's head, by route template"),
    (
        Kind::Counter,
        "portal_resolutions_total",
        "Visits resolved, by flow, source of the target, and why the first refused candidate was refused",
    ),
    (
        Kind::Counter,
        "portal_snapshot_lookups_total",
        "Instances asked for: hit (in memory), miss (loaded), unknown (there is none), failed (could not be loaded)",
    ),
    (Kind::Gauge, "portal_snapshot_entries", "Instances in memory"),
    (Kind::Gauge, "portal_snapshot_bytes", "What the instances in memory take, in bytes"),
    (Kind::Gauge, "portal_snapshot_age_seconds", "Since PostgreSQL was last heard from, in seconds"),
    (Kind::Histogram, "portal_propagation_seconds", "From a save to its being served here"),
    (Kind::Gauge, "portal_listener_connected", "Whether PostgreSQL's notifications are listened to: 1 or 0"),
    (Kind::Gauge, "database_connections", "Connections to the database, by state: idle or used"),
    (Kind::Gauge, "database_connections_limit", "Most connections to the database at once"),
    (Kind::Counter, "traces_failed_total", "Batches of spans that the collector did not take, tries included"),
    (Kind::Gauge, "portal_redirects_build_info", "The version that runs, as a label; the value is 1"),
    (Kind::Gauge, "process_start_time_seconds", "When the process began, in seconds since 1970"),
];

/// Upper ends of the buckets of histograms, in seconds: answers from memory take less than a millisecond, a save with its hash
/// of a password some tenths, and the portal's promise for a save to be live everywhere is 0.25.
const BUCKETS: [f64; 15] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

static KEPT: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to keep metrics, once for the whole process; what was recorded before is not counted.
///
/// # Errors
/// Somebody else keeps them already.
pub fn start() -> anyhow::Result<&'static PrometheusHandle> {
    KEPT.get_or_init(keep).as_ref().ok_or_else(|| anyhow::anyhow!("metrics are kept by something else in this process"))
}

fn keep() -> Option<PrometheusHandle> {
    let histograms = DESCRIBED.into_iter().filter(|(kind, ..)| *kind == Kind::Histogram);
    let mut builder = PrometheusBuilder::new();
    for (_, name, _) in histograms {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), &BUCKETS).ok()?;
    }
    let kept = builder.install_recorder().ok()?;
    for (kind, name, text) in DESCRIBED {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, text),
            Kind::Gauge => metrics::describe_gauge!(name, text),
            Kind::Histogram => metrics::describe_histogram!(name, text),
        }
    }
    metrics::gauge!("portal_redirects_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    if let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) {
        metrics::gauge!("process_start_time_seconds").set(now.as_secs_f64());
    }
    Some(kept)
}

/// Whether metrics are kept in this process.
pub(crate) fn are_kept() -> bool {
    matches!(KEPT.get(), Some(Some(_)))
}

#[cfg(test)]
mod tests;
