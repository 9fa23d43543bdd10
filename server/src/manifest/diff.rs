//! `portal-redirects diff`: what a settings file would change.

use std::{io, process::ExitCode};

use super::{
    backend::Backend,
    failure::{Failure, unless_closed},
    flags::{DiffFlags, PlanFormat},
    planned,
    report::{json, text::TextReport},
};
use crate::config::Config;

pub(super) async fn diff(flags: &DiffFlags, config: &Config) -> Result<ExitCode, Failure> {
    let file = planned::read(&flags.file)?;
    let plan = planned::plan(&Backend::open(&flags.file.server, config).await?, file, &flags.file.map, false).await?;
    unless_closed(match flags.file.format {
        PlanFormat::Text => TextReport::new(io::stdout().lock()).plan(&plan),
        PlanFormat::Json => json::write(io::stdout().lock(), &plan, &[], None),
    })?;
    Ok(if plan.changes().next().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
