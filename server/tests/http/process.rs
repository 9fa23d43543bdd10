//! The real binary, serving on a port of its own, and what it writes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread::JoinHandle,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::common::FORM;

/// A server on a port of its own, ended with its test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// The token of the link to set it up; empty where there is an account already.
    pub(crate) token: String,
    log: Option<JoinHandle<String>>,
    /// The lines of the log that nobody has waited for.
    lines: Receiver<String>,
}

impl Server {
    /// On that database, at its most talkative, with these flags and variables besides.
    pub(crate) fn start(url: &str, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(url, flags).envs(variables.iter().copied()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
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
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        while address.is_none() {
            let line = said.next().expect("it starts");
            if let Some((_, found)) = line.split_once("/account/setup?token=") {
                found.clone_into(&mut token);
            }
            address = line.split_once("ready: http://").map(|(_, found)| found.to_owned());
        }
        let address = address.unwrap();
        Self { child, address, token, log: Some(log), lines }
    }

    /// Waits for a line of the log that holds this, and answers what is behind it.
    #[track_caller]
    pub(crate) fn logged(&self, what: &str) -> String {
        self.lines.iter().find_map(|line| Some(line.split_once(what)?.1.to_owned())).unwrap_or_else(|| panic!("no line says {what}"))
    }

    /// Its metrics, as Prometheus reads them, from the address that its log says once.
    pub(crate) fn metrics(&self) -> String {
        let at = self.logged("metrics are at http://");
        let (address, _) = at.split_once('/').unwrap();
        send(address, &format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"))
    }

    /// Sends a request as it is written, and answers everything that comes back.
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

    /// Stops it in order, and answers all that it has logged.
    pub(crate) fn stop(mut self) -> String {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The command that serves on that database, with these flags besides. What it says is read.
pub(crate) fn command(url: &str, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal-redirects"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--database-url", url]).args(flags);
    command.env_remove("DATABASE_MIGRATE_URL").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn send(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
