//! Connections: accepted, served over HTTP/1.1, and closed if a client is too slow to send its request, or if
//! another connection needs the place of an idle one. `axum::serve` would wait for a request's headers forever.

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
    sync::{Semaphore, watch},
};
use tower::{Layer, Service};

use super::{
    direct::{Direct, answer_directly},
    idle_connections::{IdleConnections, InUse},
    rate_limit::network,
    replayed::Replayed,
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
    serve_each(listener, service, None::<Infallible>, MaxConnections::INTERNAL, patience, stopped).await;
}

/// Serves each client by a service of its own, until it is stopped as above. What `direct` answers never reaches the service.
pub async fn serve_each<S>(
    listener: TcpListener,
    service: impl Fn(SocketAddr) -> S,
    direct: Option<impl Direct>,
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
    let (stop, stopping) = watch::channel(false);
    let mut stopped = pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = accept_within(&listener, &turns, &idle) => accepted,
            () = &mut stopped => break,
        };
        let Some((stream, client, turn)) = accepted else { break };
        let opened = idle.opened();
        let connection_use = opened.connection_use.clone();
        let mut stream = WriteTimeout::new(stream, WRITE_TIMEOUT).noted_by(connection_use.clone());
        let service = TowerToHyperService::new(service(client));
        let noted = service_fn(move |request| {
            let in_use = connection_use.begin();
            let answer = service.call(request);
            async move { answer.await.map(|answer| answer.map(|body| Noted { body, _in_use: in_use })) }
        });
        let (http, open, direct, mut stopping) = (http.clone(), open.watcher(), direct.clone(), stopping.clone());
        let connection_use = opened.connection_use.clone();
        let connection = async move {
            let read = match direct {
                Some(direct) => {
                    let stopped = async { drop(stopping.wait_for(|is_stopping| *is_stopping).await) };
                    match answer_directly(&mut stream, &direct, &connection_use, patience, stopped).await {
                        Ok(Some(read)) => read,
                        Ok(None) => return,
                        Err(error) => return tracing::debug!(%error, "a connection ended early"),
                    }
                }
                None => Bytes::new(),
            };
            if let Err(error) = open.watch(http.serve_connection(TokioIo::new(Replayed::new(read, stream)), noted)).await {
                tracing::debug!(%error, "a connection ended early");
            }
        };
        tokio::spawn(async move {
            tokio::select! {
                () = connection => {}
                // Everything is written, so nothing is lost.
                () = opened.connection_use.closed() => tracing::debug!("an idle connection was closed to make room"),
            }
            // In this order: whoever waits for room has it before it would close one more.
            drop(turn);
            drop(opened);
        });
    }
    drop(listener);
    let _ = stop.send(true);
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
mod tests;
