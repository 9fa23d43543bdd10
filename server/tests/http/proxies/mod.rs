//! nginx, Caddy and HAProxy with the files of `server/proxies`, in front of the real server: what a browser gets behind each of them.

mod proxy;
mod tls;

use std::process::Command;

use app::redirects::Settings;
use sqlx::{ConnectOptions, PgPool};

use crate::{
    common::{my_app, store_instance},
    html,
    process::Server,
};
use proxy::{Kind, Proxy, free_port};
use tls::{Said, Tls};

const DASHBOARD: &str = "dashboard.myapp.com";
const PORTAL: &str = "accounts.myapp.com";
const DASHBOARD_URL: &str = "https://dashboard.myapp.com";

fn server(pool: &PgPool, flags: &[&str]) -> Server {
    let url = pool.connect_options().to_url_lossy();
    Server::start(url.as_str(), &[&["--dashboard-url", DASHBOARD_URL, "--metrics-listen", "off"], flags].concat(), &[])
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_nginx_everything_works(pool: PgPool) {
    everything_works(&pool, Kind::Nginx).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_caddy_everything_works(pool: PgPool) {
    everything_works(&pool, Kind::Caddy).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_haproxy_everything_works(pool: PgPool) {
    everything_works(&pool, Kind::Haproxy).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn doctor_trusts_the_authorities_of_the_machine_and_says_what_a_bare_nginx_lacks(pool: PgPool) {
    let server = server(&pool, &[]);
    let tls = Tls::new(&["127.0.0.1"]);
    let proxy = Proxy::start(Kind::BareNginx, &server.address, &tls, free_port());
    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authorities.pem");
    std::fs::write(&authorities, &tls.certificate).unwrap();
    let url = format!("https://127.0.0.1:{}", proxy.port);
    let doctor = |trusts: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portal-redirects"));
        command.args(["doctor", "--log", "error", "--url", &url, "--data-dir"]).arg(folder.path());
        command.args(["--database-url", pool.connect_options().to_url_lossy().as_str()]);
        if trusts {
            command.env("SSL_CERT_FILE", &authorities);
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let said = doctor(false);
    assert!(said.contains("the certificate is not valid"), "{said}");
    let said = doctor(true);
    assert!(said.contains("answers 421: ") && said.contains("proxy_set_header Host $http_host;"), "{said}");
}

/// Sets the server up through the proxy, and uses it: with a client at 127.0.0.2, so that it is told apart from the proxy.
async fn everything_works(pool: &PgPool, kind: Kind) {
    let server = server(pool, &["--client-address", "XRealIp"]);
    let tls = Tls::new(&[DASHBOARD, PORTAL]);
    let proxy = Proxy::start(kind, &server.address, &tls, free_port());
    let browser = Browser { tls: &tls, proxy: &proxy, cookie: String::new(), says: "x-real-ip: 192.0.2.66\r\n" };

    // The cookie of a session has TLS's protection.
    let page = browser.get(DASHBOARD, &format!("/account/setup?token={}", server.token)).await;
    assert_eq!((page.status, page.header("strict-transport-security")), (200, "max-age=31536000"), "{kind:?} {page:?}");
    let account = [("token", server.token.as_str()), ("email", "ana@myapp.com"), ("password", "correct horse battery staple")];
    let entered = browser.post("/account/setup", &account).await;
    assert_eq!(entered.status, 303, "{kind:?} {entered:?}");
    let session = entered.headers("set-cookie").into_iter().find(|cookie| cookie.starts_with("__Host-portal-redirects-session=")).unwrap();
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.split("; ").any(|part| part == attribute), "{kind:?} {session}");
    }
    let browser = Browser { cookie: session.split(';').next().unwrap().to_owned(), ..browser };

    // The change is recorded with the client's address, whatever the client says itself.
    let created = browser.post("/instances/new", &crate::common::instance_form()).await;
    assert_eq!(created.status, 303, "{kind:?} {created:?}");
    let history = browser.get(DASHBOARD, "/instances/my-app/history/export.json").await;
    assert!(history.body.contains("127.0.0.2") && !history.body.contains("192.0.2.66"), "{kind:?} {history:?}");

    // The portal has its own host, and its pages the same protection.
    let page = browser.get(PORTAL, "/sign-in").await;
    assert_eq!((page.status, page.header("strict-transport-security")), (200, "max-age=31536000"), "{kind:?} {page:?}");
    assert!(html::without_marks(&page.body).contains("<h1>Sign in</h1>"), "{kind:?} {page:?}");
    let resolved = browser.get(PORTAL, "/v1/resolve?flow=sign-in").await;
    assert!(resolved.status == 200 && resolved.body.contains("\"target\":\"https://myapp.com/\""), "{kind:?} {resolved:?}");

    // The largest bulk check, and the longest link.
    let link = format!("https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com/{}\n", "a".repeat(140));
    let checked = browser.post_list(&link.repeat(10_000)).await;
    assert!(checked.status == 200 && checked.body.contains("10,000 links"), "{kind:?} {}", checked.status);
    let long = browser.get(PORTAL, &format!("/v1/resolve?flow=sign-in&username={}", "a".repeat(16_000))).await;
    assert_eq!(long.status, 200, "{kind:?} {long:?}");
    let too_long = browser.get(PORTAL, &format!("/v1/resolve?flow=sign-in&username={}", "a".repeat(20_000))).await;
    assert!(too_long.status == 414 && too_long.body.contains("The query is too long"), "{kind:?} {too_long:?}");

    // The proxy or the server refuses a header that is too long, with a status.
    let refused = browser.send(DASHBOARD, "GET", "/", &format!("x-long: {}\r\n", "a".repeat(140_000)), "").await;
    assert!([400, 414, 431].contains(&refused.status), "{kind:?} {}", refused.status);

    drop(proxy);
    let logged = server.stop();
    assert!(!logged.contains("has no client address") && !logged.contains("was refused"), "{kind:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_nginx_a_portal_is_found_at_a_host_with_a_port(pool: PgPool) {
    let origin = format!("https://{PORTAL}:8443");
    store_instance(&pool, &Settings { portal_origin: origin, ..my_app() }).await;
    let server = server(&pool, &["--client-address", "XRealIp"]);
    let tls = Tls::new(&[DASHBOARD, PORTAL]);
    let proxy = Proxy::start(Kind::Nginx, &server.address, &tls, free_port());
    for (host, status) in [(format!("{PORTAL}:8443"), 200), (PORTAL.to_owned(), 421)] {
        let request = format!("GET /sign-in HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\naccept: text/html\r\n\r\n");
        let said = tls.send(proxy.port, PORTAL, request.as_bytes()).await;
        assert_eq!(said.status, status, "{host}: {said:?}");
    }
    drop(proxy);
    server.stop();
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_a_bare_nginx_a_page_says_what_to_set(pool: PgPool) {
    let server = server(&pool, &[]);
    let tls = Tls::new(&[DASHBOARD, PORTAL]);
    let proxy = Proxy::start(Kind::BareNginx, &server.address, &tls, free_port());
    let browser = Browser { tls: &tls, proxy: &proxy, cookie: String::new(), says: "" };
    for (host, path) in [(DASHBOARD, "/account/sign-in"), (DASHBOARD, "/"), (PORTAL, "/sign-in"), (PORTAL, "/v1/redirects")] {
        let said = browser.get(host, path).await;
        assert_eq!((said.status, said.headers("set-cookie").len()), (421, 0), "{host}{path}: {said:?}");
        assert!(said.body.contains("proxy_set_header Host $http_host;"), "{host}{path}: {said:?}");
    }
    drop(proxy);
    let log = server.stop();
    let lines = log.lines().filter(|line| line.contains(" WARN ") && line.contains("a proxy must pass on the host")).count();
    assert_eq!(lines, 1, "{log}");
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_caddy_without_the_servers_option_a_page_says_what_to_set(pool: PgPool) {
    // Caddy adds X-Forwarded-For by itself.
    let server = server(&pool, &[]);
    let tls = Tls::new(&[DASHBOARD, PORTAL]);
    let proxy = Proxy::start(Kind::Caddy, &server.address, &tls, free_port());
    let browser = Browser { tls: &tls, proxy: &proxy, cookie: String::new(), says: "" };
    let said = browser.get(DASHBOARD, "/account/sign-in").await;
    assert!(said.status == 400 && said.body.contains("--client-address XRealIp"), "{said:?}");
    drop(proxy);
    assert!(server.stop().contains("--client-address is ConnectInfo"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_header_that_the_proxy_does_not_set_is_said_once(pool: PgPool) {
    let server = server(&pool, &["--client-address", "CfConnectingIp"]);
    let tls = Tls::new(&[DASHBOARD, PORTAL]);
    let proxy = Proxy::start(Kind::Nginx, &server.address, &tls, free_port());
    let browser = Browser { tls: &tls, proxy: &proxy, cookie: String::new(), says: "" };
    for _ in 0..3 {
        assert_eq!(browser.get(DASHBOARD, "/account/sign-in").await.status, 200);
    }
    drop(proxy);
    let log = server.stop();
    assert_eq!(log.lines().filter(|line| line.contains("a request has no client address")).count(), 1, "{log}");
}

/// Who asks through a proxy.
struct Browser<'a> {
    tls: &'a Tls,
    proxy: &'a Proxy,
    cookie: String,
    /// A header of its own with each request.
    says: &'static str,
}

impl Browser<'_> {
    async fn get(&self, host: &str, path: &str) -> Said {
        self.send(host, "GET", path, "", "").await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Said {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = format!("origin: {DASHBOARD_URL}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
        self.send(DASHBOARD, "POST", path, &headers, &body).await
    }

    async fn post_list(&self, list: &str) -> Said {
        let body = format!("--mark\r\ncontent-disposition: form-data; name=\"links\"\r\n\r\n{list}\r\n--mark--\r\n");
        let headers = format!("origin: {DASHBOARD_URL}\r\ncontent-type: multipart/form-data; boundary=mark\r\n");
        self.send(DASHBOARD, "POST", "/instances/my-app/preview/links", &headers, &body).await
    }

    async fn send(&self, host: &str, method: &str, path: &str, headers: &str, body: &str) -> Said {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\naccept: text/html\r\n\
             cookie: {}\r\ncontent-length: {}\r\n{}{headers}\r\n{body}",
            self.cookie,
            body.len(),
            self.says
        );
        self.tls.send(self.proxy.port, host, request.as_bytes()).await
    }
}
