//! A proxy to PostgreSQL that the tests control: it can cut connections, hang, be slow or drop notifications, and it counts queries.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// What the proxy does with what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passes it on.
    Pass,
    /// Ends all connections, and new ones at once.
    Cut,
    /// Holds everything back until the mode changes.
    Hang,
    /// Delays each response.
    Delay(Duration),
    /// Drops notifications and passes everything else on.
    Deaf,
    /// Answers LISTEN with an error, as a read-only database does.
    NoListen,
}

/// A proxy to PostgreSQL.
pub(crate) struct Proxy {
    port: u16,
    mode: watch::Sender<Mode>,
    asked: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.mode.send_replace(Mode::Cut);
        self.accepting.abort();
    }
}

impl Proxy {
    /// A proxy to the server of these options.
    pub(crate) async fn to(options: &PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, asked) = (watch::Sender::new(Mode::Pass), Arc::new(AtomicUsize::new(0)));
        let (modes, counter, options) = (mode.clone(), Arc::clone(&asked), options.clone());
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                client.set_nodelay(true).unwrap();
                tokio::spawn(forward(client, options.clone(), modes.subscribe(), Arc::clone(&counter)));
            }
        });
        Self { port, mode, asked, accepting }
    }

    /// Options that connect through the proxy.
    pub(crate) fn options(&self, options: &PgConnectOptions) -> PgConnectOptions {
        let options = if options.get_socket().is_some() {
            // A socket can't be taken back.
            let plain = PgConnectOptions::new_without_pgpass().username(options.get_username());
            plain.database(options.get_database().unwrap_or_default())
        } else {
            options.clone()
        };
        // Messages are told apart as they pass, so they are not encrypted.
        options.host("127.0.0.1").port(self.port).ssl_mode(PgSslMode::Disable)
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// How many queries have passed.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn forward(client: TcpStream, options: PgConnectOptions, mut mode: watch::Receiver<Mode>, asked: Arc<AtomicUsize>) {
    let socket = options.get_socket().map(|folder| folder.join(format!(".s.PGSQL.{}", options.get_port())));
    let passing = mode.clone();
    let (from_client, to_client) = client.into_split();
    let work = async move {
        if let Some(socket) = socket {
            let (from_server, to_server) = UnixStream::connect(socket).await?.into_split();
            both(from_client, to_client, from_server, to_server, passing, asked).await
        } else {
            let (from_server, to_server) = TcpStream::connect((options.get_host(), options.get_port())).await?.into_split();
            both(from_client, to_client, from_server, to_server, passing, asked).await
        }
    };
    tokio::select! {
        _ = work => {}
        _ = mode.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

async fn both(
    mut from_client: impl AsyncRead + Unpin,
    mut to_client: impl AsyncWrite + Unpin,
    mut from_server: impl AsyncRead + Unpin,
    mut to_server: impl AsyncWrite + Unpin,
    mode: watch::Receiver<Mode>,
    asked: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let mut there = mode.clone();
    let asking = async {
        // The first message has no kind.
        let mut kind = None;
        loop {
            let mut message = message(&mut from_client, kind.is_some()).await?;
            kind = Some(message[0]);
            if arrives(&mut there).await == Mode::NoListen && message[0] == b'Q' && message[5..].starts_with(b"LISTEN") {
                message = b"Q\0\0\0\x0erollback!\0".to_vec();
            }
            to_server.write_all(&message).await?;
            // Execute, of a prepared query: what PgListener sends as text is not counted.
            asked.fetch_add(usize::from(message[0] == b'E'), Ordering::SeqCst);
        }
    };
    let mut back = mode;
    let answering = async {
        loop {
            let message = message(&mut from_server, true).await?;
            match arrives(&mut back).await {
                Mode::Deaf if message[0] == b'A' => continue,
                Mode::Delay(delay) if message[0] == b'Z' => tokio::time::sleep(delay).await,
                _ => {}
            }
            to_client.write_all(&message).await?;
        }
    };
    // If one end closes, so does the other.
    tokio::select! {
        ended = asking => ended,
        ended = answering => ended,
    }
}

/// Waits until something may pass.
async fn arrives(mode: &mut watch::Receiver<Mode>) -> Mode {
    mode.wait_for(|mode| *mode != Mode::Hang).await.map_or(Mode::Cut, |mode| *mode)
}

/// Reads a message of PostgreSQL's protocol: its kind, its length including the length itself, and the rest.
async fn message(from: &mut (impl AsyncRead + Unpin), has_kind: bool) -> std::io::Result<Vec<u8>> {
    let head = if has_kind { 5 } else { 4 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).await?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap());
    message.resize(head - 4 + length as usize, 0);
    from.read_exact(&mut message[head..]).await?;
    Ok(message)
}
