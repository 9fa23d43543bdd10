//! The health of a target as a line: an icon with words.

use leptos::prelude::*;
use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

use crate::{
    target_checks::{
        Severity, TargetCheck, TargetState,
        describe::{ago, describe},
        health::Health,
    },
    ui::{
        icon::{DASH, TICK, WARNING, icon},
        text::{Escaped, timestamp},
    },
};

/// The health of a target as a line.
pub(crate) fn health_line(health: &Health) -> impl IntoView + use<> {
    let (kind, path) = match (health, health.severity()) {
        (Health::Waiting, _) => ("waiting", DASH),
        (_, Severity::Good) => ("allowed", TICK),
        (_, Severity::Information) => ("unknown", DASH),
        (_, Severity::Warning) => ("warning", WARNING),
        (_, Severity::Problem) => ("refused", WARNING),
    };
    let (lead, rest, taken, time) = match health {
        Health::Waiting => (String::new(), "Checking…".to_owned(), None, None),
        Health::Unchecked => (String::new(), "Not checked yet".to_owned(), None, None),
        Health::Checked(check, now) => {
            let (lead, rest) = describe(check, *now);
            let taken = check.outcome.milliseconds.filter(|_| rest.is_empty()).map(|taken| format!(" · {taken} ms"));
            (lead, rest, taken, time_of(check, *now, kind))
        }
    };
    view! {
        <p class="verdict health" data-kind=kind>
            {icon(path)}
            <span>
                {filled(lead).map(|lead| view! { <b>{lead}</b> })}
                {filled(rest).map(|rest| Escaped(&rest).to_string())}
                {taken.map(|taken| view! { <span class="taken">{taken}</span> })}
                {time.map(|time| view! { " · " {time} })}
            </span>
        </p>
    }
}

/// A text that is not empty. Leptos writes a blank for one that is.
fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The same as HTML.
pub(crate) fn health_html(health: &Health) -> String {
    health_line(health).to_html()
}

/// When it was checked, where there is room for it: a warning is long enough, and what is not checked has no time.
fn time_of(check: &TargetCheck, now: OffsetDateTime, kind: &str) -> Option<impl IntoView + use<>> {
    (kind != "warning" && check.outcome.state != TargetState::PrivateAddress).then(|| checked_at(check.checked_at, now))
}

/// A time to the minute, as its tooltip has it.
const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");

/// How long ago it was checked, with the time as a tooltip.
pub(super) fn checked_at(at: OffsetDateTime, now: OffsetDateTime) -> impl IntoView + use<> {
    let exact = at.to_offset(UtcOffset::UTC).format(MINUTE).unwrap_or_default();
    view! { <time datetime=timestamp(at) title=exact>{ago(at, now)}</time> }
}
