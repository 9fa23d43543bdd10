//! A small `OpenID` Connect provider on loopback that does what providers should not, as a test says.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;

/// The client that it knows.
pub(crate) const CLIENT_ID: &str = "portal";
pub(crate) const CLIENT_SECRET: &str = "s3cret:/of the client";

/// How it signs ID tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// With its key, as it announces.
    Es256,
    /// Not at all.
    None,
    /// With its public key as a shared one.
    Hs256,
    /// With a key of its own, under the id of the provider's.
    Forged,
}

/// What a code stands for.
#[derive(Clone)]
struct Code {
    challenge: String,
    redirect_uri: String,
    nonce: String,
}

/// What a test says, and what it has been asked.
pub(crate) struct Behavior {
    pub(crate) signature: Signature,
    /// The id in the head of tokens.
    pub(crate) kid: String,
    /// Claims that take the place of its own; `null` removes one.
    pub(crate) claims: Map<String, Value>,
    /// Members of the discovery document, in the same way.
    pub(crate) metadata: Map<String, Value>,
    /// The userinfo response. `null`: the subject alone.
    pub(crate) userinfo: Value,
    /// Whether it checks codes as it should.
    pub(crate) checks_codes: bool,
    /// The status of every answer, if it is not its own.
    pub(crate) status: Option<StatusCode>,
    /// How often each path was asked for.
    pub(crate) asked: HashMap<String, usize>,
    key: Arc<Key>,
    codes: HashMap<String, Code>,
    next_code: usize,
}

struct Key {
    id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(id: &str) -> Arc<Self> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Arc::new(Self { id: id.to_owned(), pair })
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": encode(x), "y": encode(y)})
    }
}

/// The provider.
pub(crate) struct FakeProvider {
    pub(crate) address: SocketAddr,
    shared: Shared,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Shared {
    issuer: String,
    behavior: Arc<Mutex<Behavior>>,
}

impl FakeProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let behavior = Behavior {
            signature: Signature::Es256,
            kid: "one".into(),
            claims: Map::new(),
            metadata: Map::new(),
            userinfo: Value::Null,
            checks_codes: true,
            status: None,
            asked: HashMap::new(),
            key: Key::new("one"),
            codes: HashMap::new(),
            next_code: 0,
        };
        let shared = Shared { issuer: format!("http://{address}"), behavior: Arc::new(Mutex::new(behavior)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(shared.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        Self { address, shared, _server: server }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// What it does from now on.
    pub(crate) fn behavior(&self) -> MutexGuard<'_, Behavior> {
        self.shared.behavior.lock().unwrap()
    }

    /// Sets a claim of the tokens to come.
    pub(crate) fn claim(&self, name: &str, value: Value) {
        self.behavior().claims.insert(name.to_owned(), value);
    }

    /// Sets a member of the discovery document.
    pub(crate) fn says(&self, name: &str, value: Value) {
        self.behavior().metadata.insert(name.to_owned(), value);
    }

    /// Gets another key.
    pub(crate) fn rotate(&self, id: &str) {
        let mut behavior = self.behavior();
        behavior.key = Key::new(id);
        behavior.kid = id.to_owned();
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.behavior().asked.get(path).copied().unwrap_or_default()
    }

    /// Signs a person in at the authorization endpoint, and returns the query with which the browser comes back.
    pub(crate) fn approve(&self, url: &Url) -> HashMap<String, String> {
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!(asked["client_id"], CLIENT_ID);
        let mut behavior = self.behavior();
        behavior.next_code += 1;
        let code = format!("code-{}", behavior.next_code);
        let stored =
            Code { challenge: asked["code_challenge"].clone(), redirect_uri: asked["redirect_uri"].clone(), nonce: asked["nonce"].clone() };
        behavior.codes.insert(code.clone(), stored);
        [("state", asked["state"].clone()), ("code", code), ("iss", self.shared.issuer.clone())]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }
}

impl Shared {
    fn note(&self, path: &str) -> (MutexGuard<'_, Behavior>, Option<Response>) {
        let mut behavior = self.behavior.lock().unwrap();
        *behavior.asked.entry(path.to_owned()).or_default() += 1;
        let instead = behavior.status.map(|status| (status, [(header::LOCATION, self.issuer.clone())]).into_response());
        (behavior, instead)
    }
}

async fn discovery(State(shared): State<Shared>) -> Response {
    let (behavior, instead) = shared.note("/.well-known/openid-configuration");
    if let Some(instead) = instead {
        return instead;
    }
    let at = |path: &str| format!("{}{path}", shared.issuer);
    let own = json!({
        "issuer": shared.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "jwks_uri": at("/jwks"),
        "userinfo_endpoint": at("/userinfo"), "end_session_endpoint": at("/end"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true
    });
    Json(changed(own, &behavior.metadata)).into_response()
}

async fn jwks(State(shared): State<Shared>) -> Response {
    let (behavior, instead) = shared.note("/jwks");
    // A key that this library does not know is no reason to refuse the others.
    let unknown = json!({"kty": "XYZ", "kid": "unknown"});
    instead.unwrap_or_else(|| Json(json!({"keys": [unknown, behavior.key.jwk()]})).into_response())
}

async fn token(State(shared): State<Shared>, headers: HeaderMap, body: String) -> Response {
    let (mut behavior, instead) = shared.note("/token");
    if let Some(instead) = instead {
        return instead;
    }
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Both are form-urlencoded first (RFC 6749, 2.3.1).
    let encoded: String = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    let expected = base64::prelude::BASE64_STANDARD.encode(format!("{CLIENT_ID}:{encoded}"));
    if given != format!("Basic {expected}") {
        return refuse("invalid_client");
    }
    let Some(code) = behavior.codes.get(&form["code"]).cloned() else { return refuse("invalid_grant") };
    if behavior.checks_codes {
        behavior.codes.remove(&form["code"]);
        let verifier = form.get("code_verifier").map(String::as_str).unwrap_or_default();
        if encode(&Sha256::digest(verifier)) != code.challenge || form["redirect_uri"] != code.redirect_uri {
            return refuse("invalid_grant");
        }
    }
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let claims = json!({
        "iss": shared.issuer, "sub": "ana", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": code.nonce,
        "email": "ana@company.com", "email_verified": true, "given_name": "Ana", "family_name": "María"
    });
    let id_token = sign(&behavior, &changed(claims, &behavior.claims));
    Json(json!({"access_token": "access", "token_type": "Bearer", "id_token": id_token})).into_response()
}

async fn userinfo(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let (behavior, instead) = shared.note("/userinfo");
    if let Some(instead) = instead {
        return instead;
    }
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access");
    let subject = behavior.claims.get("sub").cloned().unwrap_or_else(|| "ana".into());
    let own = json!({"sub": subject});
    Json(if behavior.userinfo.is_null() { own } else { behavior.userinfo.clone() }).into_response()
}

fn changed(mut own: Value, changes: &Map<String, Value>) -> Value {
    let members = own.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    own
}

fn sign(behavior: &Behavior, claims: &Value) -> String {
    let algorithm = match behavior.signature {
        Signature::Es256 | Signature::Forged => "ES256",
        Signature::None => "none",
        Signature::Hs256 => "HS256",
    };
    let head = json!({"alg": algorithm, "typ": "JWT", "kid": behavior.kid});
    let text = format!("{}.{}", encode(head.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let ecdsa = |key: &Key| encode(key.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref());
    let signature = match behavior.signature {
        Signature::Es256 => ecdsa(&behavior.key),
        Signature::Forged => ecdsa(&Key::new("one")),
        Signature::None => String::new(),
        Signature::Hs256 => {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, behavior.key.pair.public_key().as_ref());
            encode(ring::hmac::sign(&key, text.as_bytes()).as_ref())
        }
    };
    format!("{text}.{signature}")
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
