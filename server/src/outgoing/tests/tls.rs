//! Certificates: when they end, and those that browsers refuse.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use time::{Duration, OffsetDateTime};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring::default_provider,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::{super::*, Answers, client, read_head, response};

/// A certificate authority of the test.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server with a certificate for that name, which ends then.
async fn serve(authority: &CertifiedIssuer<'static, KeyPair>, name: &str, ends_at: OffsetDateTime) -> SocketAddr {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = ends_at - Duration::days(90);
    params.not_after = ends_at;
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            read_head(&mut stream).await;
            let _ = stream.write_all(response("200 OK", "").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

async fn ask(server: SocketAddr, roots: &[&CertifiedIssuer<'static, KeyPair>]) -> Result<Followed, OutgoingError> {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(roots.iter().map(|authority| authority.der().clone()));
    let client = client(AddressPolicy::Private, Answers::new(&[server]), trusted);
    client.follow(&"https://myapp.test/".parse().unwrap(), |_| false).await.map_err(|failed| failed.error)
}

fn in_days(days: i64) -> OffsetDateTime {
    (OffsetDateTime::now_utc() + Duration::days(days)).replace_nanosecond(0).unwrap()
}

#[tokio::test]
async fn the_end_of_a_certificate_is_known() {
    let (authority, ends_at) = (authority(), in_days(6));
    let server = serve(&authority, "myapp.test", ends_at).await;
    assert_eq!(ask(server, &[&authority]).await.unwrap().certificate_ends_at, Some(ends_at));
}

#[tokio::test]
async fn a_certificate_that_browsers_refuse_is_refused_by_its_reason() {
    let authority = authority();
    let ended = serve(&authority, "myapp.test", in_days(-1)).await;
    assert!(matches!(ask(ended, &[&authority]).await, Err(OutgoingError::CertificateEnded)));
    let of_another = serve(&authority, "other.test", in_days(30)).await;
    assert!(matches!(ask(of_another, &[&authority]).await, Err(OutgoingError::CertificateInvalid(_))));
    let unknown = serve(&authority, "myapp.test", in_days(30)).await;
    assert!(matches!(ask(unknown, &[]).await, Err(OutgoingError::CertificateInvalid(_))));
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(response("400 Bad Request", "").as_bytes()).await;
        let _ = stream.shutdown().await;
    });
    let failed = ask(address, &[]).await;
    assert!(matches!(failed, Err(OutgoingError::Tls(_))), "{failed:?}");
}
