//! What can be seen of a running server from outside: logs, metrics, traces.

pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod traces;
