//! Requests on a connection: what is answered without hyper is what hyper sends, byte for byte, and everything else reaches it.

use std::{net::SocketAddr, time::Duration};

use app::redirects::Environment;
use axum::{
    http::{Request, StatusCode},
    response::IntoResponse,
};
use hyper::body::Incoming;
use server::measured::{HEADER_TIMEOUT, MaxConnections, serve_each};
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tower::{ServiceExt, service_fn};

use super::{REDIRECTS, RESOLVE};
use crate::common::{Site, store_my_app};

/// Serves the site: with the fast path or without, and the rest by the router or by a teapot.
async fn serve(site: &Site, direct: bool, is_teapot: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (router, direct) = (site.router(), direct.then(|| site.fast_path()));
    let service = move |_: SocketAddr| {
        let router = router.clone();
        service_fn(move |request: Request<Incoming>| {
            let router = router.clone();
            async move { if is_teapot { Ok(StatusCode::IM_A_TEAPOT.into_response()) } else { router.oneshot(request).await } }
        })
    };
    tokio::spawn(serve_each(listener, service, direct, MaxConnections::INTERNAL, HEADER_TIMEOUT, std::future::pending()));
    address
}

/// Sends the parts one after the other, as soon as the server has taken each, and reads up to the end of the connection.
async fn say(address: SocketAddr, parts: &[&str]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for part in parts {
        stream.write_all(part.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    String::from_utf8(all).unwrap()
}

/// The responses without what differs from one to the next, their headers in order.
fn stable(responses: &str) -> Vec<String> {
    let sorted = |head: &str| {
        let mut lines: Vec<_> = head.split("\r\n").map(|line| if line.starts_with("date: ") { "date" } else { line }).collect();
        lines[1..].sort_unstable();
        lines.retain(|line| !line.starts_with("x-request-id: "));
        lines.join("\n")
    };
    // Heads and bodies take turns, and no body has an empty line.
    responses.split("\r\n\r\n").map(sorted).collect()
}

/// The end of a connection.
const LAST: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_has_the_same_answers_with_the_fast_path_and_without(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    assert_eq!(site.get(REDIRECTS).await.status, StatusCode::OK);
    let (with, without) = (serve(&site, true, false).await, serve(&site, false, false).await);
    let get = |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\nhost: localhost:3000\r\n{headers}\r\n");
    let resolve = format!("{RESOLVE}?flow=sign-in&redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx");
    let long = format!("{RESOLVE}?flow=sign-in&redirect_url=/{}", "a".repeat(9_000));
    let mut connections: Vec<Vec<String>> = [
        get(&resolve, ""),
        get(&resolve, "Origin: https://my.page\r\nCookie: a=b\r\nX-Request-Id: mine\r\n"),
        get(&resolve, "origin: https://a.test\r\norigin: https://b.test\r\n"),
        get(&resolve, "origin: https://m\u{fc}nchen.test\r\n"),
        get(&resolve, "Sec-Purpose: prefetch\r\n"),
        get(&resolve, "CONNECTION: Keep-Alive\r\n"),
        get(&resolve, "Content-Length: 0\r\n"),
        get(&resolve, "content-length: 5\r\n").replace("\r\n\r\n", "\r\n\r\nabcde"),
        get(&resolve, "transfer-encoding: chunked\r\n").replace("\r\n\r\n", "\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        get(&resolve, "host: evil.com\r\n"),
        get(&resolve, "a\r\n"),
        get(&resolve, &"a: b\r\n".repeat(40)),
        get(&resolve, &format!("cookie: {}\r\n", "a".repeat(9_000))),
        get(&long, ""),
        get(&format!("{RESOLVE}?flow=nope"), ""),
        get(&format!("{RESOLVE}?flow=sign-in&redirect_url=/\"<>"), ""),
        get(&format!("{RESOLVE}?flow=sign-in#x"), ""),
        get(&format!("http://localhost:3000{resolve}"), ""),
        get(&format!("/{resolve}"), ""),
        get("/v1/resolve?flow=sign-in", "").replace("localhost:3000", "accounts.myapp.com"),
        get("/v1/resolve?flow=sign-in", "").replace("localhost:3000", "ACCOUNTS.myapp.com"),
        get("/v1/resolve?flow=sign-in", "").replace("host: localhost:3000\r\n", ""),
        get("/portal/my-app/sign-in?redirect_url=https%3A%2F%2Fevil.com&username=a%22%3Cb", ""),
        get("/portal/my-app/sign-up", "Cookie: a=b\r\ncookie: c=d\r\nReferer: https://app.myapp.com/x\r\n"),
        get("/portal/my-app/sign-in", "x-forwarded-for: 192.0.2.7\r\n"),
        get("/portal/my-app/sign-in", "user-agent: M\u{fc}nchen\r\n"),
        get("/portal/my-app/sign-in", "host: evil.com\r\n"),
        get("/portal/my-app/sign-in", "").replace("localhost:3000", "evil.com"),
        get("/sign-in?then=user", "").replace("localhost:3000", "accounts.myapp.com"),
        get(REDIRECTS, ""),
        get(REDIRECTS, "if-none-match: *\r\n"),
        get("/portal/other/v1/redirects", ""),
        get("/healthz", ""),
        get("/healthz?x", "accept-encoding: gzip\r\n"),
        get("/nowhere", ""),
        get(&resolve, "").replace("GET", "HEAD"),
        get(&resolve, "").replace("GET", "get"),
        get(&resolve, "").replace("GET", "POST"),
        get(&resolve, "").replace("HTTP/1.1", "HTTP/1.0"),
        get(&resolve, "").replace("HTTP/1.1", "HTTP/1.0").replace("\r\n\r\n", "\r\nconnection: keep-alive\r\n\r\n"),
        "\r\n".to_owned() + &get("/healthz", ""),
        get("/healthz", "").replace("\r\n", "\n"),
        "nonsense\r\n\r\n".to_owned(),
    ]
    .map(|request| vec![request, LAST.to_owned()])
    .into();
    // Requests that come together, and one that comes in pieces.
    connections.push(vec![[&get(&resolve, ""), &get("/healthz", ""), &get("/nowhere", ""), &get(REDIRECTS, ""), LAST].concat()]);
    connections.push(vec![get(&resolve, "") + &get(&resolve, "")[..30], get(&resolve, "")[30..].to_owned() + LAST]);
    connections.push(get("/healthz", "").split_inclusive(' ').map(str::to_owned).chain([LAST.to_owned()]).collect());
    for connection in connections {
        let parts: Vec<&str> = connection.iter().map(String::as_str).collect();
        assert_eq!(stable(&say(with, &parts).await), stable(&say(without, &parts).await), "{connection:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn usual_requests_are_answered_without_hyper_and_others_are_not(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    assert_eq!(site.get(REDIRECTS).await.status, StatusCode::OK);
    let teapot = serve(&site, true, true).await;
    let other = "GET /instances HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for (path, headers) in [
        (format!("{RESOLVE}?flow=sign-in"), "origin: https://my.page\r\nuser-agent: x\r\nconnection: keep-alive\r\n"),
        (REDIRECTS.to_owned(), ""),
        ("/healthz".to_owned(), ""),
        ("/portal/my-app/sign-in?redirect_url=%2Fx".to_owned(), "accept: text/html\r\n"),
        ("/portal/my-app/sign-up".to_owned(), "cookie: a=b\r\n"),
    ] {
        let usual = format!("GET {path} HTTP/1.1\r\nhost: localhost:3000\r\n{headers}\r\n");
        let answers = say(teapot, &[&usual, &usual, other]).await;
        assert_eq!((answers.matches("HTTP/1.1 200 ").count(), answers.matches("HTTP/1.1 418 ").count()), (2, 1), "{answers}");
    }
    // Once something else was asked, hyper has the connection.
    let answers = say(teapot, &["GET /x HTTP/1.1\r\nhost: x\r\n\r\n", LAST]).await;
    assert_eq!(answers.matches("HTTP/1.1 418 ").count(), 2, "{answers}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_ends_when_it_is_idle_for_too_long_and_when_the_server_stops(pool: PgPool) {
    let site = Site::anonymous(&pool);
    for (patience, stops) in [(Duration::from_millis(50), false), (HEADER_TIMEOUT, true)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (router, direct) = (site.router(), site.fast_path());
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let serving =
            tokio::spawn(serve_each(listener, move |_| router.clone(), Some(direct), MaxConnections::INTERNAL, patience, stopped));
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        let stop = (!stops).then_some(stop);
        // Whichever it is, the server ends the connection.
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        drop(stop);
        serving.await.unwrap();
    }
}
