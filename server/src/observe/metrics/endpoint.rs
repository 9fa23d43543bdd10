//! Where metrics are read: `GET /metrics` on an address of its own, that nobody on the web needs to reach.

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
    http::connections::{self, PATIENCE},
};

/// How often what histograms have taken in is put into their buckets: until then each value takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// The page's address, where it is wanted and free. Metrics are kept from here on; without a page nothing is kept.
///
/// # Errors
/// An address was said, and can't be listened on.
pub(crate) async fn bind(wanted: Option<MetricsListen>) -> anyhow::Result<Option<TcpListener>> {
    let address = match wanted {
        Some(MetricsListen::Off) => return Ok(None),
        Some(MetricsListen::At(address)) => address,
        None => MetricsListen::DEFAULT,
    };
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        // Nobody asked for it: a second server on a machine need not end for that.
        Err(error) if wanted.is_none() => {
            tracing::info!(%address, %error, "there are no metrics: another address goes with --metrics-listen");
            return Ok(None);
        }
        Err(error) => {
            return Err(error).with_context(|| {
                format!("can't listen on {address} for metrics; another address or port goes with --metrics-listen, or none with off")
            });
        }
    };
    super::start()?;
    tracing::info!("metrics are at http://{}/metrics", listener.local_addr()?);
    Ok(Some(listener))
}

/// Serves the page until it is stopped.
pub(crate) async fn serve(listener: TcpListener, pool: PgPool, stopped: impl Future<Output = ()>) {
    let Ok(kept) = super::start() else { return };
    let upkeep = async {
        let mut every = tokio::time::interval(UPKEEP);
        loop {
            every.tick().await;
            kept.run_upkeep();
        }
    };
    tokio::select! {
        () = connections::serve(listener, router(kept, pool), PATIENCE, stopped) => {}
        never = upkeep => never,
    }
}

fn router(kept: &'static PrometheusHandle, pool: PgPool) -> Router {
    Router::new().route("/metrics", get(page)).with_state((kept, pool))
}

async fn page(State((kept, pool)): State<(&'static PrometheusHandle, PgPool)>) -> Response {
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    metrics::gauge!("database_connections", "state" => "idle").set(idle);
    metrics::gauge!("database_connections", "state" => "used").set(pool.size().saturating_sub(idle));
    metrics::gauge!("database_connections_limit").set(pool.options().get_max_connections());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], kept.render()).into_response()
}
