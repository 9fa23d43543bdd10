//! Hostile tests of the protocol, against a small provider on loopback.

mod discovery;
mod fake_provider;
mod tokens;

use std::collections::HashMap;

use app::{credentials::token::Token, identity_provider::AllowedProviders};
use serde_json::json;
use url::Url;

use super::{Callback, FlowSecrets, Person, ProviderClient, ProviderError, Providers};
use crate::outgoing::tests::client_of;
use fake_provider::{CLIENT_ID, CLIENT_SECRET, FakeProvider, Signature};

const REDIRECT_URI: &str = "https://accounts.myapp.com/identity-provider/callback";

/// A server that may ask the provider on loopback.
fn providers(provider: &FakeProvider) -> Providers {
    Providers::with(Some(client_of(provider.address)), AllowedProviders::Private)
}

fn client(provider: &FakeProvider) -> ProviderClient {
    ProviderClient {
        issuer: provider.issuer().to_owned(),
        client_id: CLIENT_ID.into(),
        client_secret: Some(CLIENT_SECRET.into()),
        scopes: "openid email".into(),
    }
}

/// A browser on its way through a sign-in.
struct Browser<'a> {
    providers: &'a Providers,
    client: ProviderClient,
    state: Token,
    token: Token,
}

impl<'a> Browser<'a> {
    fn new(providers: &'a Providers, client: ProviderClient) -> Self {
        Self { providers, client, state: Token::new().unwrap(), token: Token::new().unwrap() }
    }

    fn secrets(&self) -> FlowSecrets {
        FlowSecrets::of(&self.token, &self.state)
    }

    async fn begin(&self, hint: Option<&str>) -> Url {
        self.providers.authorization_url(&self.client, REDIRECT_URI, &self.state, &self.secrets(), hint).await.unwrap()
    }

    async fn come_back(&self, query: &HashMap<String, String>) -> Result<Person, ProviderError> {
        let get = |name: &str| query.get(name).cloned();
        let callback = Callback { state: get("state").unwrap(), code: get("code"), iss: get("iss"), error: get("error") };
        self.providers.redeem(&self.client, REDIRECT_URI, callback, &self.secrets()).await
    }
}

/// A whole sign-in.
async fn sign_in(provider: &FakeProvider, providers: &Providers) -> Result<Person, ProviderError> {
    let browser = Browser::new(providers, client(provider));
    let url = browser.begin(None).await;
    browser.come_back(&provider.approve(&url)).await
}

/// What is said of a sign-in that is refused.
#[track_caller]
fn said(result: Result<Person, ProviderError>) -> String {
    match result {
        Ok(_) => panic!("somebody is signed in"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_person_is_who_the_provider_says() {
    let provider = FakeProvider::start().await;
    let providers = providers(&provider);
    let person = sign_in(&provider, &providers).await.unwrap();
    assert_eq!((person.issuer.as_str(), person.subject.as_str()), (provider.issuer(), "ana"));
    assert_eq!(person.claims["email"], "ana@company.com");
    sign_in(&provider, &providers).await.unwrap();
    assert_eq!((provider.asked("/.well-known/openid-configuration"), provider.asked("/jwks")), (1, 1), "both are cached");
}

#[tokio::test]
async fn the_address_at_the_provider_has_what_it_needs_and_no_secret() {
    let provider = FakeProvider::start().await;
    provider.says("authorization_endpoint", json!(format!("{}/authorize?tenant=1", provider.issuer())));
    let providers = providers(&provider);
    let browser = Browser::new(&providers, client(&provider));
    let url = browser.begin(Some("ana+x@company.com")).await;
    let pairs: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs["tenant"], "1");
    assert_eq!((pairs["scope"].as_str(), pairs["login_hint"].as_str()), ("openid email", "ana+x@company.com"));
    assert_eq!((pairs["redirect_uri"].as_str(), pairs["state"].clone()), (REDIRECT_URI, browser.state.secret()));
    let secrets = browser.secrets();
    assert!(
        !url.as_str().contains(&secrets.verifier) && !url.as_str().contains(&browser.token.secret()) && !url.as_str().contains("s3cret")
    );
    // Another browser, or another sign-in of the same, has others.
    let other = Browser::new(&providers, client(&provider)).secrets();
    assert!(other.nonce != secrets.nonce && other.verifier != secrets.verifier && secrets.nonce != secrets.verifier);
}

#[tokio::test]
async fn the_response_of_another_provider_does_not_count() {
    let provider = FakeProvider::start().await;
    let providers = providers(&provider);
    let browser = Browser::new(&providers, client(&provider));
    let url = browser.begin(None).await;
    for iss in [Some("https://evil.example".to_owned()), Some(format!("{}/", provider.issuer())), None] {
        let mut query = provider.approve(&url);
        query.remove("iss");
        query.extend(iss.map(|iss| ("iss".to_owned(), iss)));
        assert!(matches!(browser.come_back(&query).await, Err(ProviderError::MixedUp)));
        // Nor does its error.
        query.insert("error".into(), "access_denied".into());
        assert!(matches!(browser.come_back(&query).await, Err(ProviderError::MixedUp)));
    }
    assert_eq!(provider.asked("/token"), 0, "no code was sent anywhere");
    // A provider that does not announce the parameter may leave it out.
    let plain = FakeProvider::start().await;
    plain.says("authorization_response_iss_parameter_supported", json!(null));
    let providers = self::providers(&plain);
    let browser = Browser::new(&providers, client(&plain));
    let mut query = plain.approve(&browser.begin(None).await);
    query.remove("iss");
    browser.come_back(&query).await.unwrap();
}

#[tokio::test]
async fn a_code_counts_once_and_in_its_own_sign_in() {
    let provider = FakeProvider::start().await;
    let providers = providers(&provider);
    let (one, other) = (Browser::new(&providers, client(&provider)), Browser::new(&providers, client(&provider)));
    let query = provider.approve(&one.begin(None).await);
    one.come_back(&query).await.unwrap();
    assert_eq!(said(one.come_back(&query).await), "the provider does not redeem the code: invalid_grant");
    // A stolen code in another browser: its verifier is another one.
    let stolen = provider.approve(&one.begin(None).await);
    assert_eq!(said(other.come_back(&stolen).await), "the provider does not redeem the code: invalid_grant");
    // And where a provider does not check that, the nonce is.
    provider.behavior().checks_codes = false;
    let stolen = provider.approve(&one.begin(None).await);
    assert_eq!(said(other.come_back(&stolen).await), "the ID token is refused: it is of another sign-in (nonce)");
}

#[tokio::test]
async fn an_error_of_the_provider_is_told_by_its_code_only() {
    let provider = FakeProvider::start().await;
    let providers = providers(&provider);
    let browser = Browser::new(&providers, client(&provider));
    let mut query = provider.approve(&browser.begin(None).await);
    query.insert("error".into(), "access_denied".into());
    assert_eq!(said(browser.come_back(&query).await), "the provider answers access_denied");
    query.insert("error".into(), "<script>alert(1)</script>".into());
    assert_eq!(said(browser.come_back(&query).await), "the provider answers an unknown error");
    query.remove("error");
    query.remove("code");
    assert!(matches!(browser.come_back(&query).await, Err(ProviderError::NoCode)));
    let wrong = ProviderClient { client_secret: Some("wrong".into()), ..client(&provider) };
    let browser = Browser::new(&providers, wrong);
    let query = provider.approve(&browser.begin(None).await);
    assert_eq!(said(browser.come_back(&query).await), "the provider does not redeem the code: invalid_client");
}
