//! Connections: accepted, served over HTTP/1.1, and let go of where a client takes too long to say what it wants, or where another one
//! needs the room of an idle one. `axum::serve` would wait for a request's headers forever.

use std::{
    convert::Infallible,
    future::Future,
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Extension, Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    http::{Request, Response},
};
use futures_util::FutureExt;
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::{Layer, Service};

use super::{
    idle_connections::{IdleConnections, InUse},
    rate_limit::network,
    turns::{Room, Turn, Turns},
    write_timeout::WriteTimeout,
};
use crate::observe::sampled::Sampled;

/// How long a client may take for a request's headers, and how long a connection waits for the next request.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take to read some more of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The connections of what only its operator asks, such as metrics.
const MAX_INTERNAL: usize = 64;

/// Connections that were closed at once, and failures to accept any.
static CLOSED: Sampled = Sampled::new();
static NOT_ACCEPTED: Sampled = Sampled::new();

/// Clients that found no room.
static FULL: Sampled = Sampled::new();

/// How many connections there are at most. Beyond the total, a new one takes the room of one that is idle, and waits for as long as there
/// is none. Beyond those of one client address, its new ones are closed at once; behind a proxy, its requests are refused.
#[derive(Clone, Copy, Debug)]
pub struct MaxConnections {
    /// Those of everybody.
    pub total: usize,
    /// Those of one client address; `None` for no limit.
    pub of_address: Option<usize>,
}

impl MaxConnections {
    /// Enough for one client, and no limit for its address.
    pub const INTERNAL: Self = Self { total: MAX_INTERNAL, of_address: None };
}

/// The largest head of a request, in bytes: its first line and its headers, of which there may be 100 (hyper's own limit).
const LARGEST_HEAD: usize = 128 * 1024;

/// How long to wait before the next connection when there is no room for one, as when too many files are open.
const REST: Duration = Duration::from_secs(1);

/// Serves a router until it is stopped, and then until the requests that have begun are answered.
pub async fn serve(listener: TcpListener, router: Router, patience: Duration, stopped: impl Future<Output = ()>) {
    let service = |client: SocketAddr| Extension(ConnectInfo(client)).layer(router.clone());
    serve_each(listener, service, MaxConnections::INTERNAL, patience, stopped).await;
}

/// Serves each client by a service of its own, until it is stopped as above.
pub async fn serve_each<S>(
    listener: TcpListener,
    service: impl Fn(SocketAddr) -> S,
    max: MaxConnections,
    patience: Duration,
    stopped: impl Future<Output = ()>,
) where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience).max_header_size(LARGEST_HEAD).max_buf_size(LARGEST_HEAD);
    let open = GracefulShutdown::new();
    let turns = Turns::new(max.of_address.unwrap_or(Semaphore::MAX_PERMITS), max.total);
    let idle = IdleConnections::new();
    let mut stopped = pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = accept_within(&listener, &turns, &idle) => accepted,
            () = &mut stopped => break,
        };
        let Some((stream, client, turn)) = accepted else { break };
        let opened = idle.opened();
        let connection_use = opened.connection_use.clone();
        let stream = TokioIo::new(WriteTimeout::new(stream, WRITE_TIMEOUT).noted_by(connection_use.clone()));
        let service = TowerToHyperService::new(service(client));
        let noted = service_fn(move |request| {
            let in_use = connection_use.begin();
            let answer = service.call(request);
            async move { answer.await.map(|answer| answer.map(|body| Noted { body, _in_use: in_use })) }
        });
        let connection = open.watch(http.serve_connection(stream, noted));
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                }
                // Everything is written, so nothing is lost.
                () = opened.connection_use.closed() => tracing::debug!("an idle connection was closed to make room"),
            }
            // In this order: whoever waits for room has it before it would close one more.
            drop(turn);
            drop(opened);
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// The body of an answer on a connection that is in use until it is written.
struct Noted {
    body: Body,
    _in_use: InUse,
}

impl HttpBody for Noted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The next connection for which there is room. `None` if there never will be any.
async fn accept_within(listener: &TcpListener, turns: &Turns<IpAddr>, idle: &IdleConnections) -> Option<(TcpStream, SocketAddr, Turn)> {
    loop {
        let (stream, client) = accept(listener).await;
        match turns.own(network(client.ip())) {
            Some(own) => return Some((stream, client, own.within(room(turns, idle).await?))),
            None => CLOSED.note(|times| tracing::warn!(times, "a client has too many connections; new ones are closed")),
        }
    }
}

/// Waits until there is room for one more connection. Connections that are idle make room. `None` if there never will be any.
async fn room(turns: &Turns<IpAddr>, idle: &IdleConnections) -> Option<Room> {
    let mut room = pin!(turns.room());
    if let Some(room) = room.as_mut().now_or_never() {
        return room;
    }
    FULL.note(|times| tracing::warn!(times, "there are too many connections; those that have been idle for longest are closed"));
    let waiting = idle.wait();
    loop {
        waiting.close_idle();
        tokio::select! {
            biased;
            room = &mut room => return room,
            () = waiting.changed() => {}
        }
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client is gone again.
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                NOT_ACCEPTED.note(|times| tracing::error!(%error, times, "no connection can be accepted"));
                tokio::time::sleep(REST).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
        let ended = tokio::spawn(async move { serve_each(listener, each, max, patience, async { drop(stopped.await) }).await });
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
}
