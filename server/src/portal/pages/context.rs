//! What the hosted pages and the answers to applications share, of all instances.

use std::{net::IpAddr, sync::Arc, time::Duration};

use app::credentials::token::Token;
use sqlx::PgPool;

use super::prepared::PreparedPages;
use crate::{
    http::{
        dashboard_url::DashboardUrl,
        options::{HttpOptions, TransportSecurity},
        rate_limit::{RateLimit, RateLimited, network},
    },
    identity_provider::ProviderContext,
    portal::{
        oidc::{SecretKeySource, keys::SigningKeys, session_tokens::SessionTokens},
        rate_limits::VisitorRateLimits,
        session_cache::SessionCache,
        snapshot::Snapshots,
        visits::VisitCounter,
    },
};

/// What the pages of all instances share.
#[derive(Debug)]
pub(crate) struct PageContext {
    pub(super) pool: PgPool,
    pub(super) dashboard_url: Arc<DashboardUrl>,
    pub(in crate::portal) limits: VisitorRateLimits,
    pub(super) sessions: SessionCache,
    pub(super) prepared: PreparedPages,
    pub(super) transport_security: TransportSecurity,
    pub(super) visits: VisitCounter,
    pub(super) provider: ProviderContext,
    keys: SigningKeys,
    /// How often a client's requests may ask the database who is signed in.
    lookups: RateLimit<Option<IpAddr>>,
    /// Whether this server sends mail.
    pub(super) sends_mail: bool,
}

impl PageContext {
    pub(crate) fn new(
        pool: PgPool,
        dashboard_url: Arc<DashboardUrl>,
        options: &HttpOptions,
        snapshots: &Snapshots,
        secret: SecretKeySource,
    ) -> Arc<Self> {
        let (transport_security, provider) = (options.transport_security, options.provider.clone());
        let limits = VisitorRateLimits::new(&pool);
        let keys = SigningKeys::new(pool.clone(), secret);
        // An office has one address for all its people, and asks once in 30 s for each of them.
        let lookups = RateLimit::new(600, Duration::from_millis(20));
        Arc::new(Self {
            pool,
            dashboard_url,
            limits,
            sessions: snapshots.sessions().clone(),
            prepared: PreparedPages::new(),
            transport_security,
            visits: snapshots.visits().clone(),
            provider,
            keys,
            lookups,
            sends_mail: options.mailer.is_some(),
        })
    }

    pub(in crate::portal) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(in crate::portal) fn dashboard_url(&self) -> &DashboardUrl {
        &self.dashboard_url
    }

    pub(in crate::portal) fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// The answers about sessions that are reused.
    pub(in crate::portal) fn session_tokens(&self) -> &SessionTokens {
        self.sessions.tokens()
    }

    /// Forgets a session that ends.
    pub(in crate::portal) fn forget_session(&self, instance: i64, token: &Token) {
        self.sessions.end(instance, token);
    }

    /// Asks the database again for every session, where somebody else than their visitor has ended some.
    pub(crate) fn forget_sessions(&self) {
        self.sessions.ask_again();
    }

    /// Uses one question to the database of that client.
    ///
    /// # Errors
    /// There were too many.
    pub(in crate::portal) fn take_lookup(&self, address: Option<IpAddr>) -> Result<(), RateLimited> {
        self.lookups.take(&address.map(network))
    }
}
