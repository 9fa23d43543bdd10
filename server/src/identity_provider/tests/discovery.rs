//! Providers that can't be found, or whose discovery document must not count.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::*;
use crate::outgoing::{
    AddressPolicy, Client, OutgoingError,
    tests::{TestServer, hurried, response},
};

async fn failure(providers: &Providers, issuer: &str) -> ProviderError {
    providers.find(issuer).await.map(|provider| provider.metadata.issuer.clone()).unwrap_err()
}

#[tokio::test]
async fn the_issuer_is_equal_to_the_letter() {
    let provider = FakeProvider::start().await;
    let providers = providers(&provider);
    let issuer = provider.issuer().to_owned();
    providers.find(&issuer).await.unwrap();
    for other in [format!("{issuer}/"), issuer.replace("127.0.0.1", "localhost")] {
        let error = failure(&providers, &other).await;
        assert!(matches!(&error, ProviderError::Issuer { expected, said } if *expected == other && *said == issuer), "{error}");
    }
    assert!(matches!(failure(&providers, &issuer.replace("http:", "HTTP:")).await, ProviderError::Issuer { .. }));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let provider = FakeProvider::start().await;
    provider.behavior().status = Some(axum::http::StatusCode::FOUND);
    let error = failure(&providers(&provider), provider.issuer()).await;
    assert!(matches!(error, ProviderError::Status { status: 302, .. }), "{error}");
    assert_eq!(provider.asked("/.well-known/openid-configuration"), 1);
    // Nor from any other of its addresses.
    let provider = FakeProvider::start().await;
    let providers = providers(&provider);
    providers.find(provider.issuer()).await.unwrap();
    let browser = Browser::new(&providers, client(&provider));
    let query = provider.approve(&browser.begin(None).await);
    provider.behavior().status = Some(axum::http::StatusCode::TEMPORARY_REDIRECT);
    assert!(browser.come_back(&query).await.is_err());
    assert_eq!(provider.asked("/token"), 1);
}

#[tokio::test]
async fn a_private_address_is_asked_only_where_the_server_allows_it() {
    let provider = FakeProvider::start().await;
    let public = Providers::with(Some(Client::new(AddressPolicy::Public).unwrap()), AllowedProviders::Private);
    let error = failure(&public, provider.issuer()).await;
    assert!(matches!(error, ProviderError::Outgoing { error: OutgoingError::AddressRefused, .. }), "{error}");
    let public = Providers::new(AllowedProviders::Public).unwrap();
    assert!(matches!(failure(&public, provider.issuer()).await, ProviderError::NotHttps(_)));
    for metadata in ["https://169.254.169.254", "http://[fd00:ec2::254]"] {
        let private = Providers::new(AllowedProviders::Private).unwrap();
        let error = failure(&private, metadata).await;
        assert!(matches!(error, ProviderError::Outgoing { error: OutgoingError::AddressRefused, .. }), "{error}");
    }
    assert!(matches!(failure(&Providers::new(AllowedProviders::Off).unwrap(), provider.issuer()).await, ProviderError::Off));
    assert_eq!(provider.asked("/.well-known/openid-configuration"), 0);
}

#[tokio::test]
async fn the_addresses_in_the_document_are_as_bounded_as_its_own() {
    let provider = FakeProvider::start().await;
    for (name, value) in [
        ("token_endpoint", json!("ftp://127.0.0.1/token")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("end_session_endpoint", json!("data:text/html,x")),
        ("userinfo_endpoint", json!("file:///etc/passwd")),
    ] {
        provider.says(name, value);
        let error = failure(&providers(&provider), provider.issuer()).await;
        assert!(matches!(error, ProviderError::NotHttps(_)), "{name}: {error}");
        provider.behavior().metadata.clear();
    }
    provider.says("jwks_uri", json!("http://169.254.169.254/latest"));
    let open = Providers::new(AllowedProviders::Private).unwrap();
    let error = failure(&open, provider.issuer()).await;
    assert!(matches!(error, ProviderError::Outgoing { error: OutgoingError::AddressRefused, .. }), "{error}");
}

#[tokio::test]
async fn a_provider_that_is_down_slow_or_endless_is_an_error() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let of = |client| Providers::with(Some(client), AllowedProviders::Private);
    let error = failure(&of(client_of(closed)), &format!("http://{closed}")).await;
    assert!(matches!(error, ProviderError::Outgoing { error: OutgoingError::Connect(_), .. }), "{error}");
    let slow = TestServer::start(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let error = failure(&of(hurried(client_of(slow.address))), &format!("http://{}", slow.address)).await;
    assert!(matches!(error, ProviderError::Outgoing { error: OutgoingError::Timeout, .. }), "{error}");
    let endless = TestServer::start(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
        let _ = stream.write_all(&vec![b' '; 1_000_000]).await;
    })
    .await;
    let error = failure(&of(client_of(endless.address)), &format!("http://{}", endless.address)).await;
    assert!(matches!(error, ProviderError::Outgoing { error: OutgoingError::TooLong, .. }), "{error}");
    let broken = TestServer::answering(|_| response("200 OK", "")).await;
    let error = failure(&of(client_of(broken.address)), &format!("http://{}", broken.address)).await;
    assert!(matches!(error, ProviderError::Discovery(_)), "{error}");
}

#[tokio::test]
async fn a_provider_must_be_able_to_do_what_is_needed() {
    let provider = FakeProvider::start().await;
    let cases: [(&str, Value, bool); 7] = [
        ("code_challenge_methods_supported", json!(["plain"]), false),
        ("code_challenge_methods_supported", json!(null), true),
        ("id_token_signing_alg_values_supported", json!(["HS256", "none"]), false),
        ("id_token_signing_alg_values_supported", json!(["RS256", "HS256"]), true),
        ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"]), false),
        ("token_endpoint_auth_methods_supported", json!(["client_secret_post"]), true),
        ("jwks_uri", json!(null), false),
    ];
    for (name, value, works) in cases {
        provider.says(name, value.clone());
        let found = providers(&provider).find(provider.issuer()).await;
        assert_eq!(found.is_ok(), works, "{name} {value}: {:?}", found.err().map(|error| error.to_string()));
        provider.behavior().metadata.clear();
    }
}
