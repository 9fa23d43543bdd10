//! The flags of `export`, `diff` and `apply`.

use app::manifest::{Format, OriginMap};
use clap::{Args, ValueEnum};
use url::Url;

use crate::http::dashboard_url::dashboard_url;

/// Where the instances are.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerFlags {
    /// The dashboard's URL of a server, to work over its management API with the token in the environment variable
    /// `PORTAL_REDIRECTS_TOKEN`. Without it: the database of --database-url, or of the running server.
    #[arg(long, value_name = "URL", value_parser = dashboard_url)]
    pub(super) server: Option<Url>,
}

/// The flags of `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportFlags {
    /// The slugs of the instances to write. Without any, all that are not archived.
    #[arg(value_name = "INSTANCE")]
    pub(super) instances: Vec<String>,

    /// The format of the file: yaml for people, with comments for defaults; json for programs.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: FileFormat,

    #[command(flatten)]
    pub(super) server: ServerFlags,
}

/// The flags of `diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffFlags {
    #[command(flatten)]
    pub(super) file: FileFlags,
}

/// The flags of `apply`.
#[derive(Clone, Debug, Args)]
pub struct ApplyFlags {
    #[command(flatten)]
    pub(super) file: FileFlags,

    /// Show the plan and change nothing.
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Archive the instances that are not in the file.
    #[arg(long)]
    pub(super) prune: bool,

    /// Don't ask. Without a terminal this is needed, unless it is a dry run.
    #[arg(long)]
    pub(super) yes: bool,
}

/// What `diff` and `apply` read, and how they show it.
#[derive(Clone, Debug, Args)]
pub(super) struct FileFlags {
    /// The settings file, YAML or JSON. `-` reads standard input.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: String,

    /// How the plan is shown: text for people, json for programs.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlanFormat,

    /// Rewrite an origin of the file, for example `https://staging.myapp.com=https://myapp.com`: in domains, portal origins, home URLs,
    /// allowed origins and redirects. Repeat the flag for more.
    #[arg(long, value_name = "FROM=TO")]
    pub(super) map: Vec<OriginMap>,

    #[command(flatten)]
    pub(super) server: ServerFlags,
}

/// The format of a settings file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    /// With comments for defaults.
    #[default]
    Yaml,
    /// Without comments.
    Json,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Yaml => Self::Yaml,
            FileFormat::Json => Self::Json,
        }
    }
}

/// The format of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}
