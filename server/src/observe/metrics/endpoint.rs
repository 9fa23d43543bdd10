//! The metrics endpoint: `GET /metrics` on its own address, which does not have to be public.

use std::{future::Future, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::{
    config::MetricsListen,
    http::connections::{self, HEADER_TIMEOUT},
};

/// How often histograms sort recorded values into their buckets. Until then, each value takes memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Listens on the configured address and starts recording. Returns `None` if metrics are off, or if none is configured and the default
/// is in use; then nothing is recorded.
///
/// # Errors
/// The server can't listen on the configured address.
pub(crate) async fn bind(configured: Option<MetricsListen>) -> anyhow::Result<Option<TcpListener>> {
    let address = match configured {
        Some(MetricsListen::Off) => return Ok(None),
        Some(MetricsListen::At(address)) => address,
        None => MetricsListen::DEFAULT,
    };
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        // A second server on the same machine must still start.
        Err(error) if configured.is_none() => {
            tracing::info!(%address, %error, "metrics are off, because the default address is not available; choose another one with --metrics-listen");
            return Ok(None);
        }
        Err(error) => {
            return Err(error).with_context(|| {
                format!("can't listen on {address} for metrics; choose another address or port with --metrics-listen, or `off`")
            });
        }
    };
    super::start()?;
    tracing::info!("metrics are at http://{}/metrics", listener.local_addr()?);
    Ok(Some(listener))
}

/// Serves the endpoint until `stopped` completes.
pub(crate) async fn serve(listener: TcpListener, pool: PgPool, stopped: impl Future<Output = ()>) {
    let Ok(recorder) = super::start() else { return };
    let upkeep = async {
        let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            ticks.tick().await;
            recorder.run_upkeep();
        }
    };
    tokio::select! {
        () = connections::serve(listener, router(recorder, pool), HEADER_TIMEOUT, stopped) => {}
        never = upkeep => never,
    }
}

fn router(recorder: &'static PrometheusHandle, pool: PgPool) -> Router {
    Router::new().route("/metrics", get(render)).with_state((recorder, pool))
}

async fn render(State((recorder, pool)): State<(&'static PrometheusHandle, PgPool)>) -> Response {
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    metrics::gauge!("database_connections", "state" => "idle").set(idle);
    metrics::gauge!("database_connections", "state" => "used").set(pool.size().saturating_sub(idle));
    metrics::gauge!("database_connections_limit").set(pool.options().get_max_connections());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], recorder.render()).into_response()
}
