//! What sqlx needs to connect to one of the hosts.

use sqlx::postgres::PgConnectOptions;
use url::form_urlencoded::Serializer;

use super::{DatabaseUrl, Host, RootCertificates};

/// The name of the program's connections in `pg_stat_activity`, unless the URL has one.
const APPLICATION_NAME: &str = "portal-redirects";

impl DatabaseUrl {
    /// The connection options for each host, in the order of the URL.
    pub fn options(&self) -> Vec<PgConnectOptions> {
        self.hosts.iter().map(|(host, port)| self.options_of(host.as_ref(), *port)).collect()
    }

    fn options_of(&self, host: Option<&Host>, port: Option<u16>) -> PgConnectOptions {
        let mut options = self.with_password_file(host, port).unwrap_or_else(PgConnectOptions::new_without_pgpass);
        options = match host {
            Some(Host::Network(name)) => options.host(name),
            Some(Host::Socket(directory)) => options.socket(directory),
            None => options,
        };
        if let Some(port) = port {
            options = options.port(port);
        }
        if let Some(user) = &self.user {
            options = options.username(user);
        }
        if let Some(password) = &self.password {
            options = options.password(&password.0);
        }
        if let Some(database) = &self.database {
            options = options.database(database);
        }
        // As libpq: there is no TLS on a socket, whatever the URL says.
        let mode = if matches!(host, Some(Host::Socket(_))) { Some(super::SslMode::Disable) } else { self.ssl_mode };
        if let Some(mode) = mode {
            options = options.ssl_mode(mode.for_sqlx());
        }
        if let Some(RootCertificates::File(path)) = &self.root_certificates {
            options = options.ssl_root_cert(path);
        }
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        if let Some(capacity) = self.statement_cache_capacity {
            options = options.statement_cache_capacity(capacity);
        }
        // PgBouncer refuses this parameter unless it is told to ignore it, and only text needs it: rows arrive in binary.
        options.extra_float_digits(None).application_name(self.application_name())
    }

    /// The name of connections in `pg_stat_activity`.
    pub fn application_name(&self) -> &str {
        self.application_name.as_deref().unwrap_or(APPLICATION_NAME)
    }

    /// Options with `options`, and with the password of `~/.pgpass` if the URL has none. sqlx looks there only for a URL, so it gets one
    /// that can be parsed for certain.
    fn with_password_file(&self, host: Option<&Host>, port: Option<u16>) -> Option<PgConnectOptions> {
        let mut query = Serializer::new(String::new());
        if let Some(host) = host {
            query.append_pair("host", &host.to_string());
        }
        if let Some(port) = port {
            query.append_pair("port", &port.to_string());
        }
        let options = self.options.as_ref().map(|options| &options.0);
        for (name, value) in [("user", self.user.as_ref()), ("dbname", self.database.as_ref()), ("options", options)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if let Some(password) = &self.password {
            query.append_pair("password", &password.0);
        }
        format!("postgres:///?{}", query.finish()).parse().ok()
    }
}
