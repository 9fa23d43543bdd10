//! The signing keys of all instances in memory. They are read anew twice a minute, so that every runtime publishes a new key before any
//! signs with it. While the database does not answer, the keys in memory go on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::{
    credentials::secret_key::SecretKey,
    portal::oidc::{
        id_token_hint::IdTokenHint,
        key_ring::{KeyRing, KeyRingError},
        signing_key::SigningKey,
    },
};
use axum::body::Bytes;
use moka::sync::Cache;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::{observe::sampled::Sampled, secret_key_file::SecretKeyFile};

/// After how long keys are read anew.
const REFRESH_INTERVAL: Duration = Duration::from_secs(30);

/// How long keys count that can't be read anew.
const MAX_AGE: Duration = Duration::from_hours(1);

/// How long reading them may take.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// How many instances have their keys in memory.
const MAX_INSTANCES: u64 = 10_000;

/// Keys that could not be read.
static UNREAD: Sampled = Sampled::new();

/// Where the key is that encrypts the private keys.
#[derive(Clone, Debug)]
pub(crate) struct SecretKeySource {
    /// Its file; `None` where none is configured.
    pub(crate) file: Option<SecretKeyFile>,
    /// Whether this server creates it. Portal runtimes get the file of the servers with a dashboard.
    pub(crate) creates: bool,
}

impl SecretKeySource {
    fn read(&self, is_first: bool) -> Option<SecretKey> {
        let read = match &self.file {
            Some(file) if self.creates && is_first => file.read_or_create(),
            Some(file) => file.read(),
            None => return None,
        };
        read.map_err(|error| UNREAD.note(|times| tracing::error!(times, "tokens for applications can't be signed: {error}"))).ok()
    }
}

/// The keys of all instances. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct SigningKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    secret: SecretKeySource,
    instances: Cache<i64, InstanceKeys>,
    loading: Mutex<()>,
}

/// The keys of one instance.
#[derive(Clone, Debug)]
pub(in crate::portal) struct InstanceKeys {
    ring: Arc<KeyRing>,
    /// The published ones, as a JWK Set (RFC 7517, section 5).
    pub(in crate::portal) jwks: Bytes,
    read_at: Instant,
}

impl InstanceKeys {
    /// The key that signs now.
    pub(in crate::portal) fn signing(&self) -> Option<&Arc<SigningKey>> {
        self.ring.signing(OffsetDateTime::now_utc())
    }

    /// The claims of an ID token that a client sends back; `None` if it is not one of this issuer's.
    pub(in crate::portal) fn hint(&self, token: &str, issuer: &str) -> Option<IdTokenHint> {
        IdTokenHint::read(token, issuer, &self.ring)
    }
}

impl SigningKeys {
    pub(crate) fn new(pool: PgPool, secret: SecretKeySource) -> Self {
        let instances = Cache::builder().max_capacity(MAX_INSTANCES).time_to_live(MAX_AGE).build();
        Self(Arc::new(Inner { pool, secret, instances, loading: Mutex::new(()) }))
    }

    /// The keys of an instance; `None` if they can't be read.
    pub(in crate::portal) async fn of(&self, instance: i64) -> Option<InstanceKeys> {
        let inner = &*self.0;
        let fresh = || inner.instances.get(&instance).filter(|keys| keys.read_at.elapsed() < REFRESH_INTERVAL);
        if let Some(keys) = fresh() {
            return Some(keys);
        }
        // One request reads them. The others go on with what they have, so that none waits for a database that does not answer.
        let _turn = match (inner.loading.try_lock(), inner.instances.get(&instance)) {
            (Ok(turn), _) => turn,
            (Err(_), Some(keys)) => return Some(keys),
            (Err(_), None) => inner.loading.lock().await,
        };
        if let Some(keys) = fresh() {
            return Some(keys);
        }
        match self.load(instance).await {
            Some(keys) => {
                inner.instances.insert(instance, keys.clone());
                Some(keys)
            }
            None => inner.instances.get(&instance),
        }
    }

    async fn load(&self, instance: i64) -> Option<InstanceKeys> {
        let inner = &*self.0;
        let loading = KeyRing::load(&inner.pool, instance, |is_first| inner.secret.read(is_first));
        let error = match tokio::time::timeout(READ_TIMEOUT, loading).await {
            Ok(Ok(ring)) => {
                let jwks = json!({ "keys": ring.published(OffsetDateTime::now_utc()) }).to_string().into();
                return Some(InstanceKeys { ring: Arc::new(ring), jwks, read_at: Instant::now() });
            }
            Ok(Err(KeyRingError::NoSecretKey)) => {
                "no --secret-key-file can be read; give this server the one of the servers with a dashboard".to_owned()
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the database does not answer in time".to_owned(),
        };
        UNREAD.note(|times| tracing::error!(times, instance, "the signing keys of an instance can't be read: {error}"));
        None
    }
}
