//! The same connection for PostgreSQL's own programs, such as `pg_dump`: as environment variables, since everybody on a machine can read
//! the arguments of a process.

use sqlx::postgres::PgConnectOptions;

use super::{DatabaseUrl, RootCertificates};

impl DatabaseUrl {
    /// The environment variables that lead libpq to the same database as the same role. What the URL leaves out is filled in as sqlx does,
    /// so no other variables of libpq are needed; only a password may be in `~/.pgpass`, which libpq reads too.
    pub fn libpq_environment(&self) -> Vec<(&'static str, String)> {
        let options = self.options();
        let list = |value: fn(&PgConnectOptions) -> String| options.iter().map(value).collect::<Vec<_>>().join(",");
        let host = |options: &PgConnectOptions| {
            options.get_socket().map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string())
        };
        let user = options[0].get_username();
        let mut variables = vec![
            ("PGHOST", list(host)),
            ("PGPORT", list(|options| options.get_port().to_string())),
            ("PGUSER", user.to_owned()),
            ("PGDATABASE", options[0].get_database().unwrap_or(user).to_owned()),
        ];
        let password = self.password.as_ref().map(|password| password.0.clone()).or_else(|| std::env::var("PGPASSWORD").ok());
        let root = self.root_certificates.as_ref().map(|root| match root {
            RootCertificates::System => "system".to_owned(),
            RootCertificates::File(path) => path.display().to_string(),
        });
        // A single host needs none, and the default of several is not libpq's.
        let target = (self.hosts.len() > 1 || self.target_session.is_some()).then(|| self.target_session().name().to_owned());
        let optional = [
            ("PGPASSWORD", password),
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
