//! The configuration, read once: flags override environment variables, which override defaults.

mod mail;
mod observe;
mod second_factor;
mod visits;

use std::{fs, net::SocketAddr, path::PathBuf};

use anyhow::Context;
use app::{admins::provider::AdminProvider, identity_provider::AllowedProviders, runtimes::RuntimeRole, target_checks::TargetChecks};
use axum_client_ip::ClientIpSource;
use clap::{
    Args,
    builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser},
};
use url::Url;

use crate::{
    http::{connections::MaxConnections, dashboard_url::dashboard_url},
    process::file_limit,
    secret_key_file::SecretKeyFile,
};

pub use mail::MailConfig;
pub use observe::{LogFormat, MetricsListen};
pub use second_factor::SecondFactor;
pub use visits::VisitsConfig;

/// How many connections to PostgreSQL a server opens for its requests, unless it is told another number.
pub(crate) const DEFAULT_DATABASE_CONNECTIONS: u32 = 10;

/// The options that all commands share.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Address and port to listen on. A non-loopback address requires a proxy that terminates TLS, and its URL as --dashboard-url; or
    /// --insecure-http.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// What to serve: `all`, or `portal` without the dashboard. A portal runtime never migrates the schema.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_ROLE",
        default_value = "all",
        value_parser = PossibleValuesParser::new(["all", "portal"]).map(|name| if name == "portal" { RuntimeRole::Portal } else { RuntimeRole::All })
    )]
    pub role: RuntimeRole,

    /// URL of the PostgreSQL database, as libpq reads it. It may name several hosts: the one that takes writes is used. Without it, the
    /// server runs a private PostgreSQL in the data directory.
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// URL of the same database with the role that owns its tables. That role migrates, and grants the role of --database-url
    /// the privileges that it needs to serve. Without it, one role does both.
    #[arg(long, global = true, env = "DATABASE_MIGRATE_URL", value_name = "URL", hide_env_values = true)]
    pub migrate_database_url: Option<String>,

    /// URL of the same database that leads directly to PostgreSQL, for notifications of saves. Set it if --database-url leads to a pooler
    /// in transaction mode. Without it, servers behind such a pooler serve a save of another server up to 30 seconds later.
    #[arg(long, global = true, env = "DATABASE_LISTEN_URL", value_name = "URL", hide_env_values = true)]
    pub listen_database_url: Option<String>,

    /// Maximum number of database connections for requests. A server opens up to 6 more: to load instances, to store counted visits, and to listen.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_DATABASE_CONNECTIONS",
        value_name = "NUMBER",
        default_value_t = DEFAULT_DATABASE_CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub database_connections: u32,

    /// Maximum number of clients' connections. Beyond it, a new one takes the place of one that is idle, or waits until one ends. If the
    /// limit of open files leaves room for fewer, fewer are accepted, so that files and database connections are always left.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_MAX_CONNECTIONS",
        value_name = "NUMBER",
        default_value_t = 4096,
        value_parser = clap::value_parser!(u32).range(32..=1_000_000)
    )]
    pub max_connections: u32,

    /// Maximum number of connections of one client address (of IPv6, of one /64 network). Beyond it, new ones are closed at once. If
    /// --client-address is a header, the limit is on requests at a time, since a proxy's connections belong to everybody.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "NUMBER",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_connections_per_address: u32,

    /// Directory of the private PostgreSQL. Default: /var/lib/portal-redirects as root, otherwise
    /// `$XDG_DATA_HOME/portal-redirects` or ~/.local/share/portal-redirects.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_DATA_DIR", value_name = "DIRECTORY")]
    pub data_dir: Option<PathBuf>,

    /// Maximum memory for instances that the portal serves, in bytes. Frequently requested ones stay in memory; the others are
    /// loaded from the database when they are requested.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_SNAPSHOT_MEMORY",
        value_name = "BYTES",
        default_value_t = 64 * 1024 * 1024,
        value_parser = clap::value_parser!(u64).range(64 * 1024..)
    )]
    pub snapshot_memory: u64,

    /// A file with a copy of everything the portal serves. With it, a server can start while its --database-url is down, and serves
    /// the last known state. Each server needs its own file.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_SNAPSHOT_FILE", value_name = "FILE")]
    pub snapshot_file: Option<PathBuf>,

    /// How long running requests may take to finish after a stop signal, in seconds.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_SHUTDOWN_GRACE", value_name = "SECONDS", default_value_t = 10)]
    pub shutdown_grace: u32,

    /// The URL where people open the dashboard, for example `https://dashboard.myapp.com` behind a proxy that terminates TLS. Default:
    /// http:// and the address that the server listens on.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_DASHBOARD_URL", value_name = "URL", value_parser = dashboard_url)]
    pub dashboard_url: Option<Url>,

    /// Serve the dashboard to other machines without TLS, to try it in a private network. Anybody in that network can read passwords and
    /// take over sessions. Clients with public addresses are refused, and so are requests that a proxy has forwarded. Every page of the
    /// dashboard warns of it.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_INSECURE_HTTP", value_parser = BoolishValueParser::new())]
    pub insecure_http: bool,

    /// The file with the key that encrypts the secrets of admins' second factors and of identity providers' clients, and the keys that
    /// sign tokens for applications. Default: secret.key in the data directory. A server with a dashboard creates it when it is first
    /// needed. Keep a copy, apart from the database's backups. All servers need the same key: those with `--role portal` only for
    /// applications and identity providers.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,

    /// Every admin must have a second factor. Those who have none set it up before they can do anything else.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_REQUIRE_SECOND_FACTOR", value_parser = BoolishValueParser::new())]
    pub require_second_factor: bool,

    /// For how many days the failed sign-ins of admins are kept. Changes are kept for good. Give each server with a dashboard the same
    /// number: the smallest one counts.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_KEEP_FAILED_SIGN_INS",
        value_name = "DAYS",
        default_value_t = 90,
        value_parser = clap::value_parser!(i32).range(1..=36_500)
    )]
    pub keep_failed_sign_ins: i32,

    /// Whether the server checks what fallback redirects, home URLs and portal origins lead to, every hour: `public`, at addresses of
    /// the public internet; `private`, also in private networks and on this machine; `off`, not at all. It never connects to addresses
    /// where clouds keep their metadata. A runtime with `--role portal` checks nothing.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_TARGET_CHECKS",
        default_value = "public",
        value_parser = PossibleValuesParser::new(["public", "private", "off"]).map(|name| match name.as_str() {
            "private" => TargetChecks::Private,
            "off" => TargetChecks::Off,
            _ => TargetChecks::Public,
        })
    )]
    pub target_checks: TargetChecks,

    /// Which identity providers the server asks to sign people in: `public`, at addresses of the public internet; `private`, also in
    /// private networks and on this machine; `off`, none. It never connects to addresses where clouds keep their metadata.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_IDENTITY_PROVIDERS",
        default_value = "public",
        value_parser = PossibleValuesParser::new(["public", "private", "off"]).map(|name| match name.as_str() {
            "private" => AllowedProviders::Private,
            "off" => AllowedProviders::Off,
            _ => AllowedProviders::Public,
        })
    )]
    pub identity_providers: AllowedProviders,

    /// A file (JSON) that says which identity provider signs admins in, and what its groups may do. It holds the client secret: only the
    /// server's user may read it.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_ADMIN_PROVIDER_FILE", value_name = "FILE")]
    pub admin_provider_file: Option<PathBuf>,

    /// Where the client's IP address comes from: `ConnectInfo`, the connection itself; or the header that the proxy sets:
    /// `RightmostXForwardedFor`, `XRealIp`, `CfConnectingIp`, `CloudFrontViewerAddress`, `FlyClientIp`, `TrueClientIp`,
    /// `XEnvoyExternalAddress` or `RightmostForwarded`.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_CLIENT_ADDRESS", value_name = "SOURCE", default_value = "ConnectInfo")]
    pub client_address: ClientIpSource,

    /// Tell browsers to use TLS only for the names below the dashboard's and the portals' hosts too (HSTS with includeSubDomains). Only
    /// if everything below them has TLS.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_HSTS_INCLUDE_SUBDOMAINS")]
    pub hsts_include_subdomains: bool,

    /// Log level (error, warn, info, debug, trace), or a filter such as info,sqlx=debug.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_LOG", value_name = "FILTER", default_value = "info,sqlx=warn")]
    pub log: String,

    /// Log format.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value = "pretty")]
    pub log_format: LogFormat,

    /// Address and port where Prometheus reads `/metrics`, or `off`. Default: 127.0.0.1:9464 if that is free. Metrics contain no
    /// personal data, but they are not for the public: use a non-loopback address only behind a firewall.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_METRICS_LISTEN", value_name = "ADDRESS:PORT|off")]
    pub metrics_listen: Option<MetricsListen>,

    /// Host names under which Prometheus reads `/metrics`, separated by commas. IP addresses and loopback names need none.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_METRICS_HOSTS", value_name = "NAME", value_delimiter = ',')]
    pub metrics_hosts: Vec<String>,

    /// What is counted of visits.
    #[command(flatten)]
    pub visits: VisitsConfig,

    /// How mail is sent.
    #[command(flatten)]
    pub mail: MailConfig,
}

impl Config {
    /// How many connections clients may have, if that many files may be open.
    ///
    /// # Errors
    /// The limit of open files is too low to serve anybody.
    pub(crate) fn max_connections(&self, files: u64) -> anyhow::Result<MaxConnections> {
        let total = file_limit::connections(self.max_connections, files, self.database_connections)?;
        Ok(MaxConnections { total, of_address: Some(usize::try_from(self.max_connections_per_address)?) })
    }

    /// How second factors work on this server.
    pub(crate) fn second_factor(&self) -> SecondFactor {
        let key_file = match (&self.secret_key_file, self.data_dir()) {
            (Some(path), _) => SecretKeyFile::new(path),
            (None, Ok(data_dir)) => SecretKeyFile::in_data_dir(&data_dir),
            // Without a home directory there is no default: then the file must be named.
            (None, Err(_)) => SecretKeyFile::new("/secret.key"),
        };
        SecondFactor { is_required: self.require_second_factor, key_file }
    }

    /// The identity provider that signs admins in, if one is configured.
    ///
    /// # Errors
    /// The file can't be read, or is wrong.
    pub(crate) fn admin_provider(&self) -> anyhow::Result<Option<AdminProvider>> {
        let Some(path) = &self.admin_provider_file else { return Ok(None) };
        let about = || format!("can't use the file of --admin-provider-file, {}", path.display());
        let text = fs::read_to_string(path).with_context(about)?;
        AdminProvider::parse(&text, self.identity_providers).map(Some).with_context(about)
    }

    /// Whether a proxy is in front of the server. A portal runtime never has TLS itself.
    pub(crate) fn is_behind_proxy(&self) -> bool {
        self.role == RuntimeRole::Portal || self.dashboard_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// The absolute path of the data directory.
    ///
    /// # Errors
    /// None is configured, and there is no home directory to put it in.
    pub fn data_dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(directory) = &self.data_dir {
            return Ok(std::path::absolute(directory)?);
        }
        if nix::unistd::geteuid().is_root() {
            return Ok(PathBuf::from("/var/lib/portal-redirects"));
        }
        let data = std::env::var_os("XDG_DATA_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || std::env::home_dir().map(|home| home.join(".local/share"));
        let base = data.or_else(home).ok_or_else(|| anyhow::anyhow!("there is no home directory; set --data-dir"))?;
        Ok(base.join("portal-redirects"))
    }
}
