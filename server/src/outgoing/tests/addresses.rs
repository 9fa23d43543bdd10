//! Where a client connects to, and where it does not.

use std::net::SocketAddr;

use hyper::Method;
use tokio_rustls::rustls::RootCertStore;
use url::Url;

use super::{super::*, Answers, TestServer, client, client_of, response};

const METADATA: &str = "169.254.169.254:80";

#[tokio::test]
async fn a_name_is_resolved_once_and_that_address_is_connected_to() {
    let server = TestServer::answering(|_| response("200 OK", "")).await;
    // A second lookup answers with the metadata service's address.
    let answers = Answers::new(&[server.address, METADATA.parse().unwrap()]);
    let client = client(AddressPolicy::Private, answers.clone(), RootCertStore::empty());
    let url: Url = "http://myapp.test/".parse().unwrap();
    client.fetch(OutgoingRequest::new(Method::GET, &url)).await.unwrap();
    assert_eq!((answers.asked(), server.lines().len()), (1, 1));
}

#[tokio::test]
async fn a_name_that_resolves_to_another_address_at_a_redirect_is_checked_again() {
    let server = TestServer::answering(|_| response("302 Found", "location: /again\r\n")).await;
    let answers = Answers::new(&[server.address, METADATA.parse().unwrap()]);
    let client = client(AddressPolicy::Private, answers.clone(), RootCertStore::empty());
    let failed = client.follow(&"http://myapp.test/".parse().unwrap(), |_| false).await.unwrap_err();
    assert!(matches!(failed, FollowError { hops: 1, error: OutgoingError::AddressRefused }), "{failed:?}");
    assert_eq!((answers.asked(), server.lines().len()), (2, 1));
}

#[tokio::test]
async fn a_redirect_to_metadata_is_not_followed_however_it_is_spelled() {
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "//169.254.169.254/",
    ] {
        let server = TestServer::answering(move |_| response("302 Found", &format!("location: {to}\r\n"))).await;
        let failed = client_of(server.address).follow(&server.url("/"), |_| false).await.unwrap_err();
        assert!(matches!(failed, FollowError { hops: 1, error: OutgoingError::AddressRefused }), "{to} {failed:?}");
    }
}

#[tokio::test]
async fn this_machine_is_not_connected_to_unless_private_addresses_are_allowed() {
    let server = TestServer::answering(|_| response("200 OK", "")).await;
    let port = server.address.port();
    let answers = Answers::new(&[server.address]);
    let client = client(AddressPolicy::Public, answers, RootCertStore::empty());
    for host in ["127.0.0.1", "[::1]", "127.1", "0x7f000001", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "localhost", "myapp.test"] {
        let url = format!("http://{host}:{port}/").parse().unwrap();
        let failed = client.follow(&url, |_| false).await.unwrap_err();
        assert!(matches!(failed, FollowError { hops: 0, error: OutgoingError::AddressRefused }), "{host} {failed:?}");
    }
    assert_eq!(server.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_is_asked_with_a_password_or_another_scheme() {
    let server = TestServer::answering(|_| response("200 OK", "")).await;
    let SocketAddr::V4(address) = server.address else { panic!() };
    for url in [format!("http://ana:secret@{address}/"), format!("http://ana@{address}/"), format!("ftp://{address}/"), "data:,x".into()] {
        let url = url.parse().unwrap();
        let failed = client_of(server.address).fetch(OutgoingRequest::new(Method::GET, &url)).await.unwrap_err();
        assert!(matches!(failed, OutgoingError::Unsupported), "{url} {failed:?}");
    }
    assert_eq!(server.lines(), Vec::<String>::new());
}
