//! What is counted of visits, and for how long it is kept.

use clap::{
    ArgAction, Args,
    builder::{PossibleValuesParser, TypedValueParser},
};

/// The options of counting visits.
#[derive(Clone, Debug, Args)]
pub struct VisitsConfig {
    /// Whether to count visits: `on` or `off`. Kept are the hour, the flow, the origins that a link asks for and what decided. Never paths,
    /// queries, addresses or browsers.
    #[arg(
        id = "visits",
        long = "visits",
        global = true,
        env = "PORTAL_REDIRECTS_VISITS",
        value_name = "on|off",
        // By itself, a bool takes no value.
        action = ArgAction::Set,
        default_value = "on",
        value_parser = PossibleValuesParser::new(["on", "off"]).map(|state| state == "on")
    )]
    pub are_counted: bool,

    /// Maximum memory for visits that are counted and not stored yet, in bytes. Beyond it, they are counted by flow and reason only.
    #[arg(
        id = "visits_memory",
        long = "visits-memory",
        global = true,
        env = "PORTAL_REDIRECTS_VISITS_MEMORY",
        value_name = "BYTES",
        default_value_t = 64 * 1024 * 1024,
        value_parser = clap::value_parser!(u64).range(64 * 1024..)
    )]
    pub memory: u64,

    /// How long counted visits are kept, in days.
    #[arg(
        id = "keep_visits",
        long = "keep-visits",
        global = true,
        env = "PORTAL_REDIRECTS_KEEP_VISITS",
        value_name = "DAYS",
        default_value_t = 90,
        value_parser = clap::value_parser!(u32).range(8..=3650)
    )]
    pub keep_days: u32,
}
