//! Logs: one line an event, on standard error. Paths only, never a query: links carry addresses of people.

use tracing_subscriber::EnvFilter;

/// Begins to log.
///
/// # Errors
/// The filter can't be read.
pub(crate) fn start(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|error| anyhow::anyhow!("--log: {error}"))?;
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal).with_target(false).init();
    Ok(())
}
