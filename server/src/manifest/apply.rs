//! `portal-redirects apply`: shows what a settings file would change, asks, and changes it, an instance at a time.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use app::manifest::{Action, ManifestError};

use super::{
    backend::{Backend, NotApplied, Planned},
    failure::{Failure, say, unless_closed},
    flags::{ApplyFlags, PlanFormat},
    planned::{self, Plan},
    report::{
        json::{self, Applied},
        text::TextReport,
    },
};
use crate::config::Config;

pub(super) async fn apply(flags: &ApplyFlags, config: &Config) -> Result<ExitCode, Failure> {
    let is_json = flags.file.format == PlanFormat::Json;
    if !(flags.yes || flags.dry_run || (io::stdin().is_terminal() && !is_json)) {
        let why = if is_json { "apply can't ask with --format json" } else { "there is no terminal to confirm on" };
        return Err(Failure::Usage(format!("{why}; pass --yes to apply the changes, or --dry-run to see them")));
    }
    let file = planned::read(&flags.file)?;
    let backend = Backend::open(&flags.file.server, config).await?;
    let plan = planned::plan(&backend, file, &flags.file.map, flags.prune).await?;
    // Changes are made also if nobody can read any more what is written about them. The first error of writing is said at the end.
    let mut written = if is_json { Ok(()) } else { TextReport::new(io::stdout().lock()).plan(&plan) };
    let is_done = plan.changes().next().is_none() || flags.dry_run;
    if !is_done && !flags.yes {
        written?;
        if !is_confirmed()? {
            return Err(Failure::Stopped("nothing was changed".to_owned()));
        }
        written = Ok(());
    }
    let mut applied = Vec::new();
    let result = if is_done {
        Ok(())
    } else {
        let mut show = |planned: &Planned, version| {
            if !is_json && written.is_ok() {
                written = TextReport::new(io::stdout().lock()).applied(planned, version);
            }
        };
        apply_all(&backend, &plan, &mut applied, &mut show).await
    };
    if is_json {
        let error = result.as_ref().err().map(ToString::to_string);
        written = json::write(io::stdout().lock(), &plan, &applied, error.as_deref());
    }
    if matches!(backend, Backend::Direct(_)) && applied.iter().any(|applied| applied.action == Action::Create) {
        say(
            "portal-redirects: the created instances have no members yet; `portal-redirects admin invite EMAIL --owner` makes somebody their owner",
        );
    }
    result?;
    unless_closed(written)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes all changes. What was made before it ends is in `applied`.
async fn apply_all(
    backend: &Backend,
    plan: &Plan,
    applied: &mut Vec<Applied>,
    show: &mut impl FnMut(&Planned, Option<i64>),
) -> Result<(), Failure> {
    let mut pending: Vec<&Planned> = plan.changes().collect();
    loop {
        let (before, mut waiting) = (applied.len(), Vec::new());
        for planned in pending {
            match backend.apply(planned).await {
                Ok(version) => {
                    show(planned, version);
                    applied.push(Applied { slug: planned.slug.clone(), version, action: planned.action });
                }
                // Another instance of the same plan may have to give the portal origin up first.
                Err(NotApplied::Refused(errors)) if errors.iter().all(|error| error.pointer == "/portal_origin") => {
                    waiting.push((planned, errors));
                }
                Err(why) => return Err(failure(plan, applied.len(), planned, why)),
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if applied.len() == before {
            return Err(refused(plan, applied.len(), waiting));
        }
        pending = waiting.into_iter().map(|(planned, _)| planned).collect();
    }
}

/// Why no more changes are made after the first `done` ones.
fn failure(plan: &Plan, done: usize, planned: &Planned, why: NotApplied) -> Failure {
    let (slug, total) = (&planned.slug, plan.changes().count());
    let stopped = |why: String| Failure::Stopped(format!("{why} {}", made_before(plan, done)));
    match why {
        NotApplied::Conflict(who) => {
            let who = who.map(|who| format!(" {who}")).unwrap_or_default();
            stopped(format!("{slug} was saved after the plan was made, so nothing of it was changed.{who}"))
        }
        // Of what the plan has checked, only the slug can be refused for the whole instance: somebody has used it since.
        NotApplied::Refused(errors) if planned.action == Action::Create && errors.iter().any(|error| error.pointer.is_empty()) => {
            stopped(format!("{slug} was created by somebody else after the plan was made."))
        }
        NotApplied::Refused(errors) => refused(plan, done, vec![(planned, errors)]),
        NotApplied::Failed(failure) => failure.context(format!("{slug} was not changed; {done} of {total} changes were made before")),
        NotApplied::Unknown(failure) => failure.context(format!(
            "{done} of {total} changes were made before. Whether {slug} was changed is not known; run the command again for a new plan"
        )),
    }
}

fn refused(plan: &Plan, done: usize, refused: Vec<(&Planned, Vec<ManifestError>)>) -> Failure {
    let located = |(planned, errors): (&Planned, Vec<ManifestError>)| {
        errors.into_iter().map(|error| plan.manifest.error_of(&planned.slug, error)).collect::<Vec<_>>()
    };
    let slugs: Vec<&str> = refused.iter().map(|(planned, _)| planned.slug.as_str()).collect();
    let why = format!("The rules refuse this now, so nothing was changed of {}. {}", slugs.join(", "), made_before(plan, done));
    Failure::Refused(plan.name.clone(), refused.into_iter().flat_map(located).collect(), why)
}

fn made_before(plan: &Plan, done: usize) -> String {
    format!("{done} of {} changes were made before, each whole. Run the command again for a new plan.", plan.changes().count())
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
