//! `portal-redirects apply`: shows what a settings file would change, asks, and changes it, an instance at a time.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use app::manifest::{FileError, ManifestError};

use super::{
    backend::{Backend, NotApplied, Planned},
    failure::Failure,
    flags::{ApplyFlags, PlanFormat},
    planned::{self, Plan},
    report::{
        json::{self, Applied},
        text::TextReport,
    },
};
use crate::config::Config;

pub(super) async fn apply(flags: &ApplyFlags, config: &Config) -> Result<ExitCode, Failure> {
    let can_be_asked = io::stdin().is_terminal() && flags.file.format == PlanFormat::Text;
    if !(flags.yes || flags.dry_run || can_be_asked) {
        return Err(Failure::Usage("nobody can be asked here; pass --yes to apply the changes, or --dry-run to see them".to_owned()));
    }
    let file = planned::read(&flags.file)?;
    let backend = Backend::open(&flags.file.server, config).await?;
    let plan = planned::plan(&backend, file, &flags.file.map, flags.prune).await?;
    let is_json = flags.file.format == PlanFormat::Json;
    if !is_json {
        TextReport::new(io::stdout().lock()).plan(&plan)?;
    }
    let is_done = plan.changes().next().is_none();
    if !is_done && !flags.dry_run && !flags.yes && !is_confirmed()? {
        return Err(Failure::Stopped("nothing was changed".to_owned()));
    }
    let mut applied = Vec::new();
    let result = if is_done || flags.dry_run { Ok(()) } else { apply_all(&backend, &plan, &mut applied, !is_json).await };
    if is_json {
        let error = result.as_ref().err().map(ToString::to_string);
        json::write(io::stdout().lock(), &plan, &applied, error.as_deref())?;
    }
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Stop::Refused(errors)) => Err(Failure::File(plan.name, errors)),
        Err(Stop::Failure(failure)) => Err(failure),
    }
}

/// Why it stopped.
#[derive(Debug)]
enum Stop {
    Refused(Vec<FileError>),
    Failure(Failure),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(errors) => errors.first().map_or(Ok(()), |error| error.fmt(f)),
            Self::Failure(Failure::Stopped(message) | Failure::Usage(message)) => f.write_str(message),
            Self::Failure(Failure::Unreachable(error)) => write!(f, "{error:#}"),
            Self::Failure(Failure::File(..)) => Ok(()),
        }
    }
}

async fn apply_all(backend: &Backend, plan: &Plan, applied: &mut Vec<Applied>, is_text: bool) -> Result<(), Stop> {
    let total = plan.changes().count();
    let stopped = |done: usize, why: String| {
        Stop::Failure(Failure::Stopped(format!(
            "{why} {done} of {total} changes were made before, each whole. Run the command again for a new plan."
        )))
    };
    let mut pending: Vec<&Planned> = plan.changes().collect();
    loop {
        // Another instance of the same plan may have to give up a portal origin first.
        let (before, mut waiting) = (applied.len(), Vec::new());
        for planned in pending {
            let slug = &planned.slug;
            match backend.apply(planned).await {
                Ok(version) => {
                    if is_text {
                        let written = TextReport::new(io::stdout().lock()).applied(planned, version);
                        written.map_err(|error| Stop::Failure(error.into()))?;
                    }
                    applied.push(Applied { slug: slug.clone(), version });
                }
                Err(NotApplied::Conflict(who)) => {
                    let who = who.map(|who| format!(" {who}")).unwrap_or_default();
                    let why = format!("{slug} was saved after the plan was made, so nothing of it was changed.{who}");
                    return Err(stopped(applied.len(), why));
                }
                Err(NotApplied::Refused(errors)) => waiting.push((planned, errors)),
                Err(NotApplied::Failed(Failure::Unreachable(error))) => {
                    let done = applied.len();
                    let error = error.context(format!("{slug} was not changed; {done} of {total} changes were made before"));
                    return Err(Stop::Failure(Failure::Unreachable(error)));
                }
                Err(NotApplied::Failed(failure)) => return Err(Stop::Failure(failure)),
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if applied.len() == before {
            let located = |(planned, errors): (&Planned, Vec<ManifestError>)| {
                errors.into_iter().map(|error| plan.manifest.error_of(&planned.slug, error)).collect::<Vec<_>>()
            };
            return Err(Stop::Refused(waiting.into_iter().flat_map(located).collect()));
        }
        pending = waiting.into_iter().map(|(planned, _)| planned).collect();
    }
}

/// Asks on the terminal.
fn is_confirmed() -> io::Result<bool> {
    let mut terminal = io::stderr().lock();
    write!(terminal, "Apply these changes? [y/N] ")?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes)))
}
