//! The steps to the target: every candidate in order, and its outcome.

use crate::paths;
use leptos::prelude::*;
use url::Url;

use super::highlight::{highlighted, highlights, in_unicode};
use crate::{
    fallbacks::{offer::with_settings_link, verdict::UrlParts},
    redirects::{
        Flow, Ground, Instance, Outcome, Refusal, Resolution, Source, Step, Timestamp, Visit, check_candidate, explain_candidate,
        missing_origin,
    },
    ui::icon::{CROSS, DASH, TICK, icon},
};

/// Whose steps these are, and for whom they are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepsContext {
    /// Whether the fallback redirects are not saved yet.
    pub(super) unsaved: bool,
    /// Whether the reader may change the settings.
    pub(super) is_editor: bool,
}

/// The steps of a visit's resolution, as a list.
pub(super) fn steps(instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>, context: StepsContext) -> impl IntoView + use<> {
    let steps = resolution.steps.iter().map(|step| step_view(instance, visit, step, context).into_any()).collect_view();
    view! { <ol>{steps}</ol> }
}

/// The target with its host highlighted, and the source that it came from.
pub(super) fn outcome(resolution: &Resolution<'_>, title: &'static str, id: &'static str) -> impl IntoView + use<> {
    let UrlParts { before, host, after } = (&resolution.target).into();
    let source = resolution.source.title();
    view! {
        <h2>{title}</h2>
        <p class="target"><code id=id>{before}<b>{host}</b>{after}</code></p>
        <p class="help">"Source: " {source}</p>
    }
}

fn step_view(instance: &Instance, visit: Visit<'_>, step: &Step<'_>, context: StepsContext) -> impl IntoView + use<> {
    let StepsContext { unsaved, is_editor } = context;
    let (kind, path, word) = match step.outcome {
        Outcome::Absent => ("absent", DASH, ""),
        Outcome::NotReached => ("not-reached", DASH, ""),
        Outcome::Refused { .. } => ("refused", CROSS, " refused"),
        Outcome::Allowed { .. } => ("allowed", TICK, " chosen"),
    };
    let stored = step.source == Source::Fallback;
    let checked = step.value.as_deref().map(|value| (value, check_candidate(instance, visit, step.source, value)));
    let url = checked.as_ref().and_then(|(_, checked)| match checked {
        Ok(allowed) => Some(&allowed.url),
        Err(refused) => refused.url.as_ref(),
    });
    let value = checked.as_ref().map(|(value, _)| {
        let highlights = highlights(value, url.and_then(|url| url.host_str()));
        // A value that is relative, or that the parser has repaired, is also shown as the URL that it means.
        let means = url.filter(|url| url.as_str() != *value && url.as_str().trim_end_matches('/') != *value).map(|url| {
            let UrlParts { before, host, after } = url.into();
            view! { <p class="means"><span>"Means "</span><code>{before}<b>{host}</b>{after}</code></p> }
        });
        let read = url.and_then(|url| in_unicode(url.host_str()?));
        let read = read.map(|host| view! { <p class="means"><span>"Its host reads as "</span><code>{highlighted(host)}</code></p> });
        view! { <p class="value"><code>{highlighted(highlights)}</code></p> {means} {read} }
    });
    let refused = checked.as_ref().and_then(|(value, checked)| {
        let refused = checked.as_ref().err()?;
        let missing = missing_origin(instance, refused).filter(|_| is_editor);
        Some((explain_candidate(instance, step.source, value, refused), missing))
    });
    let until = checked.as_ref().and_then(|(_, checked)| checked.as_ref().ok()?.until);
    let can_be_allowed = matches!(refused, Some((_, Some(_))));
    let sentence = match step.outcome {
        Outcome::Absent if stored && unsaved => "None among the unsaved values.".into_any(),
        Outcome::Absent if stored => "None is stored.".into_any(),
        Outcome::Absent => "Not in this link.".into_any(),
        Outcome::NotReached => "Not reached.".into_any(),
        Outcome::Allowed { .. } if step.source == Source::HomeUrl => "The home URL is always allowed, so it is the last resort.".into_any(),
        Outcome::Allowed { ground } => ground_sentence(instance, ground, until).into_any(),
        Outcome::Refused { .. } => {
            let lead = if stored && !unsaved { "No longer allowed, so it is skipped. " } else { "" };
            view! { {lead}{refused.map(|(why, missing)| with_settings_link(instance.slug(), why, missing))} }.into_any()
        }
    };
    // The section about unsaved values has its own link to change them.
    let fix = fix(instance, visit.flow, step, url)
        .filter(|_| !(stored && unsaved) && (stored || !can_be_allowed))
        .map(|(href, label)| view! { " " <a href=href>{label}</a> });
    view! {
        <li data-kind=kind>
            {icon(path)}
            <div>
                <h3>{step.source.title()}{word}</h3>
                {value}
                <p>{sentence}{fix}</p>
            </div>
        </li>
    }
}

fn ground_sentence(instance: &Instance, ground: Ground, until: Option<Timestamp>) -> String {
    if let Some(until) = until {
        return format!("It is on a preview origin, which is allowed until {until}.");
    }
    match ground {
        Ground::Domain => format!("It is on {}.", instance.domain()),
        Ground::AllowedOrigin => "It is on an allowed origin.".to_owned(),
        Ground::RequestingPage => "It is on the requesting page's own origin, which counts in development.".to_owned(),
    }
}

/// The address of the page where a step can be changed, and the text of the link to it. `None` if it comes from the link itself.
fn fix(instance: &Instance, flow: Flow, step: &Step<'_>, url: Option<&Url>) -> Option<(String, &'static str)> {
    let slug = instance.slug();
    // An origin with a dot at its end can't be allowed.
    let dotted = url.and_then(Url::host_str).is_some_and(|host| host.ends_with('.'));
    let settings = |field: &str| format!("{}#{field}", paths::instance(slug).settings());
    match (step.source, step.outcome) {
        (_, Outcome::NotReached) => None,
        (Source::Fallback, _) => Some((format!("{}#{}", paths::instance(slug).redirects(), flow.field()), "Open in Redirects")),
        (_, Outcome::Refused { reason: Refusal::Foreign }) if !dotted => Some((settings("allowed_origins"), "Open allowed origins")),
        (Source::HomeUrl, _) => Some((settings("home_url"), "Open in Settings")),
        _ => None,
    }
}
