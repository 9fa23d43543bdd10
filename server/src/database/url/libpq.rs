//! The same connection for PostgreSQL's own programs, such as `pg_dump`: as environment variables, since everybody on a machine can read
//! the arguments of a process.

use super::{DatabaseUrl, Host, RootCertificates};

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
        let root = self.root_certificates.as_ref().map(|root| match root {
            RootCertificates::System => "system".to_owned(),
            RootCertificates::File(path) => path.display().to_string(),
        });
        // A single host needs none, and the default of several is not libpq's.
        let target = (self.hosts.len() > 1 || self.target_session.is_some()).then(|| self.target_session().name().to_owned());
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
