//! Proves that a host name leads to this deployment: `/.well-known/portal-redirects?challenge=…` answers what only servers on the same
//! database can compute. The response tells nothing else, neither whether two hosts are of one deployment nor what is at them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{credentials::hex, database::timed, target_checks::store};
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::PgPool;

use crate::http::host::host_of;

/// The path of the proof, at the root of every host.
pub(super) const PATH: &str = "/.well-known/portal-redirects";

/// The length of a challenge, in hexadecimal digits.
const CHALLENGE_DIGITS: usize = 32;

/// How long the key is kept: a restore may bring another one.
const KEY_LIFETIME: Duration = Duration::from_mins(1);

/// When the key was read, and the key.
type Read = Option<(Instant, Arc<[u8]>)>;

/// The key of this deployment, read from the database once a minute at most.
#[derive(Clone, Debug)]
pub(super) struct DeploymentKey {
    pool: PgPool,
    read: Arc<Mutex<Read>>,
}

impl DeploymentKey {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, read: Arc::default() }
    }

    /// The key. If the database does not answer, the one that was read last.
    ///
    /// # Errors
    /// The database does not answer, and none was read yet.
    pub(super) async fn get(&self) -> sqlx::Result<Arc<[u8]>> {
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, key)) = &known
            && at.elapsed() < KEY_LIFETIME
        {
            return Ok(Arc::clone(key));
        }
        let key: Arc<[u8]> = match (store::deployment_key(timed(&self.pool)).await, known) {
            (Ok(key), _) => key.into(),
            (Err(_), Some((_, key))) => key,
            (Err(error), None) => return Err(error),
        };
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&key)));
        Ok(key)
    }
}

/// A new challenge.
///
/// # Errors
/// The system has no random bytes.
pub(super) fn challenge() -> Result<String, getrandom::Error> {
    let mut bytes = [0; CHALLENGE_DIGITS / 2];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// What a server with that key answers at that host. `None` never happens: HMAC takes keys of any length.
pub(super) fn proof(key: &[u8], host: &str, challenge: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(challenge.as_bytes());
    mac.update(b" ");
    mac.update(host.as_bytes());
    Some(hex(&mac.finalize().into_bytes()))
}

/// The route of the proof.
pub(crate) fn routes(pool: PgPool) -> Router {
    Router::new().route(PATH, get(answer)).with_state(DeploymentKey::new(pool))
}

async fn answer(State(key): State<DeploymentKey>, request: Request) -> Response {
    let challenge = request.uri().query().and_then(|query| query.strip_prefix("challenge="));
    let challenge = challenge.filter(|text| text.len() == CHALLENGE_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let (Some(challenge), Some(host)) = (challenge, host_of(&request)) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(key) = key.get().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    match proof(&key, &host, challenge) {
        Some(proof) => ([(header::CACHE_CONTROL, "no-store")], proof).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_proof_is_of_one_key_one_host_and_one_challenge() {
        let proof = |key: u8, host, challenge| super::proof(&[key; 32], host, challenge).unwrap();
        let one = proof(1, "accounts.myapp.com", "00");
        assert_eq!(one, proof(1, "accounts.myapp.com", "00"));
        assert_eq!(one.len(), 64);
        for other in [proof(2, "accounts.myapp.com", "00"), proof(1, "accounts.other.com", "00"), proof(1, "accounts.myapp.com", "01")] {
            assert_ne!(one, other);
        }
    }
}
