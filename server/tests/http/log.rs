//! What the real server tells of its visitors at its most talkative, in its log, its metrics and its traces: which requests there
//! were, and nothing that they held.

use serde_json::Value;
use sqlx::{ConnectOptions, PgPool};

use crate::{collector::Collector, html::form, process::Server};

/// What stands in everything that must not be told.
const MARK: &str = "xqmarkx";

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {}", answer.lines().next().unwrap_or_default());
}

/// The cookies of an answer, as a browser sends them back.
fn cookies(answer: &str) -> String {
    let given = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    given.collect::<Vec<_>>().join("; ")
}

#[sqlx::test(migrations = "../migrations")]
async fn the_log_names_requests_and_holds_nothing_of_what_is_in_them(pool: PgPool) {
    let log = everything(&pool, &[]).await;
    let named = |what: &str| log.lines().any(|line| line.contains("request{id=\"") && line.contains(what));
    for what in [
        "method=POST path=\"/account/sign-in\"",
        "method=GET path=\"/portal/my-app/v1/resolve\"",
        "method=GET path=\"/portal/{slug}/v1/redirects\"",
        "method=GET path=\"(none)\"",
        "nobody could be let in error=",
    ] {
        assert!(named(what), "no line says {what}:\n{log}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn as_json_the_log_says_the_same_in_an_object_a_line(pool: PgPool) {
    let log = everything(&pool, &["--log-format", "json"]).await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect();
    for line in &lines {
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    let named = |method: &str, path: &str| {
        lines.iter().any(|line| {
            let span = &line["span"];
            span["method"] == method && span["path"] == path && span["id"].as_str().is_some_and(|id| id.len() == 16)
        })
    };
    for (method, path) in [("POST", "/account/sign-in"), ("GET", "/portal/my-app/v1/resolve"), ("GET", "(none)")] {
        assert!(named(method, path), "no line says {method} {path}:\n{log}");
    }
    assert!(lines.iter().any(|line| line["message"] == "nobody could be let in" && line["error"].is_string()), "{log}");
}

/// Does all that a server can be asked for, looks that nothing of it is told, and answers the log.
async fn everything(pool: &PgPool, flags: &[&str]) -> String {
    let url = sqlx::postgres::PgConnectOptions::clone(&pool.connect_options()).password(MARK).to_url_lossy();
    let collector = Collector::start();
    let key = format!("x-key={MARK}");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("OTEL_EXPORTER_OTLP_HEADERS", &key)];
    let server = Server::start(url.as_str(), &[flags, &["--metrics-listen", "127.0.0.1:0"]].concat(), &variables);
    let (email, password) = (format!("{MARK}@myapp.com"), format!("{MARK} correct horse battery staple"));
    let mut secrets = vec![server.token.clone()];

    // Into the dashboard, by the link and by passwords.
    let made_up = "f0".repeat(32);
    assert_status(&server.get(&format!("/account/setup?token={}", server.token), ""), 200);
    server.get(&format!("/account/invitation?token={made_up}"), "");
    server.post_form("/account/invitation", "", &[("token", &made_up), ("password", &password)]);
    secrets.push(made_up);
    let setup = [("token", server.token.as_str()), ("email", &email), ("password", &password)];
    assert_status(&server.post_form("/account/setup", "", &setup), 303);
    assert_status(&server.post_form("/account/setup", "", &setup), 410);
    assert_status(&server.post_form("/account/sign-in", "", &[("email", &email), ("password", &format!("{MARK} wrong"))]), 422);
    assert_status(&server.post_form("/account/sign-in", "", &[("email", &format!("{MARK} no address")), ("password", MARK)]), 422);
    let entered = server.post_form("/account/sign-in", "", &[("email", &email), ("password", &password), ("next", &format!("/{MARK}"))]);
    assert_status(&entered, 303);
    let cookie = cookies(&entered);
    secrets.extend(cookie.split("; ").map(|cookie| cookie.split_once('=').unwrap().1.to_owned()));
    assert_eq!(secrets.iter().map(String::len).collect::<Vec<_>>(), [64; 4]);
    let changed = server.post_form("/account", &cookie, &[("current", &password), ("new", &format!("{password} again"))]);
    assert_status(&changed, 303);
    // The new password has come with new tokens.
    let cookie = cookies(&changed);
    secrets.extend(cookie.split("; ").map(|cookie| cookie.split_once('=').unwrap().1.to_owned()));

    // An instance, its forms, and what is typed into them.
    let page = server.get("/instances/new", &cookie);
    let mut fields = form(&page);
    for (name, value) in &mut fields {
        match name.as_str() {
            "name" => *value = format!("{MARK} name"),
            "slug" => "my-app".clone_into(value),
            "domain" => "myapp.com".clone_into(value),
            _ => {}
        }
    }
    if fields.iter().all(|(name, _)| name != "environment") {
        fields.push(("environment".to_owned(), "production".to_owned()));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_status(&server.post_form("/instances/new", &cookie, &fields), 303);
    // The portal origin is taken: PostgreSQL refuses the row.
    let again: Vec<_> = fields.iter().map(|(name, value)| (*name, if *name == "slug" { "other" } else { value })).collect();
    assert_status(&server.post_form("/instances/new", &cookie, &again), 422);
    let unknown = [("version", "1"), (MARK, MARK)];
    assert_status(&server.post_form("/instances/my-app/redirects", &cookie, &unknown), 400);
    let query = format!("redirect_url=https%3A%2F%2Fevil.com%2F{MARK}%3Ftoken%3D{MARK}&username={MARK}&email_address={MARK}%40myapp.com");
    let link = format!("https://accounts.myapp.com/sign-in?{query}");
    assert_status(&server.post_form("/instances/my-app/preview", &cookie, &[("link", &link), ("first_name", MARK)]), 303);
    assert_status(&server.get(&format!("/instances/my-app/preview?{query}"), &cookie), 200);
    for body in [format!(r#"{{"slug":"my-app","flow":"sign-in","value":"/{MARK}"}}"#), format!(r#"{{"slug":"{MARK}"#), MARK.to_owned()] {
        server.post("/api/check_fallback", &cookie, "application/json", &body);
        server.post(&format!("/api/check_fallback?{MARK}"), &cookie, &format!("text/{MARK}"), &body);
    }
    let list = format!("--{MARK}\r\ncontent-disposition: form-data; name=\"links\"\r\n\r\n{link}\r\n--{MARK}--\r\n");
    for list in [list.as_str(), &list[..list.len() - 10]] {
        server.post("/instances/my-app/preview/links", &cookie, &format!("multipart/form-data; boundary={MARK}"), list);
    }

    // Visits, and whatever a client may say of itself.
    assert_status(&server.get(&format!("/portal/my-app/v1/resolve?flow=sign-in&{query}"), ""), 200);
    assert_status(&server.get(&format!("/portal/my-app/v1/resolve?flow={MARK}&{query}"), ""), 400);
    for path in [format!("/{MARK}"), format!("/portal/my-app/v1/{MARK}"), format!("/portal/{MARK}%40myapp.com/v1/redirects")] {
        assert_status(&server.get(&path, ""), if path.starts_with("/portal/") { 404 } else { 303 });
    }
    let said = [
        "x-request-id",
        "user-agent",
        "referer",
        "authorization",
        "cookie",
        "origin",
        "x-forwarded-for",
        "accept",
        "tracestate",
        "baggage",
        "x-any",
    ]
    .map(|name| format!("{name}: https://{MARK}.example/?{MARK}\r\n"));
    for path in ["/account/sign-in", "/portal/my-app/v1/resolve?flow=sign-in", "/pkg/x"] {
        server.send(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}\r\n", server.address, said.concat()));
    }
    server.send(&format!("GET / HTTP/1.1\r\nhost: {MARK}.example\r\nconnection: close\r\n\r\n"));
    server.send(&format!("GET / {MARK}\r\n\r\n"));
    // Every query fails from here on: what was bound to it is in none of the warnings.
    sqlx::query("alter table admins rename to gone").execute(pool).await.unwrap();
    assert_status(&server.post_form("/account/sign-in", "", &[("email", &email), ("password", &password)]), 503);

    let metrics = server.metrics();
    let log = server.stop();
    let traces = collector.bodies();
    assert!(metrics.contains("http_requests_total{") && traces.contains("http.request.method"), "{metrics}\n{traces}");
    for secret in secrets.iter().map(String::as_str).chain([MARK, "correct horse", "evil.com"]) {
        let told = [("log", &log), ("metrics", &metrics), ("traces", &traces)];
        for (whose, text) in told {
            let lines: Vec<_> = text.lines().filter(|line| line.contains(secret)).collect();
            assert_eq!(lines, Vec::<&str>::new(), "{whose}: {secret}");
        }
    }
    log
}
