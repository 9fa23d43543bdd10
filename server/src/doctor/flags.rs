//! The command-line options of `doctor`.

use clap::Args;
use url::Url;

use crate::http::dashboard_url::dashboard_url;

/// The options of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct DoctorFlags {
    /// Ask the dashboard at this URL, through its proxy. Default: --dashboard-url, if it is https.
    #[arg(long, value_name = "URL", value_parser = dashboard_url)]
    pub url: Option<Url>,
}
