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
        Self { certificate: certificate.pem(), key: key.serialize_pem(), connector }
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
