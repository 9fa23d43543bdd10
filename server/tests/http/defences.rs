//! The web's own defences: what every answer carries, what no other site's page can post, and what is too long.

use app::{
    admins::store::links::{self, Purpose},
    history::Actor,
    redirects::Environment,
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use axum_client_ip::ClientIpSource;
use server::{
    http::options::{HttpOptions, TransportSecurity},
    measured::MaxConnections,
};
use sqlx::PgPool;

use crate::{
    common::{Answer, FORM, OWNER, Site, account, fallback_form, owner, request, store_my_app, with},
    html::{script_nonces, text_of},
};

const REDIRECTS: &str = "/instances/my-app/redirects";

const PASSWORD: &str = "correct horse battery staple";

/// The name of a request, in its answer.
fn name(answer: &Answer) -> &str {
    answer.header("x-request-id")
}

fn is_name(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Answers of every kind, with what they are.
async fn answers(pool: &PgPool) -> Vec<(&'static str, Answer, StatusCode)> {
    store_my_app(pool, Environment::Production).await;
    let site = Site::new(pool).await;
    let anonymous = Site::anonymous(pool);
    let page = site.get("/instances").await;
    let file = page.text().split_once("href=\"/pkg/").unwrap().1.split_once('"').unwrap().0.to_owned();
    let saved = site.post(REDIRECTS, &with(fallback_form("1"), "after_sign_in_url", "/in")).await;
    let large = site.post_body(REDIRECTS, &[("content-type", FORM)], vec![b'a'; 262_145]).await;
    let cross = site.post_body(REDIRECTS, &[("content-type", FORM), ("sec-fetch-site", "cross-site")], "").await;
    let long = format!("/instances?{}", "a".repeat(40_000));
    vec![
        ("a page", page, StatusCode::OK),
        ("the page to sign in", anonymous.get("/account/sign-in").await, StatusCode::OK),
        ("a page that is not there", site.get("/nope").await, StatusCode::NOT_FOUND),
        (
            "a form that is wrong",
            site.post(REDIRECTS, &with(fallback_form("2"), "logo_link_url", "x y")).await,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("a form that was saved", saved, StatusCode::SEE_OTHER),
        ("the way to sign in", anonymous.get("/instances").await, StatusCode::SEE_OTHER),
        ("a form without a session", anonymous.post(REDIRECTS, &fallback_form("2")).await, StatusCode::UNAUTHORIZED),
        ("a body that is too large", large, StatusCode::PAYLOAD_TOO_LARGE),
        ("another site's form", cross, StatusCode::FORBIDDEN),
        ("an address that is too long", site.get(&long).await, StatusCode::URI_TOO_LONG),
        ("a method that is not there", site.post("/instances", &[]).await, StatusCode::METHOD_NOT_ALLOWED),
        ("another host", site.get_with("/instances", &[("host", "evil.example")]).await, StatusCode::MISDIRECTED_REQUEST),
        (
            "a server function",
            anonymous.post_body("/api/preview", &[("content-type", "application/json")], "{}").await,
            StatusCode::UNAUTHORIZED,
        ),
        ("a file", site.get(&format!("/pkg/{file}")).await, StatusCode::OK),
        ("a file that is not there", site.get("/pkg/x").await, StatusCode::NOT_FOUND),
        ("the portal", anonymous.get("/portal/my-app/v1/redirects").await, StatusCode::OK),
        ("a portal that is not there", anonymous.get("/portal/none/v1/redirects").await, StatusCode::NOT_FOUND),
        ("the process", anonymous.get("/healthz").await, StatusCode::OK),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn every_answer_carries_what_keeps_browsers_from_harm(pool: PgPool) {
    for (what, answer, status) in answers(&pool).await {
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
        // What a browser goes by only where it shows a page, JSON and what pages load do without.
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        let is_no_page = ["application/json", "application/wasm", "text/css", "text/javascript"].contains(&kind);
        let same_origin = if is_no_page { "" } else { "same-origin" };
        assert_eq!(answer.header("referrer-policy"), same_origin, "{what}");
        assert_eq!(answer.header("cross-origin-opener-policy"), same_origin, "{what}");
        assert_eq!(answer.header("permissions-policy").contains("camera=()"), !is_no_page, "{what}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains('*'), "{what}: {policy}");
        assert_eq!(answer.header("strict-transport-security"), "", "{what}");
        assert!(is_name(name(&answer)), "{what}: {:?}", name(&answer));
        if answer.header("content-type").starts_with("text/html") {
            let page = answer.text();
            let nonces = script_nonces(page);
            assert!(nonces.iter().all(|nonce| nonce.as_ref().is_some_and(|nonce| policy.contains(&format!("'nonce-{nonce}'")))), "{what}");
            assert!(!page.contains(" style=") && !page.contains(" onclick=") && !page.contains("<style"), "{what}");
            assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn browsers_are_told_to_stay_with_tls_only_where_there_is_tls(pool: PgPool) {
    let site = Site::under(&pool, Some("https://dash.example.com"));
    for path in ["/account/sign-in", "/nope", "/pkg/x"] {
        let under_tls = site.get_with(path, &[("host", "dash.example.com")]).await;
        assert_eq!(under_tls.header("strict-transport-security"), "max-age=31536000", "{path}");
        assert_eq!(site.get_with(path, &[("host", "localhost:3000")]).await.header("strict-transport-security"), "", "{path}");
    }
    let portal = site.get_with("/portal/none/v1/redirects", &[("host", "accounts.myapp.com")]).await;
    assert_eq!(portal.header("strict-transport-security"), "", "nobody signs in at the API");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_says_that_there_is_no_tls_where_the_operator_wants_none(pool: PgPool) {
    let owner = owner(&pool).await.admin.unwrap();
    store_my_app(&pool, Environment::Development).await;
    let insecure = Site::insecure_http(&pool).signed_in(&pool, owner).await;
    let other = Site::under(&pool, None).signed_in(&pool, owner).await;
    for path in ["/account/setup?token=x", "/instances", "/account", "/history", "/nope", "/instances/nope/redirects"] {
        let answer = insecure.get_with(path, &[("host", "192.168.1.5:3000")]).await;
        let warning = "This server runs without TLS (<code>--insecure-http</code>). Passwords travel unencrypted.";
        let text = answer.text().replace("<!>", "");
        assert!(text.contains(warning), "{path}: {text}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
        assert!(!other.get(path).await.text().contains("without TLS"), "{path}");
    }
    let portal = insecure.get_with("/portal/my-app/sign-in", &[("host", "192.168.1.5:3000")]).await;
    assert_eq!(portal.status, StatusCode::OK);
    for host in ["203.0.113.7:3000", "evil.example"] {
        assert_eq!(insecure.get_with("/instances", &[("host", host)]).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_names_below_need_tls_too_only_if_the_operator_says_so(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let max = MaxConnections { total: 100, of_address: None };
    let options = HttpOptions::new(ClientIpSource::ConnectInfo, max, TransportSecurity { include_subdomains: true });
    let site = Site::with_options(&pool, Some("https://dash.example.com"), options);
    for (host, path) in [("dash.example.com", "/account/sign-in"), ("accounts.myapp.com", "/sign-in")] {
        let answer = site.get_with(path, &[("host", host)]).await;
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains", "{host}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_host_that_is_named_twice_or_in_an_odd_way_is_refused_everywhere(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::under(&pool, Some("https://dash.example.com"));
    for path in ["/account/sign-in", "/portal/my-app/v1/resolve?flow=sign-in", "/portal/my-app/sign-in", "/healthz", "/nope"] {
        for hosts in [&["dash.example.com", "dash.example.com"][..], &["dash.example.com", "evil.example"], &["x@dash.example.com"]] {
            let mut request = Request::builder().uri(path);
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            let answer = site.send_bare(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {hosts:?}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path} {hosts:?}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn cookies_are_for_this_host_alone_and_no_script_reads_them(pool: PgPool) {
    let site = Site::under(&pool, Some("https://dash.example.com"));
    let token = links::create(&mut pool.acquire().await.unwrap(), &Purpose::Setup, &Actor::server()).await.unwrap().secret();
    let form = [("token", token.as_str()), ("email", OWNER), ("password", PASSWORD)];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let entered = site.post_body("/account/setup", &[("content-type", FORM), ("host", "dash.example.com")], body).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    // On a laptop there is no TLS.
    let here = Site::anonymous(&pool).post("/account/sign-in", &[("email", OWNER), ("password", PASSWORD)]).await;
    assert_eq!(here.status, StatusCode::SEE_OTHER);
    for (answer, prefix, secure) in [(&entered, "__Host-", true), (&here, "", false)] {
        let cookies: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(cookies.len(), 2);
        for (cookie, name) in cookies.iter().zip(["session", "device"]) {
            assert!(cookie.starts_with(&format!("{prefix}portal-redirects-{name}=")), "{cookie}");
            let says = |what: &str| cookie.split("; ").any(|part| part == what);
            assert!(says("HttpOnly") && says("SameSite=Lax") && says("Path=/") && !cookie.contains("Domain"), "{cookie}");
            assert_eq!(says("Secure"), secure, "{cookie}");
        }
    }
}

/// Every table's number of rows, and the instance's version.
async fn stored(pool: &PgPool) -> Vec<i64> {
    let counts = "select array[(select count(*) from admins), (select count(*) from admin_sessions), (select count(*) from changes),
        (select count(*) from members), (select count(*) from admin_links), (select sum(version)::bigint from instances)]";
    sqlx::query_scalar(counts).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn no_other_sites_page_can_post_anything(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    account(&pool, "ben@myapp.com", false).await;
    let before = stored(&pool).await;
    let body = |fields: &[(&str, &str)]| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let sign_in = body(&[("email", OWNER), ("password", "wrong")]);
    let redirects = body(&with(fallback_form("1"), "after_sign_in_url", "/in"));
    let function = r#"{"slug":"my-app","flow":"sign-in","value":"/x"}"#.to_owned();
    let ways: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:3000")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:3001")],
        &[("origin", "null")],
        // With a session, and nothing that says where it comes from.
        &[],
    ];
    for way in ways {
        for (path, kind, body) in [
            ("/account/sign-in", FORM, &sign_in),
            ("/account/setup", FORM, &sign_in),
            ("/account", FORM, &sign_in),
            ("/account/sign-out", FORM, &String::new()),
            ("/instances/new", FORM, &redirects),
            (REDIRECTS, FORM, &redirects),
            ("/instances/my-app/preview", FORM, &String::new()),
            ("/instances/my-app/preview/links", "multipart/form-data; boundary=x", &String::new()),
            ("/api/check_fallback", "application/json", &function),
            ("/nope", FORM, &String::new()),
        ] {
            let headers = [&[("content-type", kind)], way].concat();
            let mut posted = request(Method::POST, path, &headers).body(Body::from(body.clone())).unwrap();
            posted.headers_mut().insert(header::COOKIE, site.cookie().parse().unwrap());
            assert_eq!(site.send_bare(posted).await.status, StatusCode::FORBIDDEN, "{path} {way:?}");
        }
    }
    assert_eq!(stored(&pool).await, before);
    assert_eq!(site.get("/instances").await.status, StatusCode::OK, "still signed in");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_is_as_long_as_any_here_needs_and_no_longer(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let address = |path: &str, bytes: usize| format!("{path}?{}", "a".repeat(bytes - path.len() - 1));
    for path in ["/instances", "/instances/my-app/preview", "/account/sign-in", "/portal/my-app/v1/redirects", "/nope", "/pkg/x"] {
        let fits = site.get(&address(path, 32_768)).await.status;
        // The portal reads half as much.
        assert_eq!(fits == StatusCode::URI_TOO_LONG, path.starts_with("/portal/"), "{path}: {fits}");
        assert_eq!(site.get(&address(path, 32_769)).await.status, StatusCode::URI_TOO_LONG, "{path}");
    }
    let portal = |query: usize| format!("/portal/my-app/v1/resolve?flow=sign-in&{}", "a".repeat(query - "flow=sign-in&".len()));
    assert_eq!(site.get(&portal(16_384)).await.status, StatusCode::OK);
    assert_eq!(site.get(&portal(16_385)).await.header("content-type"), "application/problem+json");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_has_a_name_of_the_servers_own(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let mine = site.get_with("/healthz", &[("x-request-id", "mine")]).await;
    let again = site.get("/healthz").await;
    assert!(is_name(name(&mine)) && is_name(name(&again)) && name(&mine) != name(&again), "{mine:?} {again:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_meets_a_fault_can_say_which_request_it_was(pool: PgPool) {
    let site = Site::anonymous(&pool).signed_in(&pool, owner(&pool).await.admin.unwrap()).await;
    assert!(!site.get("/nope").await.text().contains("Request "));
    pool.close().await;
    let answer = site.get("/instances").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text_of(answer.text(), "request", "p"), Some(format!("Request {}", name(&answer))));
}
