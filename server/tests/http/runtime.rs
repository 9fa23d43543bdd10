//! A server as a process, the requests to it and what it writes; and a connection to its database that opens later.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use sqlx::PgPool;

use crate::server_process::{ServerProcess, serve};

/// A database that never answers.
pub(crate) const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nowhere";

/// How long anything may take before the test has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// Waits until it is so.
#[track_caller]
pub(crate) fn eventually(mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + REQUEST_TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < until, "it never is so");
        std::thread::yield_now();
    }
}

/// An answer, in parts.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// How a run has ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) log: String,
}

/// A server that listens, ready or not, and everything that it writes.
pub(crate) struct Runtime {
    process: ServerProcess,
    address: SocketAddr,
    said: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Runtime {
    /// Starts a server, and waits until it says where it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut process = ServerProcess::start(serve(arguments).stderr(Stdio::piped()));
        let log = Arc::new(Mutex::new(String::new()));
        let (stderr, written) = (BufReader::new(process.child.stderr.take().unwrap()), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).for_each(|line| written.lock().unwrap().extend([line.as_str(), "\n"]));
        });
        let mut runtime = Self { process, address: ([127, 0, 0, 1], 0).into(), said: String::new(), log, reader: Some(reader) };
        let line = runtime.next("http://127.0.0.1:|http://0.0.0.0:");
        runtime.address.set_port(line.rsplit_once(':').unwrap().1.parse().unwrap());
        runtime
    }

    /// Waits for a line on standard output that has one of these in it, unless one was there already.
    #[track_caller]
    pub(crate) fn hear(&mut self, what: &str) {
        if !self.said.contains(what) {
            self.next(what);
        }
    }

    #[track_caller]
    fn next(&mut self, what: &str) -> String {
        loop {
            let Ok(line) = self.process.output.recv_timeout(REQUEST_TIMEOUT) else {
                panic!("it never says {what}: {}{}", self.said, self.log())
            };
            self.said.extend([line.as_str(), "\n"]);
            // The link to set it up is no place where it says that it listens.
            if what.split('|').any(|what| line.contains(what)) && !line.contains("token=") {
                return line;
            }
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends a request, and answers everything that comes back, at the end.
    pub(crate) fn ask(&self, path: &str, header: &str) -> JoinHandle<String> {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n\r\n"))
    }

    fn send(&self, request: String) -> JoinHandle<String> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        std::thread::spawn(move || {
            let mut answer = Vec::new();
            // What is cut off ends here as well.
            drop(stream.read_to_end(&mut answer));
            String::from_utf8_lossy(&answer).into_owned()
        })
    }

    /// A connection on which nothing is asked.
    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Said {
        self.get_at("localhost", path)
    }

    pub(crate) fn get_at(&self, host: &str, path: &str) -> Said {
        said(&self.send(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")).join().unwrap())
    }

    /// With one more header.
    pub(crate) fn get_with(&self, path: &str, header: &str) -> Said {
        said(&self.ask(path, header).join().unwrap())
    }

    /// Asks it to stop.
    pub(crate) fn signal(&self) {
        self.process.terminate();
    }

    /// Waits until it has ended.
    pub(crate) fn wait(mut self) -> End {
        let code = self.process.child.wait().unwrap().code();
        self.reader.take().unwrap().join().unwrap();
        self.said.extend(self.process.output.iter());
        End { code, said: std::mem::take(&mut self.said), log: self.log() }
    }

    pub(crate) fn stop(self) -> End {
        self.signal();
        self.wait()
    }
}

#[track_caller]
fn said(answer: &str) -> Said {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    // Longer answers come in pieces; what is looked for stands in one.
    Said { status, head: head.to_owned(), body: body.to_owned() }
}

/// A way to a test's database that is closed until it is opened.
pub(crate) struct Way {
    pub(crate) url: String,
    port: u16,
    socket: PathBuf,
}

impl Way {
    pub(crate) fn closed(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (user, database) = (options.get_username(), options.get_database().unwrap());
        let url = format!("postgres://{user}@127.0.0.1:{port}/{database}?sslmode=disable");
        let folder = options.get_socket().cloned().unwrap_or_else(|| PathBuf::from(options.get_host()));
        Self { url, port, socket: folder.join(format!(".s.PGSQL.{}", options.get_port())) }
    }

    pub(crate) fn open(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        let socket = self.socket.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let database = UnixStream::connect(&socket).unwrap();
                let (mut from_client, mut to_client) = (client.try_clone().unwrap(), client);
                let (mut from_database, mut to_database) = (database.try_clone().unwrap(), database);
                std::thread::spawn(move || {
                    drop(std::io::copy(&mut from_client, &mut to_database));
                    drop(to_database.shutdown(std::net::Shutdown::Both));
                });
                std::thread::spawn(move || {
                    drop(std::io::copy(&mut from_database, &mut to_client));
                    drop(to_client.shutdown(std::net::Shutdown::Both));
                });
            }
        });
    }
}
