//! A collector of traces that takes everything and keeps it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// What was posted: the first line and the headers, and the body.
type Posts = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Listens until its test ends.
pub(crate) struct Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` says.
    pub(crate) url: String,
    posts: Posts,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let posts = Posts::default();
        let kept = Arc::clone(&posts);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || take(stream.unwrap(), &kept));
            }
        });
        Self { url, posts }
    }

    /// The heads of all that was posted.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.posts.lock().unwrap().iter().map(|(head, _)| head.clone()).collect()
    }

    /// All bodies: what is text in them is found as it is.
    pub(crate) fn bodies(&self) -> String {
        let posts = self.posts.lock().unwrap();
        posts.iter().map(|(_, body)| String::from_utf8_lossy(body).into_owned()).collect()
    }

    /// Whether these bytes were posted.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        self.posts.lock().unwrap().iter().any(|(_, body)| body.windows(bytes.len()).any(|found| found == bytes))
    }
}

/// Takes the posts of one connection, one after another.
fn take(mut stream: TcpStream, kept: &Posts) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        kept.lock().unwrap().push((head, body));
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}
