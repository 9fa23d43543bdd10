//! Where each flow ends today if a link says nothing, and why. The resolver itself says it, as for a visit.

use leptos::prelude::*;

use super::{
    count_skipped,
    skipped::{SkippedSetting, skipped_settings},
};
use crate::{
    fallbacks::verdict::UrlParts,
    instances::stored::StoredInstance,
    paths,
    redirects::{Flow, Ground, LinkParams, Outcome, Source, Visit, check_candidate, explain, resolve},
    target_checks::{
        health::{Health, TargetHealth},
        view::health_line,
    },
    ui::{
        icon::{WARNING, icon},
        text::shortened,
    },
};

/// Where a flow ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The flow.
    pub(super) flow: Flow,
    /// The target.
    pub(super) target: UrlParts,
    /// Where the target comes from.
    pub(super) reason: &'static str,
    /// The stored fallback redirect that is not followed, and why.
    pub(super) skipped: Option<(String, UrlParts)>,
}

/// Where every flow ends, in the order of the Redirects tab.
pub(super) fn ends(stored: &StoredInstance) -> Vec<End> {
    Flow::ALL.into_iter().map(|flow| end(stored, flow)).collect()
}

fn end(stored: &StoredInstance, flow: Flow) -> End {
    let (instance, link) = (&stored.instance, LinkParams::default());
    let visit = Visit { flow, link: &link, requesting: None, now: None };
    let resolution = resolve(instance, &stored.fallbacks, visit);
    let skipped = resolution.steps.iter().find_map(|step| {
        let (Some(value), Outcome::Refused { .. }) = (&step.value, step.outcome) else { return None };
        let refused = check_candidate(instance, visit, step.source, value).err()?;
        Some((value.to_string(), explain(instance, value, &refused).into()))
    });
    let ground = resolution.steps.iter().find_map(|step| match step.outcome {
        Outcome::Allowed { ground } => Some(ground),
        _ => None,
    });
    let reason = match (resolution.source, ground) {
        (Source::HomeUrl, _) if skipped.is_some() => "Home URL, since the stored fallback is skipped",
        (Source::HomeUrl, _) => "Home URL",
        (_, Some(Ground::AllowedOrigin)) => "Stored fallback, on an allowed origin",
        _ => "Stored fallback",
    };
    End { flow, target: (&resolution.target).into(), reason, skipped }
}

/// Where a skipped value is cut, in characters. Redirects and Settings have it whole.
const MAX_SKIPPED_CHARS: usize = 240;

/// The card that says where people end.
pub(super) fn ends_card(stored: &StoredInstance, health: Option<&TargetHealth>, may_edit: bool) -> impl IntoView + use<> {
    let page = paths::instance(&stored.settings.slug);
    let (ends, settings) = (ends(stored), skipped_settings(stored));
    let badge = match count_skipped(stored) {
        0 => None,
        count => Some(view! { " " <span class="badge" data-kind="refused">{format!("{count} skipped")}</span> }),
    };
    let edit = if may_edit { "Edit" } else { "Open" };
    let fix = if may_edit { "Fix in Redirects" } else { "Open in Redirects" };
    let health_of = |end: &End| {
        // Whatever is skipped, people end somewhere.
        health.map(|health| {
            if end.skipped.is_some() { health.of_home(stored) } else { health.of_flow(stored, end.flow).unwrap_or(Health::Unchecked) }
        })
    };
    let rows = ends
        .into_iter()
        .map(|end| {
            let health = health_of(&end);
            row(end, health, &page.redirects(), fix)
        })
        .collect_view();
    let settings = settings.into_iter().map(|skipped| setting_row(skipped, &page.settings(), may_edit)).collect_view();
    view! {
        <section class="card" aria-labelledby="ends">
            <header class="card-head">
                <div>
                    <h2 id="ends">"Where people end" {badge}</h2>
                    <p class="help">"When a link says nothing, or something that is not allowed."</p>
                </div>
                <a class="button small" href=page.redirects()>{edit}<span class="unseen">" redirects"</span></a>
            </header>
            <ul class="ends">{rows}{settings}</ul>
        </section>
    }
}

fn row(end: End, health: Option<Health>, redirects: &str, fix: &'static str) -> impl IntoView + use<> {
    let End { flow, target: UrlParts { before, host, after }, reason, skipped } = end;
    let href = format!("{redirects}#{}", flow.field());
    let skipped = skipped.map(|(value, UrlParts { before, host, after })| {
        view! {
            <p class="verdict skipped" data-kind="refused">
                {icon(WARNING)}
                <span><code>{shortened(&value, MAX_SKIPPED_CHARS)}</code>" is skipped. "{before}<b>{host}</b>{after}" "<a href=href>{fix}</a></span>
            </p>
        }
    });
    view! {
        <li>
            <h3>{flow.label()}</h3>
            <div>
                <p class="end-at">{before}<b>{host}</b>{after}</p>
                <p class="help">{reason}</p>
                {skipped}
            </div>
            {health.as_ref().map(health_line)}
        </li>
    }
}

fn setting_row(skipped: SkippedSetting, settings: &str, may_edit: bool) -> impl IntoView + use<> {
    let SkippedSetting { field, label, value, why } = skipped;
    let fix = if may_edit { "Fix in Settings" } else { "Open in Settings" };
    view! {
        <li>
            <h3>{label}</h3>
            <div>
                <p class="verdict skipped" data-kind="refused">
                    {icon(WARNING)}
                    <span><code>{shortened(&value, MAX_SKIPPED_CHARS)}</code>" is skipped. "{why}" "<a href=format!("{settings}#{field}")>{fix}</a></span>
                </p>
            </div>
        </li>
    }
}
