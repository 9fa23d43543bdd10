//! Logs: one line per event, on standard error. They contain paths but never queries, because links carry personal data.

use tracing::Metadata;
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogFormat;

/// Starts logging.
///
/// # Errors
/// The filter is not valid.
pub(crate) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|error| anyhow::anyhow!("--log: {error}"))?;
    tracing_subscriber::registry().with(lines(format)).with(filter).with(filter_fn(is_allowed)).init();
    Ok(())
}

fn lines(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    match format {
        LogFormat::Pretty => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        // An event's fields stand next to its message, the fields of its request under "span".
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    }
}

/// Whether a line may be logged, whatever the filter. tower-http's CSRF check logs paths exactly as the client sent them.
fn is_allowed(line: &Metadata<'_>) -> bool {
    !line.target().starts_with("tower_http::csrf")
}
