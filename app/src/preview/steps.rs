//! The way to the target: every candidate in order, and what became of it.

use crate::paths;
use leptos::prelude::*;
use url::Url;

use super::highlight::{Kind, Mark, in_unicode, marks};
use crate::{
    fallbacks::verdict::UrlParts,
    redirects::{Flow, Ground, Instance, Outcome, Refusal, Resolution, Source, Step, Visit, explain, policy},
    ui::icon::{CROSS, DASH, TICK, icon},
};

/// The steps of a visit's resolution, as items of a list. `unsaved` where its fallback redirects are not saved yet.
pub(super) fn steps(instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>, unsaved: bool) -> impl IntoView + use<> {
    let steps = resolution.steps.iter().map(|step| step_view(instance, visit, step, unsaved).into_any()).collect_view();
    view! { <ol>{steps}</ol> }
}

/// The target, its host set off, and the source it came from.
pub(super) fn outcome(resolution: &Resolution<'_>, title: &'static str, id: &'static str) -> impl IntoView + use<> {
    let UrlParts { before, host, after } = (&resolution.target).into();
    let source = resolution.source.title();
    view! {
        <h2>{title}</h2>
        <p class="target"><code id=id>{before}<b>{host}</b>{after}</code></p>
        <p class="help">"Source: " {source}</p>
    }
}

fn step_view(instance: &Instance, visit: Visit<'_>, step: &Step<'_>, unsaved: bool) -> impl IntoView + use<> {
    let (kind, path, word) = match step.outcome {
        Outcome::Absent => ("absent", DASH, ""),
        Outcome::NotReached => ("not-reached", DASH, ""),
        Outcome::Refused { .. } => ("refused", CROSS, " refused"),
        Outcome::Allowed { .. } => ("allowed", TICK, " chosen"),
    };
    let stored = step.source == Source::Fallback;
    let checked = step.value.as_deref().map(|value| (value, policy::check(instance, visit.flow, visit.requesting, value)));
    let url = checked.as_ref().and_then(|(_, checked)| match checked {
        Ok(allowed) => Some(&allowed.url),
        Err(refused) => refused.url.as_ref(),
    });
    let value = checked.as_ref().map(|(value, _)| {
        let marks = marks(value, url.and_then(|url| url.host_str()));
        // What is relative, or repaired by the parser, is shown as what it means too.
        let means = url.filter(|url| url.as_str() != *value && url.as_str().trim_end_matches('/') != *value).map(|url| {
            let UrlParts { before, host, after } = url.into();
            view! { <p class="means"><span>"Means "</span><code>{before}<b>{host}</b>{after}</code></p> }
        });
        let read = url.and_then(|url| in_unicode(url.host_str()?));
        let read = read.map(|marks| view! { <p class="means"><span>"Its host is read as "</span><code>{marked(marks)}</code></p> });
        view! { <p class="value"><code>{marked(marks)}</code></p> {means} {read} }
    });
    let refused = checked.as_ref().and_then(|(value, checked)| Some(explain(instance, value, checked.as_ref().err()?)));
    let sentence = match step.outcome {
        Outcome::Absent if stored && unsaved => "None with the unsaved values.".into_any(),
        Outcome::Absent if stored => "None is stored.".into_any(),
        Outcome::Absent => "Not in this link.".into_any(),
        Outcome::NotReached => "Not reached.".into_any(),
        Outcome::Allowed { .. } if step.source == Source::HomeUrl => "Where the application lives: the last way out.".into_any(),
        Outcome::Allowed { ground } => on(instance, ground).into_any(),
        Outcome::Refused { .. } => {
            let lead = if stored && !unsaved { "No longer allowed, so it is skipped. " } else { "" };
            let UrlParts { before, host, after } = refused.map(UrlParts::from).unwrap_or_default();
            view! { {lead}{before}<b>{host}</b>{after} }.into_any()
        }
    };
    // Unsaved values are changed where the page says that they are unsaved.
    let fix =
        fix(instance, visit.flow, step, url).filter(|_| !(stored && unsaved)).map(|(href, label)| view! { " " <a href=href>{label}</a> });
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

fn on(instance: &Instance, ground: Ground) -> String {
    match ground {
        Ground::Domain => format!("It is on {}.", instance.domain()),
        Ground::AllowedOrigin => "It is on an allowed origin.".to_owned(),
        Ground::RequestingPage => "It is on the requesting page's own origin, which counts in development.".to_owned(),
    }
}

/// Where a step is changed, if that is not in the link.
fn fix(instance: &Instance, flow: Flow, step: &Step<'_>, url: Option<&Url>) -> Option<(String, &'static str)> {
    let slug = instance.slug();
    // No origin with a dot at its end can be allowed.
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

/// Marks as inline elements.
fn marked(marks: Vec<Mark>) -> impl IntoView {
    marks
        .into_iter()
        .map(|Mark { kind, text, said }| {
            let said = said.map(|said| view! { <small>{said}</small> });
            match kind {
                Kind::Plain => view! { {text}{said} }.into_any(),
                Kind::Host => view! { <b>{text}{said}</b> }.into_any(),
                Kind::Deceiving | Kind::Unseen | Kind::LookAlike => view! { <mark>{text}{said}</mark> }.into_any(),
            }
        })
        .collect_view()
}
