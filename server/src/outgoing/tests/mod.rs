//! Requests to real servers on loopback that do what servers should not.

mod addresses;
mod bounds;
mod redirects;
mod requests;
mod tls;

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::rustls::RootCertStore;
use url::Url;

use super::{AddressPolicy, Client, Resolve, resolver::Resolving};

/// A server on loopback, and the heads of the requests that it was sent.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl TestServer {
    /// Answers each request by its head, and closes the connection.
    pub(crate) async fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::start(move |mut stream, head| {
            let answer = answer(&head);
            async move {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        })
        .await
    }

    /// Does something with each connection, once the head of its request is read.
    pub(crate) async fn start<Served: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(TcpStream, String) -> Served + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, heads) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (serve, noted) = (Arc::new(serve), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (serve, noted) = (Arc::clone(&serve), Arc::clone(&noted));
                tokio::spawn(async move {
                    let head = read_head(&mut stream).await;
                    noted.lock().unwrap().push(head.clone());
                    serve(stream, head).await;
                });
            }
        });
        Self { address, heads }
    }

    /// A URL of it, by its address.
    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// The heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// The first lines of the requests so far.
    fn lines(&self) -> Vec<String> {
        self.heads().iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { break };
        head.push(byte);
    }
    String::from_utf8(head).unwrap()
}

/// A response with these lines in its head, and without a body.
pub(crate) fn response(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
}

/// A resolver that answers each question with the next of its answers, and then with the last one again.
pub(crate) struct Answers {
    answers: Vec<SocketAddr>,
    asked: AtomicUsize,
}

impl Answers {
    pub(crate) fn new(answers: &[SocketAddr]) -> Arc<Self> {
        Arc::new(Self { answers: answers.to_vec(), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Answers {
    fn resolve(&self, _: String, _: u16) -> Resolving {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers[at.min(self.answers.len() - 1)];
        Box::pin(async move { Ok(vec![answer]) })
    }
}

/// A client that may connect to loopback, and whose names are all at that address.
pub(crate) fn client_of(server: SocketAddr) -> Client {
    client(AddressPolicy::Private, Answers::new(&[server]), RootCertStore::empty())
}

fn client(policy: AddressPolicy, resolver: Arc<dyn Resolve>, roots: RootCertStore) -> Client {
    Client { total_timeout: Duration::from_secs(30), ..Client::with(policy, resolver, roots).unwrap() }
}

/// The same client with next to no time.
pub(crate) fn hurried(client: Client) -> Client {
    Client { total_timeout: Duration::from_millis(200), ..client }
}
