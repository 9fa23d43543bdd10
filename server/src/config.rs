//! The configuration: flags first, then environment variables, then defaults. Read once.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use app::runtimes::RuntimeRole;
use axum_client_ip::ClientIpSource;
use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use url::Url;

use crate::http::dashboard_url::dashboard_url;

/// How the server runs.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Address and port to listen on. Another one than a loopback address needs a proxy that does TLS, and its --dashboard-url.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// What to serve: `all`, or only the `portal`, without the dashboard and without touching the schema.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_ROLE",
        default_value = "all",
        value_parser = PossibleValuesParser::new(["all", "portal"]).map(|name| if name == "portal" { RuntimeRole::Portal } else { RuntimeRole::All })
    )]
    pub role: RuntimeRole,

    /// A PostgreSQL database, as a URL. Without it, the server runs a private PostgreSQL under the data folder.
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// The same database, as a URL with the role that owns its tables. It is used to migrate, and to give the role of
    /// --database-url the rights that it needs to serve. Without it, one role does both.
    #[arg(long, global = true, env = "DATABASE_MIGRATE_URL", value_name = "URL", hide_env_values = true)]
    pub migrate_database_url: Option<String>,

    /// Most connections to the database at once.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_DATABASE_CONNECTIONS",
        value_name = "NUMBER",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub database_connections: u32,

    /// Folder of the private PostgreSQL. Default: /var/lib/portal-redirects as root, else
    /// `$XDG_DATA_HOME/portal-redirects` or ~/.local/share/portal-redirects.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,

    /// Most memory for the instances that the portal serves, in bytes. Those that are asked for stay; others are read from the
    /// database again.
    #[arg(
        long,
        global = true,
        env = "PORTAL_REDIRECTS_SNAPSHOT_MEMORY",
        value_name = "BYTES",
        default_value_t = 64 * 1024 * 1024,
        value_parser = clap::value_parser!(u64).range(64 * 1024..)
    )]
    pub snapshot_memory: u64,

    /// A file that keeps what the portal serves. With it, a server that has a database of yours starts while that is down, and
    /// serves what it last knew. Each server needs its own.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_SNAPSHOT_FILE", value_name = "FILE")]
    pub snapshot_file: Option<PathBuf>,

    /// How long requests may go on after the signal to stop, in seconds.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_SHUTDOWN_GRACE", value_name = "SECONDS", default_value_t = 10)]
    pub shutdown_grace: u32,

    /// The URL under which people open the dashboard, as behind a proxy that does TLS: `https://dashboard.myapp.com`. Default:
    /// http and the address that the server listens on.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_DASHBOARD_URL", value_name = "URL", value_parser = dashboard_url)]
    pub dashboard_url: Option<Url>,

    /// What says where a client is: `ConnectInfo`, the connection itself; behind a proxy the header that it sets, as
    /// `RightmostXForwardedFor`, `XRealIp`, `CfConnectingIp`, `CloudFrontViewerAddress`, `FlyClientIp`, `TrueClientIp`,
    /// `XEnvoyExternalAddress` or `RightmostForwarded`.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_CLIENT_ADDRESS", value_name = "SOURCE", default_value = "ConnectInfo")]
    pub client_address: ClientIpSource,

    /// How much to log: error, warn, info, debug, trace, or a filter like info,sqlx=debug.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_LOG", value_name = "FILTER", default_value = "info,sqlx=warn")]
    pub log: String,

    /// How lines of the log are written.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value = "pretty")]
    pub log_format: LogFormat,

    /// Where Prometheus reads `/metrics`, or `off`. Default: 127.0.0.1:9464, where that is free. Metrics hold nothing about
    /// people, but need not be on the web: say another than a loopback address only where a firewall stands in front.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_METRICS_LISTEN", value_name = "ADDRESS:PORT|off")]
    pub metrics_listen: Option<MetricsListen>,
}

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For programs: one JSON object a line.
    Json,
}

/// Where metrics are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsListen {
    /// Nowhere: none are kept.
    Off,
    /// On that address.
    At(SocketAddr),
}

impl MetricsListen {
    /// Where Prometheus looks for what is exported in OpenTelemetry's way.
    pub(crate) const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);
}

impl FromStr for MetricsListen {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::At) }
    }
}

impl Config {
    /// The folder of the private PostgreSQL.
    ///
    /// # Errors
    /// No folder is given and there is no home folder to put it into.
    pub fn data_dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.data_dir {
            return Ok(std::path::absolute(folder)?);
        }
        if nix::unistd::geteuid().is_root() {
            return Ok(PathBuf::from("/var/lib/portal-redirects"));
        }
        let data = std::env::var_os("XDG_DATA_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || std::env::home_dir().map(|home| home.join(".local/share"));
        let base = data.or_else(home).ok_or_else(|| anyhow::anyhow!("there is no home folder; say where the data goes with --data-dir"))?;
        Ok(base.join("portal-redirects"))
    }
}
