//! Servers that answer slowly forever, or with far too much.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hyper::{Method, StatusCode};
use tokio::{io::AsyncWriteExt, time::Duration};

use super::{super::*, TestServer, client_of, hurried};

/// How much a server tries to send: a gigabyte.
const GIGABYTE: usize = 1024 * 1024 * 1024;

async fn trickling(before: &'static str) -> TestServer {
    TestServer::start(move |mut stream, _| async move {
        let _ = stream.write_all(before.as_bytes()).await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_server_that_answers_slowly_forever_runs_out_of_time() {
    let server = trickling("HTTP/1.1 200 OK\r\nslow: ").await;
    let failed = hurried(client_of(server.address)).follow(&server.url("/"), |_| false).await.unwrap_err();
    assert!(matches!(failed.error, OutgoingError::Timeout), "{failed:?}");
    let server = trickling("HTTP/1.1 200 OK\r\n\r\n").await;
    let url = server.url("/");
    let failed = hurried(client_of(server.address)).fetch(OutgoingRequest::new(Method::GET, &url)).await.unwrap_err();
    assert!(matches!(failed, OutgoingError::Timeout), "{failed:?}");
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_runs_out_of_time() {
    let server = TestServer::start(|stream, _| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let failed = hurried(client_of(server.address)).follow(&server.url("/"), |_| false).await.unwrap_err();
    assert!(matches!(failed.error, OutgoingError::Timeout), "{failed:?}");
}

#[tokio::test]
async fn of_a_gigabyte_only_a_little_is_read() {
    let written = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&written);
    let server = TestServer::start(move |mut stream, _| {
        let counted = Arc::clone(&counted);
        async move {
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {GIGABYTE}\r\n\r\n").as_bytes()).await;
            let chunk = [b'x'; 16 * 1024];
            while stream.write_all(&chunk).await.is_ok() {
                counted.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        }
    })
    .await;
    let url = server.url("/");
    let client = client_of(server.address);
    let failed = client.fetch(OutgoingRequest::new(Method::GET, &url)).await.unwrap_err();
    assert!(matches!(failed, OutgoingError::TooLong), "{failed:?}");
    // A check needs no body at all.
    let followed = client.follow(&url, |_| false).await.unwrap();
    assert_eq!(followed.end, End::Response(StatusCode::OK, url));
    // What the two systems have between them is more than what was read.
    assert!(written.load(Ordering::SeqCst) < GIGABYTE / 16);
}

#[tokio::test]
async fn a_head_without_end_is_no_response() {
    let server = TestServer::start(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nlong: ").await;
        while stream.write_all(&[b'x'; 16 * 1024]).await.is_ok() {}
    })
    .await;
    let failed = client_of(server.address).follow(&server.url("/"), |_| false).await.unwrap_err();
    assert!(matches!(failed.error, OutgoingError::Http(_)), "{failed:?}");
}

#[tokio::test]
async fn a_server_that_is_down_or_speaks_something_else_is_told_apart() {
    let server = TestServer::answering(|_| "SSH-2.0-OpenSSH_9.2\r\n".to_owned()).await;
    let failed = client_of(server.address).follow(&server.url("/"), |_| false).await.unwrap_err();
    assert!(matches!(failed.error, OutgoingError::Http(_)), "{failed:?}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failed = client_of(closed).follow(&format!("http://{closed}/").parse().unwrap(), |_| false).await.unwrap_err();
    assert!(matches!(failed.error, OutgoingError::Connect(_)), "{failed:?}");
}
