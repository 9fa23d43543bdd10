//! The same connection for PostgreSQL's own programs, such as `pg_dump`: as environment variables, since everybody on a machine can read
//! the arguments of a process.

use std::path::Path;

use super::{DatabaseUrl, Host, RootCertificates, SslMode, TargetSession};

/// Where systems have the certificates of their authorities in one file: Debian's place, and Red Hat's.
const BUNDLES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// The system's authorities, for libpq: their file, since only libpq 16 and newer know the name `system`.
fn system_certificates() -> String {
    BUNDLES.into_iter().find(|path| Path::new(path).exists()).unwrap_or("system").to_owned()
}

impl DatabaseUrl {
    /// The environment variables that lead libpq to the same database as the same role. What the URL leaves out is left out here too, so
    /// libpq and sqlx take it from the same variables of the environment.
    pub fn libpq_environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        if self.hosts.iter().any(|(host, _)| host.is_some()) {
            let hosts = self.hosts.iter().map(|(host, _)| host.as_ref().map(Host::to_string).unwrap_or_default());
            variables.push(("PGHOST", hosts.collect::<Vec<_>>().join(",")));
        }
        if self.hosts.iter().any(|(_, port)| port.is_some()) {
            let ports = self.hosts.iter().map(|(_, port)| port.map(|port| port.to_string()).unwrap_or_default());
            variables.push(("PGPORT", ports.collect::<Vec<_>>().join(",")));
        }
        let is_checked = matches!(self.ssl_mode, Some(SslMode::VerifyCa | SslMode::VerifyFull));
        let root = match &self.root_certificates {
            Some(RootCertificates::File(path)) => Some(path.display().to_string()),
            Some(RootCertificates::System) => Some(system_certificates()),
            // sqlx trusts the system's authorities by itself, libpq does not.
            None => is_checked.then(system_certificates),
        };
        // A single host needs none, and the default of several is not libpq's. Before version 14, libpq does not know `primary`.
        let target = match self.target_session() {
            TargetSession::Primary => TargetSession::ReadWrite,
            target => target,
        };
        let target = (self.hosts.len() > 1 || self.target_session.is_some()).then(|| target.name().to_owned());
        let optional = [
            ("PGUSER", self.user.clone()),
            ("PGPASSWORD", self.password.as_ref().map(|password| password.0.clone())),
            ("PGDATABASE", self.database.clone()),
            ("PGSSLMODE", self.ssl_mode.map(|mode| mode.name().to_owned())),
            ("PGSSLROOTCERT", root),
            ("PGSSLCERT", self.certificate.as_ref().map(|path| path.display().to_string())),
            ("PGSSLKEY", self.key.as_ref().map(|path| path.display().to_string())),
            ("PGTARGETSESSIONATTRS", target),
            ("PGCONNECT_TIMEOUT", Some(self.connect_timeout().as_secs().to_string())),
            ("PGAPPNAME", Some(self.application_name().to_owned())),
            ("PGOPTIONS", self.options.as_ref().map(|options| options.0.clone())),
        ];
        variables.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        variables
    }
}
