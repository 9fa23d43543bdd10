//! Traces: each request as a span, sent to a collector by OTLP where one is configured by OpenTelemetry's own variables
//! (`OTEL_EXPORTER_OTLP_ENDPOINT` and its like). Spans hold what the log may hold, and no more.

mod requests;
mod sender;

use std::{env, sync::OnceLock, time::Duration};

use anyhow::Context;
use opentelemetry::{Key, KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};

pub(crate) use requests::traced;
use sender::Sender;

/// How long the last spans may take to be sent when the server ends.
const GRACE: Duration = Duration::from_secs(3);

/// The name of this program in traces, unless `OTEL_SERVICE_NAME` says another.
const SERVICE: &str = "portal-redirects";

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Begins to send traces, where a collector is configured; `None` where none is.
///
/// # Errors
/// What is configured can't be understood.
pub(crate) fn start() -> anyhow::Result<Option<SdkTracerProvider>> {
    if !is_configured(|name| env::var(name).ok()) {
        return Ok(None);
    }
    let sender = Sender::new(tokio::runtime::Handle::current());
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(sender).build();
    let exporter = exporter.context("traces can't be sent as the OTEL_EXPORTER_OTLP_ variables say")?;
    let provider = SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
    TRACER.get_or_init(|| provider.tracer(SERVICE));
    tracing::info!("traces are sent by OTLP");
    Ok(Some(provider))
}

/// Whether requests become spans in this process.
pub(crate) fn are_sent() -> bool {
    TRACER.get().is_some()
}

/// Sends what is left, if it can be done soon.
pub(crate) async fn stop(provider: Option<SdkTracerProvider>) {
    let Some(provider) = provider else { return };
    // It waits for a thread of its own.
    let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(GRACE)).await;
    if !matches!(stopped, Ok(Ok(()))) {
        tracing::warn!("the last traces could not be sent");
    }
}

/// Whether OpenTelemetry's variables ask for traces.
fn is_configured(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name| variable(name).is_some_and(|value| !value.trim().is_empty());
    let is = |name, what: &str| variable(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(what));
    let somewhere = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || set("OTEL_EXPORTER_OTLP_ENDPOINT");
    somewhere && !is("OTEL_SDK_DISABLED", "true") && !is("OTEL_TRACES_EXPORTER", "none")
}

/// What sends the spans: this program in this version, and what `OTEL_RESOURCE_ATTRIBUTES` says besides.
fn resource() -> Resource {
    let said = Resource::builder().build().get(&Key::from_static_str("service.name"));
    let said = said.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let builder = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if said { builder.build() } else { builder.with_service_name(SERVICE).build() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_sent_where_a_collector_is_named_and_nobody_says_no() {
        let asked = |said: &[(&str, &str)]| {
            is_configured(|name| said.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        let somewhere = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(asked(&[somewhere]));
        assert!(asked(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces")]));
        assert!(!asked(&[]));
        assert!(!asked(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]));
        assert!(!asked(&[somewhere, ("OTEL_SDK_DISABLED", "TRUE")]));
        assert!(!asked(&[somewhere, ("OTEL_TRACES_EXPORTER", "none")]));
    }
}
