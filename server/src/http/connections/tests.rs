use std::sync::Arc;

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

use super::*;

/// A server that answers `/` with the client's address, and `/slow` once it is told to; what stops it, and when it has ended.
struct Running {
    address: SocketAddr,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn run(patience: Duration) -> Running {
    run_with(patience, MaxConnections::INTERNAL).await
}

async fn run_with(patience: Duration, max: MaxConnections) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (has_begun, may_go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
    let slow = move || async move {
        has_begun.notify_one();
        may_go_on.notified().await;
        "slow"
    };
    let here = |ConnectInfo(client): ConnectInfo<SocketAddr>| async move { client.ip().to_string() };
    let router = Router::new().route("/", get(here)).route("/slow", get(slow));
    let (stop, stopped) = oneshot::channel::<()>();
    let each = move |client: SocketAddr| Extension(ConnectInfo(client)).layer(router.clone());
    let ended =
        tokio::spawn(async move { serve_each(listener, each, None::<Infallible>, max, patience, async { drop(stopped.await) }).await });
    Running { address, begun, go_on, stop, ended }
}

/// What comes back, up to the end of the connection.
async fn say(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

#[tokio::test]
async fn a_client_that_never_ends_its_headers_is_let_go_of() {
    let running = run(Duration::from_millis(50)).await;
    for begun in ["", "GET / HTTP/1.1\r\nhost: x\r\nx-more: "] {
        assert_eq!(say(running.address, begun).await, "", "{begun:?}");
    }
    assert!(say(running.address, "GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let running = run(HEADER_TIMEOUT).await;
    let many = "a: b\r\n".repeat(101);
    let large = format!("a: {}\r\n", "b".repeat(LARGEST_HEAD));
    for headers in [many, large] {
        let answer = say(running.address, &format!("GET / HTTP/1.1\r\nconnection: close\r\n{headers}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let answer = say(running.address, &format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(65_534))).await;
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
}

#[tokio::test]
async fn beyond_its_limit_a_clients_connections_are_closed_and_the_others_go_on() {
    let running = run_with(HEADER_TIMEOUT, MaxConnections { total: 100, of_address: Some(2) }).await;
    let mut kept = [TcpStream::connect(running.address).await.unwrap(), TcpStream::connect(running.address).await.unwrap()];
    for stream in &mut kept {
        assert!(ask(stream).await.ends_with("127.0.0.1"));
    }
    assert_eq!(say(running.address, "GET / HTTP/1.1\r\n\r\n").await, "", "a third one is closed");
    assert!(ask(&mut kept[0]).await.ends_with("127.0.0.1"), "the first one goes on");
    drop(kept);
    // Its place is free a moment after the server has seen the end.
    while say(running.address, "GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await.is_empty() {}
}

#[tokio::test]
async fn beyond_the_total_nobody_is_served_until_a_connection_ends() {
    let running = run_with(HEADER_TIMEOUT, MaxConnections { total: 1, of_address: None }).await;
    let first = tokio::spawn(say(running.address, "GET /slow HTTP/1.1\r\nconnection: close\r\n\r\n"));
    running.begun.notified().await;
    let second = tokio::spawn(say(running.address, "GET / HTTP/1.1\r\nconnection: close\r\n\r\n"));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!first.is_finished() && !second.is_finished());
    running.go_on.notify_one();
    assert!(first.await.unwrap().ends_with("slow"));
    assert!(second.await.unwrap().ends_with("127.0.0.1"));
}

#[tokio::test]
async fn idle_connections_keep_nobody_out_and_the_one_that_is_idle_for_longest_makes_room() {
    // Longer than the test waits for anything.
    let patience = Duration::from_hours(1);
    let running = run_with(patience, MaxConnections { total: 4, of_address: None }).await;
    let slow = tokio::spawn(say(running.address, "GET /slow HTTP/1.1\r\nconnection: close\r\n\r\n"));
    running.begun.notified().await;
    let mut answered = TcpStream::connect(running.address).await.unwrap();
    assert!(ask(&mut answered).await.ends_with("127.0.0.1"));
    let mut unfinished = TcpStream::connect(running.address).await.unwrap();
    unfinished.write_all(b"GET / HTTP/1.1\r\nx-more: ").await.unwrap();
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    let mut newer = Vec::new();
    for longest in [&mut answered, &mut unfinished, &mut silent] {
        let mut newest = TcpStream::connect(running.address).await.unwrap();
        assert!(ask(&mut newest).await.ends_with("127.0.0.1"));
        assert_eq!(rest(longest).await, "", "it is closed");
        newer.push(newest);
    }
    for stream in &mut newer {
        assert!(ask(stream).await.ends_with("127.0.0.1"), "these are open");
    }
    assert!(!slow.is_finished(), "what is being answered goes on");
    running.go_on.notify_one();
    assert!(slow.await.unwrap().ends_with("slow"));
}

/// What comes until the end of the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    // What the server has not read when it ends the connection makes an error of the end.
    drop(tokio::time::timeout(HEADER_TIMEOUT, stream.read_to_end(&mut rest)).await.expect("the connection ends"));
    String::from_utf8(rest).unwrap()
}

/// What comes back on a connection that stays.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\n127.0.0.1") {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{answer}");
        answer.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    answer
}

#[tokio::test]
async fn who_is_being_answered_when_it_stops_gets_the_answer() {
    let Running { address, begun, go_on, stop, ended } = run(HEADER_TIMEOUT).await;
    let idle = TcpStream::connect(address).await.unwrap();
    let answer = tokio::spawn(async move { say(address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await });
    begun.notified().await;
    stop.send(()).unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!ended.is_finished(), "it waits for the answer");
    go_on.notify_one();
    assert!(answer.await.unwrap().ends_with("\r\n\r\nslow"));
    // A connection on which nothing was asked holds nobody up.
    ended.await.unwrap();
    drop(idle);
}
