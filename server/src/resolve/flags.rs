//! The flags of `resolve`. Most of them set the default for the key of the same name.

use app::redirects::{Environment, Flow};
use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, Resettable},
};

use super::{
    line::{Fallbacks, Line, Text},
    line_key::LineKey,
};

/// The flags of `resolve`. If a key is missing or null in a line, the flag of the same name sets it. A value in the line replaces the
/// flag's whole value.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Defaults for every line")]
pub struct Flags {
    /// Output format: json for programs, table for people.
    #[arg(long, value_enum, default_value_t, help_heading = Resettable::Reset)]
    format: Format,

    /// Load the instance and its fallback redirects from the database of --database-url, or of the running server.
    #[arg(
        long,
        value_name = "SLUG",
        help_heading = Resettable::Reset,
        conflicts_with_all = ["domain", "environment", "portal_origin", "home_url", "allowed_origins", "fallbacks"]
    )]
    pub(super) instance: Option<String>,

    /// The instance's own host name.
    #[arg(long, value_name = "HOST")]
    domain: Option<String>,

    /// The instance's environment (default: production, which is stricter).
    #[arg(long, value_parser = PossibleValuesParser::new([Environment::Development.name(), Environment::Production.name()]))]
    environment: Option<String>,

    /// The origin of the portal pages (default: `https://accounts.<domain>`).
    #[arg(long, alias = "portal_origin", value_name = "ORIGIN")]
    portal_origin: Option<String>,

    /// The application's home URL (default: `https://<domain>/`).
    #[arg(long, alias = "home_url", value_name = "URL")]
    home_url: Option<String>,

    /// Origins that are allowed in addition to the domain. Repeat the flag, or separate them with commas.
    #[arg(long, alias = "allowed_origins", value_name = "ORIGIN", value_delimiter = ',')]
    allowed_origins: Vec<String>,

    /// A flow's fallback redirect, for example sign-in=/welcome. Repeat the flag for more flows, or separate them with commas.
    #[arg(long, value_name = "FLOW=URL", value_parser = FallbackList::parse)]
    fallbacks: Vec<FallbackList>,

    /// What the visitor does on the portal.
    #[arg(long, value_parser = PossibleValuesParser::new(Flow::ALL.map(Flow::name)))]
    flow: Option<String>,

    /// The link's `redirect_url`, decoded. The next four flags are decoded too.
    #[arg(long, alias = "redirect_url", value_name = "URL")]
    redirect_url: Option<String>,

    /// For sign-in, takes precedence over `redirect_url`.
    #[arg(long, alias = "sign_in_force_redirect_url", value_name = "URL")]
    sign_in_force_redirect_url: Option<String>,

    /// For sign-in, used if `redirect_url` is absent or refused.
    #[arg(long, alias = "sign_in_fallback_redirect_url", value_name = "URL")]
    sign_in_fallback_redirect_url: Option<String>,

    /// For sign-up, takes precedence over `redirect_url`.
    #[arg(long, alias = "sign_up_force_redirect_url", value_name = "URL")]
    sign_up_force_redirect_url: Option<String>,

    /// For sign-up, used if `redirect_url` is absent or refused.
    #[arg(long, alias = "sign_up_fallback_redirect_url", value_name = "URL")]
    sign_up_fallback_redirect_url: Option<String>,

    /// The origin of the requesting page, as in a browser's Origin header.
    #[arg(long, alias = "requesting_origin", value_name = "ORIGIN")]
    requesting_origin: Option<String>,

    /// A complete direct link, for lines that have no flow, no link and no redirect parameters of their own.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with_all = [
            "flow", "redirect_url", "sign_in_force_redirect_url", "sign_in_fallback_redirect_url", "sign_up_force_redirect_url",
            "sign_up_fallback_redirect_url"
        ]
    )]
    link: Option<String>,
}

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One JSON object per line.
    #[default]
    Json,
    /// Columns, and a summary at the end.
    Table,
}

impl Flags {
    /// The output format.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// The flags as an input line with the same values.
    pub(super) fn line(&self) -> Line<'static> {
        let text = |text: &String| Text(text.clone().into());
        let mut line = Line::default();
        for (key, value) in [
            (LineKey::Domain, &self.domain),
            (LineKey::Environment, &self.environment),
            (LineKey::PortalOrigin, &self.portal_origin),
            (LineKey::HomeUrl, &self.home_url),
            (LineKey::Flow, &self.flow),
            (LineKey::RedirectUrl, &self.redirect_url),
            (LineKey::SignInForce, &self.sign_in_force_redirect_url),
            (LineKey::SignInFallback, &self.sign_in_fallback_redirect_url),
            (LineKey::SignUpForce, &self.sign_up_force_redirect_url),
            (LineKey::SignUpFallback, &self.sign_up_fallback_redirect_url),
            (LineKey::RequestingOrigin, &self.requesting_origin),
            (LineKey::Link, &self.link),
        ] {
            line.set(key, value.as_ref().map(text));
        }
        line.allowed_origins = Some(self.allowed_origins.iter().filter(|origin| !origin.trim().is_empty()).map(text).collect());
        line.fallbacks = Some(Fallbacks(self.fallbacks.iter().flat_map(|list| &list.0).map(|(flow, url)| (*flow, text(url))).collect()));
        line
    }
}

/// The fallback redirects of one flag.
#[derive(Clone, Debug)]
struct FallbackList(Vec<(Flow, String)>);

impl FallbackList {
    /// Parses `FLOW=URL[,FLOW=URL…]`. A comma that no further `NAME=/` or `NAME=http` follows belongs to the URL.
    fn parse(text: &str) -> Result<Self, String> {
        let mut entries: Vec<String> = Vec::new();
        for part in text.split(',') {
            let begins_an_entry = part.split_once('=').is_some_and(|(name, url)| {
                name.trim().chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_'))
                    && (url.starts_with('/') || url.starts_with("http"))
            });
            match entries.last_mut() {
                Some(entry) if !begins_an_entry => entry.extend([",", part]),
                _ => entries.push(part.to_owned()),
            }
        }
        entries.iter().map(|entry| fallback(entry)).collect::<Result<_, _>>().map(Self)
    }
}

/// Parses `FLOW=URL`.
fn fallback(text: &str) -> Result<(Flow, String), String> {
    let (flow, url) = text.split_once('=').ok_or("write it like sign-in=/welcome")?;
    Ok((flow.trim().parse().map_err(|error: app::redirects::UnknownFlow| error.to_string())?, url.to_owned()))
}
