//! Observability: logs, metrics, traces.

pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod traces;

pub(crate) use app::sampled;
