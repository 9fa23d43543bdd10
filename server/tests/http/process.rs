//! A server as a process, the requests to it, and its log.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread::JoinHandle,
};

use crate::{
    common::FORM,
    server_process::{ServerProcess, serve},
};

/// A server that is ready, and the log that it writes.
pub(crate) struct Server {
    process: ServerProcess,
    pub(crate) address: String,
    /// The token of the setup link; empty if there is an account already.
    pub(crate) token: String,
    log: Option<JoinHandle<String>>,
    /// The lines of the log that nobody has waited for.
    lines: Receiver<String>,
}

impl Server {
    /// Starts a server on that database with these flags and environment variables, and returns once it is ready.
    pub(crate) fn start(url: &str, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut process = ServerProcess::start(command(url, flags).envs(variables.iter().copied()));
        let stderr = BufReader::new(process.child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            for line in stderr.lines().map(Result::unwrap) {
                log.push_str(&line);
                log.push('\n');
                drop(sender.send(line));
            }
            log
        });
        let (mut token, mut address) = (String::new(), None);
        while address.is_none() {
            let line = process.output.recv().expect("it starts");
            // In JSON, the message is what the text would be.
            let json: Option<serde_json::Value> = serde_json::from_str(&line).ok();
            let line = json.and_then(|json| Some(json["message"].as_str()?.to_owned())).unwrap_or(line);
            if let Some((_, found)) = line.split_once("/account/setup?token=") {
                found.clone_into(&mut token);
            }
            address = line.split_once("ready: http://").map(|(_, found)| found.to_owned());
        }
        Self { process, address: address.unwrap(), token, log: Some(log), lines }
    }

    /// Waits for a line of the log that contains this, and returns what follows it.
    #[track_caller]
    pub(crate) fn logged(&self, what: &str) -> String {
        self.lines.iter().find_map(|line| Some(line.split_once(what)?.1.to_owned())).unwrap_or_else(|| panic!("no line says {what}"))
    }

    /// Its metrics, as Prometheus reads them. Can be called once: the log names their address once.
    pub(crate) fn metrics(&self) -> String {
        let at = self.logged("metrics are at http://");
        let (address, _) = at.split_once('/').unwrap();
        send(address, &format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"))
    }

    /// Sends a request as it is written, and returns the whole response.
    pub(crate) fn send(&self, request: &str) -> String {
        send(&self.address, request)
    }

    pub(crate) fn get(&self, path: &str, cookie: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n", self.address))
    }

    pub(crate) fn post(&self, path: &str, cookie: &str, kind: &str, body: &str) -> String {
        let head = format!("POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {cookie}", self.address);
        let more = format!("origin: http://{}\r\ncontent-type: {kind}\r\ncontent-length: {}", self.address, body.len());
        self.send(&format!("{head}\r\n{more}\r\n\r\n{body}"))
    }

    pub(crate) fn post_form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> String {
        self.post(path, cookie, FORM, &url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
    }

    /// Asks it to stop, and returns its whole log.
    pub(crate) fn stop(mut self) -> String {
        self.process.terminate();
        assert!(self.process.child.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }
}

/// The command that serves on that database with these flags, and logs everything.
pub(crate) fn command(url: &str, flags: &[&str]) -> Command {
    let mut command = serve(&[&["--log", "trace", "--database-url", url], flags].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn send(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
