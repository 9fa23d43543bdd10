//! Observability: logs, metrics, traces.

pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod sampled;
pub(crate) mod traces;
