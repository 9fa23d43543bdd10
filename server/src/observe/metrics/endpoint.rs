//! The metrics endpoint: `GET /metrics` on its own address, which does not have to be public.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::{
    config::MetricsListen,
    http::{
        connections::{self, HEADER_TIMEOUT},
        dashboard_url::is_loopback,
        host::{host_of, is_plain},
    },
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
pub(crate) async fn serve(listener: TcpListener, pool: PgPool, hosts: Vec<String>, stopped: impl Future<Output = ()>) {
    let Ok(recorder) = super::start() else { return };
    let upkeep = async {
        let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            ticks.tick().await;
            recorder.run_upkeep();
        }
    };
    tokio::select! {
        () = connections::serve(listener, router(recorder, pool, hosts), HEADER_TIMEOUT, stopped) => {}
        never = upkeep => never,
    }
}

fn router(recorder: &'static PrometheusHandle, pool: PgPool, hosts: Vec<String>) -> Router {
    let hosts: Arc<[String]> = hosts.into();
    Router::new().route("/metrics", get(render)).with_state((recorder, pool)).layer(middleware::from_fn_with_state(hosts, guard_host))
}

/// Answers only to IP addresses, loopback names and configured names. Otherwise any site could point its own name to this machine and
/// read the metrics with a browser of its network (DNS rebinding).
async fn guard_host(State(hosts): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let host = host_of(&request).filter(|_| is_plain(request.headers(), request.uri()));
    let is_known = host.is_some_and(|host| {
        let is_address = matches!(url::Host::parse(&host), Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)));
        is_address || is_loopback(&host) || hosts.iter().any(|name| name.eq_ignore_ascii_case(&host))
    });
    if is_known {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "Metrics are not served under this host name. Add it to --metrics-hosts.\n").into_response()
}

async fn render(State((recorder, pool)): State<(&'static PrometheusHandle, PgPool)>) -> Response {
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    metrics::gauge!("database_connections", "state" => "idle").set(idle);
    metrics::gauge!("database_connections", "state" => "used").set(pool.size().saturating_sub(idle));
    metrics::gauge!("database_connections_limit").set(pool.options().get_max_connections());
    super::measure_process();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], recorder.render()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::HeaderValue};
    use tower::ServiceExt;

    use super::*;

    async fn ask(hosts: &[&str]) -> StatusCode {
        let pool = PgPool::connect_lazy("postgres://localhost/none").unwrap();
        let router = router(super::super::start().unwrap(), pool, vec!["prometheus.internal".to_owned()]);
        let mut request = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
        for host in hosts {
            request.headers_mut().append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn metrics_are_for_addresses_loopback_names_and_configured_names() {
        for host in ["127.0.0.1:9464", "10.0.0.7:9464", "[::1]:9464", "[2001:db8::1]", "localhost:9464", "Prometheus.internal:9464"] {
            assert_eq!(ask(&[host]).await, StatusCode::OK, "{host}");
        }
        for hosts in [
            &["evil.test:9464"][..],
            &[],
            &["localhost.evil.test"],
            &["x@localhost"],
            &["localhost", "localhost"],
            &["sub.prometheus.internal"],
        ] {
            assert_eq!(ask(hosts).await, StatusCode::MISDIRECTED_REQUEST, "{hosts:?}");
        }
    }
}
