use std::net::SocketAddr;

use axum::http::HeaderName;
use clap::Parser;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::cli::Cli;

fn checked(flags: &[&str]) -> Result<(), String> {
    let cli = Cli::parse_from([&["portal-redirects"], flags].concat());
    check_transport(&cli.config).map_err(|error| error.to_string())
}

#[test]
fn without_tls_only_private_networks_are_served_and_only_if_asked_for() {
    for flags in [
        &[][..],
        &["--listen", "0.0.0.0:3000", "--role", "portal"],
        &["--listen", "0.0.0.0:3000", "--dashboard-url", "https://dashboard.myapp.com"],
        &["--listen", "0.0.0.0:3000", "--insecure-http"],
        &["--listen", "192.168.1.5:3000", "--insecure-http"],
        &["--listen", "[fd00::1]:3000", "--insecure-http", "--dashboard-url", "http://[fd00::1]:3000"],
        &["--listen", "0.0.0.0:3000", "--insecure-http", "--dashboard-url", "http://192.168.1.5:8080"],
    ] {
        assert_eq!(checked(flags), Ok(()), "{flags:?}");
    }
    for (flags, fix) in [
        (&["--listen", "0.0.0.0:3000"][..], "use --insecure-http"),
        (&["--listen", "192.168.1.5:3000"], "use --insecure-http"),
        (&["--dashboard-url", "http://192.168.1.5:3000"], "use --insecure-http"),
        (&["--role", "portal", "--dashboard-url", "http://192.168.1.5:3000"], "use --insecure-http"),
        (&["--insecure-http", "--dashboard-url", "https://dashboard.myapp.com"], "Leave one of them out"),
        (&["--insecure-http", "--client-address", "RightmostXForwardedFor"], "Leave out --client-address"),
        (&["--insecure-http", "--listen", "8.8.8.8:3000"], "8.8.8.8 is a public address"),
        (&["--insecure-http", "--listen", "[2606:4700::1]:3000"], "is a public address"),
    ] {
        assert!(checked(flags).unwrap_err().contains(fix), "{flags:?}");
    }
}

#[test]
fn private_addresses_are_those_of_this_machine_of_links_and_of_private_networks() {
    for address in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.1.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ] {
        assert!(is_private(address.parse().unwrap()), "{address}");
    }
    for address in ["8.8.8.8", "172.32.0.1", "100.64.0.1", "0.0.0.0", "2606:4700::1", "::", "::ffff:8.8.8.8", "2002:a00:1::1"] {
        assert!(!is_private(address.parse().unwrap()), "{address}");
    }
}

async fn status(client: &str, insecure_http: bool, header: Option<&str>) -> StatusCode {
    let client: SocketAddr = client.parse().unwrap();
    let answer = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let mut request = Request::new(Body::empty());
    if let Some(header) = header {
        request.headers_mut().insert(HeaderName::try_from(header).unwrap(), "10.0.0.1".parse().unwrap());
    }
    ForClient::new(answer, client.ip(), insecure_http).oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn clients_outside_the_private_network_are_refused_under_insecure_http() {
    for client in ["127.0.0.1:1", "192.168.1.7:1", "[fd00::7]:1", "[::ffff:10.0.0.7]:1"] {
        assert_eq!(status(client, true, None).await, StatusCode::OK, "{client}");
        // A visitor's own proxy adds it as well.
        assert_eq!(status(client, true, Some("via")).await, StatusCode::OK, "{client}");
        // A proxy hides who asks.
        for header in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-real-ip",
            "cf-connecting-ip",
            "cloudfront-viewer-address",
            "fly-client-ip",
            "true-client-ip",
            "x-envoy-external-address",
        ] {
            assert_eq!(status(client, true, Some(header)).await, StatusCode::FORBIDDEN, "{client} {header}");
            assert_eq!(status(client, false, Some(header)).await, StatusCode::OK, "{client} {header}");
        }
    }
    for client in ["203.0.113.7:1", "[2001:db8::7]:1"] {
        assert_eq!(status(client, true, None).await, StatusCode::FORBIDDEN, "{client}");
        assert_eq!(status(client, false, None).await, StatusCode::OK, "{client}");
    }
}
