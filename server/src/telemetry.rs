//! Logs: one line an event, on standard error. Paths only, never a query: links carry addresses of people.

use tracing::Metadata;
use tracing_subscriber::{EnvFilter, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

/// Begins to log.
///
/// # Errors
/// The filter can't be read.
pub(crate) fn start(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|error| anyhow::anyhow!("--log: {error}"))?;
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal).with_target(false);
    lines.finish().with(filter_fn(is_ours_to_say)).init();
    Ok(())
}

/// Whether a line may be logged at all, whatever the filter. tower-http's check of where posts come from repeats every path as it
/// was asked for.
fn is_ours_to_say(line: &Metadata<'_>) -> bool {
    !line.target().starts_with("tower_http::csrf")
}
