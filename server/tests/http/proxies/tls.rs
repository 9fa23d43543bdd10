//! A certificate of the test's own, and requests over TLS by which a client that trusts it asks from 127.0.0.2.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider, pki_types::ServerName},
};

/// A certificate for some names, and who trusts it.
pub(super) struct Tls {
    pub(super) certificate: String,
    pub(super) key: String,
    connector: TlsConnector,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Tls {
    pub(super) fn new(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let mut trusted = RootCertStore::empty();
        trusted.add(certificate.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
        let connector = TlsConnector::from(Arc::new(config.with_root_certificates(trusted).with_no_client_auth()));
        Self { certificate: pem("CERTIFICATE", certificate.der()), key: pem("PRIVATE KEY", &key.serialize_der()), connector }
    }

    /// Sends a request for a host, and reads the answer until the connection ends.
    pub(super) async fn send(&self, port: u16, host: &str, request: &[u8]) -> Said {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
        let stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
        let stream = self.connector.connect(ServerName::try_from(host.to_owned()).unwrap(), stream).await.unwrap();
        let (mut reader, mut writer) = tokio::io::split(stream);
        // Both at once: who refuses a request may answer before all of it has arrived, and close.
        let mut answer = Vec::new();
        let (_written, _read) = tokio::join!(writer.write_all(request), reader.read_to_end(&mut answer));
        Said::read(&String::from_utf8_lossy(&answer))
    }
}

/// DER as the text that proxies read (RFC 7468).
fn pem(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in der.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        let digits = (0..4).map(|place| char::from(DIGITS[bits >> (18 - 6 * place) & 63]));
        text.extend(digits.take(three.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    let lines = text.as_bytes().chunks(64).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect::<String>();
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}

impl Said {
    fn read(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The values of a header.
    pub(super) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The only value of a header; empty where there is none or several.
    pub(super) fn header(&self, name: &str) -> &str {
        match self.headers(name)[..] {
            [value] => value,
            _ => "",
        }
    }
}
