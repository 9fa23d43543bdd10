//! Traces: one span per request, sent by OTLP if OpenTelemetry's environment variables name a collector
//! (`OTEL_EXPORTER_OTLP_ENDPOINT` and others). Spans contain only what the log may contain.

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

/// How long sending the last spans may take when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The default service name in traces.
const SERVICE_NAME: &str = "portal-redirects";

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Starts sending traces. Returns `None` if no collector is configured.
///
/// # Errors
/// OpenTelemetry's variables are not valid.
pub(crate) fn start() -> anyhow::Result<Option<SdkTracerProvider>> {
    if !is_enabled(|name| env::var(name).ok()) {
        return Ok(None);
    }
    let sender = Sender::new(tokio::runtime::Handle::current())?;
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(sender).build();
    let exporter = exporter.context("can't send traces with these OTEL_EXPORTER_OTLP_ variables")?;
    let provider = SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
    TRACER.get_or_init(|| provider.tracer(SERVICE_NAME));
    tracing::info!("sending traces by OTLP");
    Ok(Some(provider))
}

/// Whether this process sends traces.
pub(crate) fn are_sent() -> bool {
    TRACER.get().is_some()
}

/// Sends the remaining spans, for at most [`SHUTDOWN_TIMEOUT`].
pub(crate) async fn stop(provider: Option<SdkTracerProvider>) {
    let Some(provider) = provider else { return };
    // This blocks until the exporter's own thread has finished.
    let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT)).await;
    if !matches!(stopped, Ok(Ok(()))) {
        tracing::warn!("could not send the last traces");
    }
}

/// Whether OpenTelemetry's variables enable traces.
fn is_enabled(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name| variable(name).is_some_and(|value| !value.trim().is_empty());
    let is = |name, expected: &str| variable(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(expected));
    let has_endpoint = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || set("OTEL_EXPORTER_OTLP_ENDPOINT");
    has_endpoint && !is("OTEL_SDK_DISABLED", "true") && !is("OTEL_TRACES_EXPORTER", "none")
}

/// The sender of the spans: service name, version, and the attributes from `OTEL_RESOURCE_ATTRIBUTES`.
fn resource() -> Resource {
    let name = Resource::builder().build().get(&Key::from_static_str("service.name"));
    let is_configured = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let builder = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if is_configured { builder.build() } else { builder.with_service_name(SERVICE_NAME).build() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_sent_if_a_collector_is_named_and_they_are_not_disabled() {
        let enabled = |variables: &[(&str, &str)]| {
            is_enabled(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(enabled(&[endpoint]));
        assert!(enabled(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces")]));
        assert!(!enabled(&[]));
        assert!(!enabled(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]));
        assert!(!enabled(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]));
        assert!(!enabled(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]));
    }
}
