//! A proxy that is not set up is told so: each host, with and without forwarding headers, for each source of the client's address.

use app::{
    portal::view::PROXIES,
    redirects::{Environment, Settings},
};
use axum::http::StatusCode;
use axum_client_ip::ClientIpSource;
use server::{
    http::options::{HttpOptions, TransportSecurity},
    measured::MaxConnections,
};
use sqlx::PgPool;

use crate::{
    common::{Answer, FORM, Site, other_app, store_instance, store_my_app},
    html::text,
};

const DASHBOARD: &str = "dash.example.com";
const PORTAL: &str = "accounts.myapp.com";

fn site(pool: &PgPool, dashboard_url: &str, client_address: ClientIpSource) -> Site {
    let options = HttpOptions::new(client_address, MaxConnections::INTERNAL, TransportSecurity::default());
    Site::with_options(pool, Some(dashboard_url), options)
}

/// Every proxy's lines are on the page, and no script.
#[track_caller]
fn assert_explains(answer: &Answer, status: StatusCode, context: &str) {
    assert_eq!(answer.status, status, "{context}");
    let said = if answer.header("content-type").starts_with("text/html") {
        let policy = answer.header("content-security-policy");
        assert!(!answer.text().contains("<script") && policy.contains("default-src 'none'; style-src 'sha256-"), "{context}");
        text(answer.text())
    } else {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{context}");
        assert_eq!(answer.json()["status"], status.as_u16(), "{context}");
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    for line in PROXIES.iter().flat_map(|proxy| proxy.lines) {
        assert!(said.contains(line), "{context} {line}: {said}");
    }
    assert!(said.contains("--client-address XRealIp") && said.contains("--dashboard-url"), "{context}: {said}");
    assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("strict-transport-security"), "{context}");
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_tls_a_wrong_host_or_an_unread_client_address_gets_what_to_set(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let (fine, wrong_host, unread) = (StatusCode::OK, StatusCode::MISDIRECTED_REQUEST, StatusCode::BAD_REQUEST);
    let forwarded = ("x-forwarded-for", "192.0.2.7");
    // The host, what is asked for there, and its status: without forwarding headers, with them, and with them where they are read.
    let cases = [
        (DASHBOARD, "/account/sign-in", [fine, unread, fine]),
        (DASHBOARD, "/portal/my-app/sign-in", [fine, unread, fine]),
        (DASHBOARD, "/portal/my-app/v1/redirects", [fine, fine, fine]),
        (DASHBOARD, "/management/v1/openapi.json", [fine, unread, fine]),
        (PORTAL, "/sign-in", [fine, unread, fine]),
        (PORTAL, "/v1/redirects", [fine, fine, fine]),
        ("127.0.0.1:3000", "/account/sign-in", [wrong_host, unread, wrong_host]),
        ("127.0.0.1:3000", "/sign-in", [wrong_host, unread, wrong_host]),
        ("127.0.0.1:3000", "/portal/my-app/sign-in", [wrong_host, unread, wrong_host]),
        ("127.0.0.1:3000", "/v1/redirects", [wrong_host, wrong_host, wrong_host]),
        ("127.0.0.1:3000", "/portal/my-app/v1/redirects", [fine, fine, fine]),
        ("127.0.0.1:3000", "/management/v1/instances", [wrong_host, unread, wrong_host]),
        ("localhost", "/account/sign-in", [wrong_host, unread, wrong_host]),
        ("[::1]:3000", "/account/sign-in", [wrong_host, unread, wrong_host]),
        ("backend:3000", "/account/sign-in", [wrong_host, unread, wrong_host]),
        ("evil.example", "/account/sign-in", [wrong_host, unread, wrong_host]),
        ("", "/account/sign-in", [wrong_host, unread, wrong_host]),
    ];
    let direct = site(&pool, "https://dash.example.com", ClientIpSource::ConnectInfo);
    let behind = site(&pool, "https://dash.example.com", ClientIpSource::XRealIp);
    for (host, path, statuses) in cases {
        for accept in ["text/html,application/xhtml+xml", "*/*", "application/json"] {
            let common = [("host", host), ("accept", accept)];
            let with = [common[0], common[1], forwarded];
            let proxied = [common[0], common[1], forwarded, ("x-real-ip", "192.0.2.7")];
            let answers = [direct.get_with(path, &common).await, direct.get_with(path, &with).await, behind.get_with(path, &proxied).await];
            for (answer, (status, row)) in answers.iter().zip(statuses.into_iter().zip(["plain", "forwarded", "read"])) {
                let context = format!("{host:?} {path} {accept} {row}");
                if status == fine {
                    assert_eq!(answer.status, fine, "{context}");
                } else {
                    assert_explains(answer, status, &context);
                    assert_eq!(answer.header("content-type").starts_with("text/html"), accept.starts_with("text/html"), "{context}");
                }
            }
        }
    }
    // Posts too: nobody is signed in without TLS.
    let form = [("host", "127.0.0.1:3000"), ("content-type", FORM)];
    let signed_in = direct.post_body("/account/sign-in", &form, "email=a@myapp.com&password=correct+horse+battery").await;
    assert_explains(&signed_in, wrong_host, "a sign-in");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_headers_count_that_tell_a_clients_address_and_no_others(pool: PgPool) {
    let site = site(&pool, "https://dash.example.com", ClientIpSource::ConnectInfo);
    for (header, status) in [
        ("forwarded", StatusCode::BAD_REQUEST),
        ("x-forwarded-for", StatusCode::BAD_REQUEST),
        ("x-real-ip", StatusCode::BAD_REQUEST),
        ("cf-connecting-ip", StatusCode::BAD_REQUEST),
        // No --client-address reads them.
        ("x-forwarded-proto", StatusCode::OK),
        ("x-forwarded-host", StatusCode::OK),
        // A visitor's own proxy adds it as well.
        ("via", StatusCode::OK),
    ] {
        let answer = site.get_with("/account/sign-in", &[("host", DASHBOARD), (header, "x")]).await;
        assert_eq!(answer.status, status, "{header}");
    }
    // The page names the header that tells the address, whatever comes before it.
    let both = [("host", DASHBOARD), ("accept", "text/html"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "192.0.2.7")];
    let answer = site.get_with("/account/sign-in", &both).await;
    assert!(text(answer.text()).contains("A proxy sent the header x-forwarded-for, but"), "{}", answer.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn on_a_laptop_forwarding_headers_and_loopback_names_change_nothing(pool: PgPool) {
    let site = site(&pool, "http://localhost:3000", ClientIpSource::ConnectInfo);
    for host in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"] {
        let answer = site.get_with("/account/sign-in", &[("host", host), ("x-forwarded-for", "192.0.2.7")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
    }
    assert_explains(&site.get_with("/account/sign-in", &[("host", "backend:3000")]).await, StatusCode::MISDIRECTED_REQUEST, "a name");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_without_a_dashboard_url_gives_no_production_visitor_a_session_without_tls_behind_a_proxy(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_instance(&pool, &Settings { environment: Environment::Development, ..other_app("other") }).await;
    for client_address in [ClientIpSource::ConnectInfo, ClientIpSource::XRealIp] {
        let options = HttpOptions::new(client_address, MaxConnections::INTERNAL, TransportSecurity::default());
        let site = Site::portal(&pool, None, options);
        for (host, slug, header, status) in [
            ("127.0.0.1:3000", "my-app", ("x-forwarded-proto", "https"), StatusCode::MISDIRECTED_REQUEST),
            ("127.0.0.1:3000", "my-app", ("x-real-ip", "192.0.2.7"), StatusCode::MISDIRECTED_REQUEST),
            ("127.0.0.1:3000", "my-app", ("via", "1.1 proxy"), StatusCode::OK),
            ("127.0.0.1:3000", "other", ("x-forwarded-proto", "https"), StatusCode::OK),
        ] {
            let path = format!("/portal/{slug}/sign-in");
            let answer = site.get_with(&path, &[("host", host), ("accept", "text/html"), header]).await;
            assert_eq!(answer.status, status, "{path} {header:?}");
            if status == StatusCode::MISDIRECTED_REQUEST {
                assert_explains(&answer, status, &format!("{path} {header:?}"));
            }
        }
        // Where the proxy passes the host on, the portal's own origin has TLS.
        let passed_on = [("host", PORTAL), ("x-forwarded-proto", "https"), ("x-real-ip", "192.0.2.7")];
        assert_eq!(site.get_with("/sign-in", &passed_on).await.status, StatusCode::OK);
        assert_eq!(site.get_with("/portal/my-app/sign-in", &passed_on).await.status, StatusCode::OK);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_names_the_host_as_text(pool: PgPool) {
    let site = site(&pool, "https://dash.example.com", ClientIpSource::ConnectInfo);
    let answer = site.get_with("/", &[("host", "127.0.0.1:3000"), ("accept", "text/html")]).await;
    assert!(text(answer.text()).contains("The request came with the host 127.0.0.1:3000. Neither the dashboard nor a portal has it."));
    let markup = site.get_with("/", &[("host", "<b>"), ("accept", "text/html")]).await;
    assert!(markup.status == StatusCode::BAD_REQUEST && !markup.text().contains("<b>"));
}
