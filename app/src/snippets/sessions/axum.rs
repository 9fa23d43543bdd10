use std::time::{Duration, Instant};

use axum::{
    Json, Router,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    routing::get,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Mutex};

const ISSUER: &str = "https://accounts.myapp.com";
const ORIGIN: &str = "https://myapp.com";

/// When the portal was last asked for its public keys, and what they are.
static KEYS: Mutex<(Option<Instant>, JwkSet)> =
    Mutex::const_new((None, JwkSet { keys: Vec::new() }));

/// The key with that id. It asks for the keys every ten minutes, and for one that it does not know,
/// but then not again for ten seconds.
async fn key(id: &str) -> Option<DecodingKey> {
    let mut known = KEYS.lock().await;
    let (asked, keys) = &mut *known;
    let lasts = Duration::from_secs(if keys.find(id).is_some() { 600 } else { 10 });
    if asked.is_none_or(|asked| asked.elapsed() > lasts) {
        *asked = Some(Instant::now());
        if let Ok(fetched) = fetch().await {
            *keys = fetched;
        }
    }
    DecodingKey::from_jwk(keys.find(id)?).ok()
}

async fn fetch() -> reqwest::Result<JwkSet> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()?;
    client
        .get(format!("{ISSUER}/.well-known/jwks.json"))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await
}

/// The signed-in visitor, as an argument of handlers. `azp` is the origin whose page got the token.
#[derive(Deserialize)]
struct Visitor {
    sub: String,
    azp: String,
    #[serde(rename = "sid")]
    _sid: String,
}

impl Visitor {
    async fn read(parts: &Parts) -> Option<Self> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)?
            .to_str()
            .ok()?
            .strip_prefix("Bearer ")?;
        let key = key(&decode_header(token).ok()?.kid?).await?;
        // It also refuses tokens with an audience, which are for somebody else.
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.leeway = 0;
        let visitor = decode::<Self>(token, &key, &validation).ok()?.claims;
        (visitor.azp == ORIGIN).then_some(visitor)
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = (StatusCode, Json<Value>);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Self::read(parts).await.ok_or_else(|| {
            (
                StatusCode::UNAUTHORIZED,
                Json(json!({ "error": "sign in first" })),
            )
        })
    }
}

async fn me(visitor: Visitor) -> Json<Value> {
    Json(json!({ "id": visitor.sub }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new().route("/api/me", get(me));
    let listener = TcpListener::bind(format!("127.0.0.1:{}", std::env::var("PORT")?)).await?;
    Ok(axum::serve(listener, app).await?)
}
