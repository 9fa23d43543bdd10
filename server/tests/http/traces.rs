//! Traces of the real server: a collector gets its requests as spans.

use std::net::TcpListener;

use app::redirects::Environment;
use sqlx::{ConnectOptions, PgPool};

use crate::{collector::Collector, common::store_my_app, process::Server};

const ASKED: &str = "/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https://myapp.com/xqmarkx";

#[sqlx::test(migrations = "../migrations")]
async fn a_collector_gets_each_request_with_its_route_and_without_its_query(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let collector = Collector::start();
    let url = pool.connect_options().to_url_lossy();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20key"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
    ];
    let server = Server::start(url.as_str(), &["--metrics-listen", "off"], &variables);
    let trace = [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c];
    let parent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    let answer = server.send(&format!("GET {ASKED} HTTP/1.1\r\nhost: {}\r\n{parent}connection: close\r\n\r\n", server.address));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    // What is left is sent before it ends.
    server.stop();
    let (heads, bodies) = (collector.heads(), collector.bodies());
    assert!(heads.iter().all(|head| head.starts_with("post /v1/traces ")) && !heads.is_empty(), "{heads:?}");
    assert!(heads[0].contains("content-type: application/x-protobuf") && heads[0].contains("x-key: a key"), "{heads:?}");
    for told in ["GET /portal/{slug}/v1/resolve", "/portal/my-app/v1/resolve", "http.response.status_code", "portal-redirects", id] {
        assert!(bodies.contains(told), "{told}: {bodies}");
    }
    assert!(collector.holds(&trace), "it goes on with the trace that it belongs to");
    assert!(!bodies.contains("xqmarkx") && !bodies.contains("redirect_url"), "{bodies}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_collector_that_is_away_keeps_nobody_from_being_served_or_the_server_from_ending(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = pool.connect_options().to_url_lossy();
    let endpoint = format!("http://{nobody}");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "10")];
    let server = Server::start(url.as_str(), &["--metrics-listen", "off"], &variables);
    assert!(server.get(ASKED, "").starts_with("HTTP/1.1 200 "));
    server.logged("the trace collector does not accept spans");
    assert!(server.get(ASKED, "").starts_with("HTTP/1.1 200 "));
    server.stop();
}
