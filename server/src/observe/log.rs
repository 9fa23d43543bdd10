//! Logs: one line an event, on standard error. Paths only, never a query: links carry addresses of people.

use tracing::Metadata;
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogFormat;

/// Begins to log.
///
/// # Errors
/// The filter can't be read.
pub(crate) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|error| anyhow::anyhow!("--log: {error}"))?;
    tracing_subscriber::registry().with(lines(format)).with(filter).with(filter_fn(is_ours_to_say)).init();
    Ok(())
}

fn lines(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    match format {
        LogFormat::Pretty => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        // An event's own fields beside its message; those of the request that it belongs to in "span".
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    }
}

/// Whether a line may be logged at all, whatever the filter. tower-http's check of where posts come from repeats every path as it
/// was asked for.
fn is_ours_to_say(line: &Metadata<'_>) -> bool {
    !line.target().starts_with("tower_http::csrf")
}
