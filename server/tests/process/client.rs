//! A plain HTTP/1.1 client: one connection, kept as long as it holds.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Write},
    net::TcpStream,
    time::Duration,
};

/// Longer than a server may take for any answer.
const HEADER_TIMEOUT: Duration = Duration::from_mins(1);

/// Who asks one server.
#[derive(Debug)]
pub(crate) struct Client {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None }
    }

    /// Reads what is at a path.
    ///
    /// # Errors
    /// The connection, as where the server is gone.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Answer> {
        let host = self.address.clone();
        self.get_at(&host, path)
    }

    /// Reads what is at a path under a host name.
    ///
    /// # Errors
    /// The connection, as where the server is gone.
    pub(crate) fn get_at(&mut self, host: &str, path: &str) -> io::Result<Answer> {
        self.get_with(path, &[("host", host)])
    }

    /// Reads what is at a path, with these headers. The host is one of them.
    ///
    /// # Errors
    /// The connection, as where the server is gone.
    pub(crate) fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.send(format!("GET {path} HTTP/1.1\r\n{}\r\n", lines.concat()).as_bytes())
    }

    /// Reads a page as somebody who is signed in.
    ///
    /// # Errors
    /// The connection, as where the server is gone.
    pub(crate) fn get_page(&mut self, path: &str, cookie: &str) -> io::Result<Answer> {
        let host = self.address.clone();
        self.get_with(path, &[("host", &host), ("cookie", cookie)])
    }

    /// Posts a form as a browser does whose page comes from this server.
    ///
    /// # Errors
    /// The connection, as where the server is gone.
    pub(crate) fn post(&mut self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let (address, length) = (&self.address, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\ncookie: {cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.send(request.as_bytes())
    }

    fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(&self.address)?,
        };
        stream.get_mut().write_all(request)?;
        let answer = read(&mut stream)?;
        // Kept only after a whole answer: what is half read would be taken for the next one.
        self.stream = Some(stream);
        Ok(answer)
    }
}

fn connect(address: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(HEADER_TIMEOUT))?;
    Ok(BufReader::new(stream))
}

fn read(stream: &mut impl BufRead) -> io::Result<Answer> {
    let first = line(stream)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| odd(&first))?;
    let (mut length, mut chunked) = (None, false);
    loop {
        let header = line(stream)?.to_ascii_lowercase();
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok(),
            Some(("transfer-encoding", "chunked")) => chunked = true,
            None if header.is_empty() => break,
            _ => {}
        }
    }
    let mut body = Vec::new();
    while chunked {
        let size = usize::from_str_radix(&line(stream)?, 16).map_err(|_| odd("a chunk"))?;
        read_exactly(stream, size, &mut body)?;
        line(stream)?;
        chunked = size > 0;
    }
    read_exactly(stream, length.unwrap_or_default(), &mut body)?;
    Ok(Answer { status, body })
}

fn read_exactly(stream: &mut impl BufRead, size: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let start = body.len();
    body.resize(start + size, 0);
    stream.read_exact(&mut body[start..])
}

/// A line without its end. The end of the connection is an error, as in the middle of a line.
fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

fn odd(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("no HTTP: {what}"))
}
