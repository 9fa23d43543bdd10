//! Under which host names the dashboard may be asked for (DNS rebinding), and that the process says how it is.

use app::{fixtures::session, redirects::Environment};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use axum_client_ip::ClientIpSource;
use server::http::options::{HttpOptions, TransportSecurity};
use server::measured::MaxConnections;
use sqlx::PgPool;

use crate::{
    common::{FORM, Site, instance_form, owner, request, store_my_app, with},
    html::{error_of, value},
};

const DASHBOARD: [&str; 6] = ["/", "/instances", "/instances/new", "/instances/my-app/redirects", "/nope", "/pkg/x"];

#[sqlx::test(migrations = "../migrations")]
async fn the_dashboard_answers_to_loopback_names_only(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for host in ["evil.example", "localhost.evil.example", "evil.example:3000", "127.0.0.1.evil.example", "192.168.0.1", "0.0.0.0", "", "["]
    {
        for path in DASHBOARD {
            assert_eq!(site.get_with(path, &[("host", host)]).await.status, StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
        }
        for path in ["/instances/new", "/instances/my-app/redirects", "/api/check_fallback"] {
            let answer = site.post_body(path, &[("host", host), ("content-type", FORM)], "").await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
        }
    }
    for host in ["localhost", "localhost:3000", "LOCALHOST:3000", "dash.localhost", "127.0.0.1:3000", "127.1.2.3", "[::1]:3000"] {
        assert_eq!(site.get_with("/instances", &[("host", host)]).await.status, StatusCode::OK, "{host}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_configured_name_is_the_dashboards_too(pool: PgPool) {
    let site = Site::under(&pool, Some("https://dash.example.com"));
    for host in ["dash.example.com", "DASH.example.com:8443"] {
        assert_eq!(site.get_with("/account/sign-in", &[("host", host)]).await.status, StatusCode::OK, "{host}");
    }
    for host in ["example.com", "localhost:3000", "127.0.0.1:3000", "a.dash.example.com", "dash.example.com.evil.example"] {
        assert_eq!(site.get_with("/account/sign-in", &[("host", host)]).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_process_says_how_it_is(pool: PgPool) {
    let site = Site::new(&pool).await;
    let (healthy, ready) = (site.get("/healthz").await, site.get("/readyz").await);
    assert_eq!((healthy.status, healthy.text()), (StatusCode::OK, "ok\n"));
    assert_eq!((ready.status, ready.text()), (StatusCode::OK, "ready\n"));
    pool.close().await;
    let (healthy, ready) = (site.get("/healthz").await, site.get("/readyz").await);
    assert_eq!((healthy.status, healthy.text()), (StatusCode::OK, "ok\n"));
    assert_eq!((ready.status, ready.text()), (StatusCode::SERVICE_UNAVAILABLE, "PostgreSQL does not answer, and nothing is in memory\n"));
}

#[sqlx::test(migrations = "../migrations")]
async fn probes_are_answered_under_any_host_and_behind_any_proxy(pool: PgPool) {
    for (dashboard_url, client_address) in [
        (None, ClientIpSource::ConnectInfo),
        (Some("https://dash.example.com"), ClientIpSource::ConnectInfo),
        (None, ClientIpSource::XRealIp),
    ] {
        let options = HttpOptions::new(client_address, MaxConnections::INTERNAL, TransportSecurity::default());
        for site in [Site::with_options(&pool, dashboard_url, options.clone()), Site::portal(&pool, dashboard_url, options)] {
            for host in ["10.0.0.7:3000", "[fd00::7]:3000", "evil.example", "dash.example.com", "localhost", "backend", ""] {
                for path in ["/healthz", "/readyz"] {
                    let answer = site.get_with(path, &[("host", host), ("x-forwarded-for", "192.0.2.1")]).await;
                    assert_eq!(answer.status, StatusCode::OK, "{host} {path}");
                    let head = site.send_bare(request(Method::HEAD, path, &[("host", host)]).body(Body::empty()).unwrap()).await;
                    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{host} {path}");
                }
            }
            let without_host = Request::builder().uri("/readyz").body(Body::empty()).unwrap();
            assert_eq!(site.send_bare(without_host).await.status, StatusCode::OK);
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_dashboards_own_host_is_no_portals(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::under(&pool, Some("https://accounts.myapp.com"));
    // An instance that was there before the dashboard came to its host.
    let answer = site.get_with("/sign-in", &[("host", "accounts.myapp.com")]).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    // Under its path, it still has one.
    assert_eq!(site.get_with("/portal/my-app/sign-in", &[("host", "accounts.myapp.com")]).await.status, StatusCode::OK);

    let token = session(&pool, owner(&pool).await.admin.unwrap()).await;
    let site = site.with_cookie(format!("__Host-portal-redirects-session={}", token.secret()));
    let headers = [("host", "accounts.myapp.com"), ("content-type", FORM)];
    for origin in ["https://accounts.myapp.com", "https://ACCOUNTS.myapp.com:8443"] {
        let form = with(with(instance_form(), "slug", "other"), "portal_origin", origin);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = site.post_body("/instances/new", &headers, body).await;
        let message = "The dashboard is at this host. Give the portal one of its own, like https://accounts.myapp.com.";
        assert_eq!((answer.status, error_of(answer.text(), "portal_origin").as_deref()), (StatusCode::UNPROCESSABLE_ENTITY, Some(message)));
        assert_eq!(value(answer.text(), "portal_origin"), origin);
    }
}
