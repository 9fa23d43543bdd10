//! Metrics for Prometheus. Labels are route templates, methods and this program's own names, never input from visitors.

mod endpoint;
mod requests;
mod resolutions;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

pub(crate) use endpoint::{bind, serve};
pub(crate) use requests::{Counting, Route};
pub(crate) use resolutions::count_resolution;

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    /// Of durations, in seconds.
    Histogram,
}

/// Every metric of the server: its type, its name and its help text.
const METRICS: [(Kind, &str, &str); 29] = [
    (Kind::Counter, "http_requests_total", "Requests, by route template, method and status"),
    (Kind::Histogram, "http_request_duration_seconds", "Time from a request's headers to its response's headers, by route template"),
    (
        Kind::Counter,
        "portal_resolutions_total",
        "Resolved visits, by flow, source of the target, and reason for refusing the first refused candidate",
    ),
    (
        Kind::Counter,
        "portal_snapshot_lookups_total",
        "Instance lookups by result: hit (in memory), miss (loaded), unknown (no such instance), failed (could not be loaded)",
    ),
    (Kind::Counter, "portal_visits_total", "Counted visits"),
    (
        Kind::Counter,
        "portal_visits_merged_total",
        "Counts of visits whose shape was not kept apart: they are counted by flow and reason as \"others\"",
    ),
    (Kind::Gauge, "portal_visits_flushed_timestamp_seconds", "When all counted visits were last stored, in seconds since 1970"),
    (Kind::Gauge, "portal_snapshot_entries", "Instances in memory"),
    (Kind::Gauge, "portal_snapshot_bytes", "Memory used by instances, in bytes"),
    (
        Kind::Gauge,
        "portal_snapshot_age_seconds",
        "Time since the last contact with PostgreSQL, or since the start if there was none, in seconds",
    ),
    (Kind::Histogram, "portal_propagation_seconds", "Time from a save until this server serves it"),
    (Kind::Gauge, "portal_listener_connected", "Whether the server receives PostgreSQL's notifications: 1 or 0"),
    (Kind::Counter, "portal_target_checks_total", "Checks of what fallback redirects, home URLs and portal origins lead to, by result"),
    (Kind::Counter, "portal_target_changes_total", "Targets whose check had another result than the one before, by the new result"),
    (Kind::Counter, "mail_messages_total", "Mails by result: sent, retried, failed, or dropped because there was nothing to say"),
    (Kind::Gauge, "mail_outbox_messages", "Mails in the outbox, by state: waiting or failed"),
    (Kind::Gauge, "mail_outbox_oldest_seconds", "For how long the oldest mail has waited, in seconds"),
    (Kind::Gauge, "database_connections", "Database connections, by state: idle or used"),
    (Kind::Gauge, "database_connections_limit", "Maximum number of database connections"),
    (Kind::Counter, "traces_failed_total", "Failed attempts to send spans to the trace collector"),
    (Kind::Gauge, "portal_redirects_build_info", "The running version as a label; the value is always 1"),
    (Kind::Gauge, "process_start_time_seconds", "Start time of the process, in seconds since 1970"),
    (Kind::Counter, "process_cpu_seconds_total", "CPU time that the process has used, in seconds"),
    (Kind::Gauge, "process_resident_memory_bytes", "Memory that the process uses, in bytes"),
    (Kind::Gauge, "process_virtual_memory_bytes", "Virtual memory of the process, in bytes"),
    (Kind::Gauge, "process_virtual_memory_max_bytes", "Limit of the process's virtual memory, in bytes"),
    (Kind::Gauge, "process_open_fds", "Open files of the process; each connection is one"),
    (Kind::Gauge, "process_max_fds", "Limit of the process's open files"),
    (Kind::Gauge, "process_threads", "Threads of the process"),
];

/// Upper bounds of the histogram buckets, in seconds. Responses from memory take less than a millisecond, password hashes some tenths
/// of a second, and a save should be live everywhere within 0.25 seconds.
const BUCKETS: [f64; 15] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts recording metrics, once per process. Earlier events are not counted.
///
/// # Errors
/// Another recorder is already installed in this process.
pub fn start() -> anyhow::Result<&'static PrometheusHandle> {
    RECORDER.get_or_init(install).as_ref().ok_or_else(|| anyhow::anyhow!("another metrics recorder is already installed in this process"))
}

fn install() -> Option<PrometheusHandle> {
    let histograms = METRICS.into_iter().filter(|(kind, ..)| *kind == Kind::Histogram);
    let mut builder = PrometheusBuilder::new();
    for (_, name, _) in histograms {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), &BUCKETS).ok()?;
    }
    let recorder = builder.install_recorder().ok()?;
    for (kind, name, help) in METRICS {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, help),
        }
    }
    metrics::gauge!("portal_redirects_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    measure_process();
    Some(recorder)
}

/// Measures the process: its memory, CPU time, open files and threads, and when it started.
fn measure_process() {
    metrics_process::Collector::default().collect();
}

/// Whether this process records metrics.
pub(crate) fn are_kept() -> bool {
    matches!(RECORDER.get(), Some(Some(_)))
}

#[cfg(test)]
mod tests;
