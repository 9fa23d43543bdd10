//! What the configuration says about answering requests.

use std::sync::Arc;

use app::{admins::provider::AdminProvider, identity_provider::AllowedProviders, insight::VisitsKept, target_checks::TargetChecks};
use axum::http::HeaderValue;
use axum_client_ip::ClientIpSource;
use tokio_rustls::rustls;

use super::{client_limit::ClientLimit, connections::MaxConnections};
use crate::{identity_provider::ProviderContext, secret_key_file::SecretKeyFile};

/// What the configuration says about answering requests.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Where the client's address comes from.
    pub(crate) client_address: ClientIpSource,
    /// How many requests a client may have at a time.
    pub(crate) client_limit: ClientLimit,
    /// Whether the dashboard shows checks of targets.
    pub(crate) target_checks: TargetChecks,
    /// Whether visits are counted, and for how long the counts are kept.
    pub(crate) visits_kept: VisitsKept,
    /// The value of `Strict-Transport-Security`.
    pub(crate) transport_security: TransportSecurity,
    /// The file of the key that encrypts signing keys, for a runtime without a dashboard.
    pub(crate) secret_key_file: Option<SecretKeyFile>,
    /// The identity providers that the server asks.
    pub(crate) provider: ProviderContext,
    /// The one that signs admins in.
    pub(crate) admin_provider: Option<Arc<AdminProvider>>,
}

/// Whether the names below a host need TLS too, once a browser has had an answer under TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransportSecurity {
    /// The names below it too.
    pub include_subdomains: bool,
}

impl HttpOptions {
    /// The options for these clients. Behind a proxy, the most connections of one address are its most requests at a time.
    pub fn new(client_address: ClientIpSource, max: MaxConnections, transport_security: TransportSecurity) -> Self {
        Self {
            client_limit: ClientLimit::new(&client_address, max),
            client_address,
            target_checks: TargetChecks::Public,
            visits_kept: VisitsKept::default(),
            transport_security,
            secret_key_file: None,
            provider: ProviderContext::off(),
            admin_provider: None,
        }
    }

    /// The same with the file of the key that encrypts signing keys.
    #[must_use]
    pub fn with_secret_key_file(self, file: SecretKeyFile) -> Self {
        Self { secret_key_file: Some(file), ..self }
    }

    /// The same for a server that checks targets in another way.
    #[must_use]
    pub fn with_target_checks(self, target_checks: TargetChecks) -> Self {
        Self { target_checks, ..self }
    }

    /// The same for a server that asks these identity providers, and keeps their clients' secrets with the key in that file.
    ///
    /// # Errors
    /// The TLS library supports no protocol version.
    pub fn with_identity_providers(self, allowed: AllowedProviders, key_file: SecretKeyFile) -> Result<Self, rustls::Error> {
        Ok(Self { provider: ProviderContext::new(allowed, key_file)?, ..self })
    }

    /// The same for a server where that provider signs admins in.
    #[must_use]
    pub fn with_admin_provider(self, provider: Option<AdminProvider>) -> Self {
        Self { admin_provider: provider.map(Arc::new), ..self }
    }

    /// With what it says about counted visits.
    #[must_use]
    pub fn with_visits_kept(self, visits_kept: VisitsKept) -> Self {
        Self { visits_kept, ..self }
    }
}

impl Default for HttpOptions {
    /// Clients that connect themselves, without limits.
    fn default() -> Self {
        Self::new(ClientIpSource::ConnectInfo, MaxConnections::INTERNAL, TransportSecurity::default())
    }
}

impl TransportSecurity {
    /// The header's value: browsers use TLS only, for a year.
    pub(crate) fn header(self) -> HeaderValue {
        HeaderValue::from_static(if self.include_subdomains { "max-age=31536000; includeSubDomains" } else { "max-age=31536000" })
    }
}
