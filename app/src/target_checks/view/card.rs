//! The card with the health of all targets of an instance: what needs attention has a row each, the others share one.

use leptos::prelude::*;

use super::{super::CHECK_SAID, check_form, line::checked_at};
use crate::{
    admins::Role,
    error::AppError,
    layout::loading,
    target_checks::{
        Severity, Target, TargetCheck, TargetState,
        describe::describe,
        health::{Health, TargetHealth},
        targets,
    },
    ui::{
        icon::{DASH, TICK, WARNING, icon},
        text::{Escaped, moment, shortened},
    },
};

/// Where a URL is cut, in characters.
const MAX_URL_CHARS: usize = 120;

/// The card, read for the caller of this page.
pub(super) async fn card(slug: &str) -> Result<impl IntoView + use<>, AppError> {
    let stored = loading::instance(slug).await?;
    let may_check = loading::role(slug).await? >= Role::Editor;
    let health = TargetHealth::load(&stored).await?;
    let is_on = health.is_some();
    let all: Vec<(Target, String, Health)> = health
        .into_iter()
        .flat_map(|health| targets(&stored).into_iter().map(move |(target, url)| (target, url.to_string(), health.of(target, &url))))
        .collect();
    let button = (may_check && is_on).then(|| {
        let button = view! {
            <button class="button small" name="page" value="activity">"Check now"<span class="unseen">" what the targets answer"</span></button>
        };
        view! { <div class="check-now"><span class="help" id=CHECK_SAID role="status"></span>{check_form(slug, button)}</div> }
    });
    let body = if is_on { rows(&all).into_any() } else { off().into_any() };
    Ok(view! {
        <section aria-labelledby="targets">
            <div class="changes-head">
                <div>
                    <h2 id="targets">"Targets"</h2>
                    <p class="help">"How the pages respond that people are sent to."{is_on.then_some(" Checked every hour.")}</p>
                </div>
                {button}
            </div>
            {body}
        </section>
    })
}

fn off() -> impl IntoView {
    view! { <p class="card rows-of help">"Targets are not checked on this server ("<code>"--target-checks off"</code>")."</p> }
}

fn rows(all: &[(Target, String, Health)]) -> impl IntoView + use<> {
    let (mut good, mut others): (Vec<_>, Vec<_>) = all.iter().partition(|(.., health)| health.severity() == Severity::Good);
    others.sort_by_key(|(.., health)| std::cmp::Reverse(health.severity()));
    let rest = if others.is_empty() { "All" } else { "The other" };
    let others = others.into_iter().map(|(target, url, health)| row(*target, url, health)).collect_view();
    // The one that was checked longest ago speaks for all.
    good.sort_by_key(|(.., health)| match health {
        Health::Checked(check, _) => Some(check.checked_at),
        _ => None,
    });
    let good = good.first().map(|(.., health)| {
        let count = all.iter().filter(|(.., health)| health.severity() == Severity::Good).count();
        let text = if count == 1 && rest == "The other" { "The other one answers".to_owned() } else { format!("{rest} {count} answer") };
        let time = match health {
            Health::Checked(check, now) => Some(view! { <span class="help">{checked_at(check.checked_at, *now)}</span> }),
            _ => None,
        };
        view! { <li><p class="verdict" data-kind="allowed">{icon(TICK)}<span>{text}</span></p>{time}</li> }
    });
    view! { <ul class="card rows-of">{others}{good}</ul> }
}

fn row(target: Target, url: &str, health: &Health) -> impl IntoView + use<> {
    let (kind, path) = match health.severity() {
        Severity::Problem => ("refused", WARNING),
        Severity::Warning => ("warning", WARNING),
        Severity::Good | Severity::Information => ("unknown", DASH),
    };
    let (text, since) = match health {
        Health::Waiting => ("Checking…".to_owned(), None),
        Health::Unchecked => ("Not checked yet".to_owned(), None),
        Health::Checked(check, now) => {
            let (lead, rest) = describe(check, *now);
            (lead + &rest, Some(since(check)))
        }
    };
    view! {
        <li>
            <p class="verdict" data-kind=kind>
                {icon(path)}
                <span><b>{target.label()}</b>": "{Escaped(&text).to_string()}<small>{shortened(url, MAX_URL_CHARS)}</small></span>
            </p>
            {since}
        </li>
    }
}

/// Since when a target does what it does; for one that is not checked, when that was found.
fn since(check: &TargetCheck) -> impl IntoView + use<> {
    let at = if check.outcome.state == TargetState::PrivateAddress { check.checked_at } else { check.state_since };
    view! { <span class="help">{moment(at)}</span> }
}

#[cfg(test)]
mod tests {
    use time::{OffsetDateTime, macros::datetime};

    use super::*;
    use crate::{redirects::Flow, target_checks::CheckOutcome};

    const NOW: OffsetDateTime = datetime!(2026-11-26 14:06 UTC);

    fn target(flow: Flow, outcome: CheckOutcome, since: OffsetDateTime) -> (Target, String, Health) {
        let (target, url) = (Target::Fallback(flow), format!("https://myapp.com/{}", flow.name()));
        let check = TargetCheck { target, url: url.clone(), outcome, checked_at: NOW - time::Duration::minutes(4), state_since: since };
        (target, url, Health::Checked(check, NOW))
    }

    fn ok(flow: Flow) -> (Target, String, Health) {
        target(flow, CheckOutcome { status: Some(200), ..CheckOutcome::of(TargetState::Ok) }, NOW)
    }

    /// The text of the rows, without their markup.
    fn text(all: &[(Target, String, Health)]) -> String {
        let html = rows(all).to_html().replace("</li>", "|");
        let mut text = String::new();
        let mut is_tag = false;
        for letter in html.chars() {
            match letter {
                '<' => is_tag = true,
                '>' => is_tag = false,
                letter if !is_tag => text.push(letter),
                _ => {}
            }
        }
        text
    }

    #[test]
    fn what_needs_attention_comes_first_and_the_others_share_a_row() {
        let ends = CheckOutcome {
            certificate_ends_at: Some(datetime!(2026-12-02 15:00 UTC)),
            status: Some(200),
            ..CheckOutcome::of(TargetState::Ok)
        };
        let gone = CheckOutcome { status: Some(404), ..CheckOutcome::of(TargetState::ErrorStatus) };
        let all = [
            ok(Flow::SignUp),
            target(Flow::SignIn, ends, NOW),
            target(Flow::Logo, gone, datetime!(2026-11-20 14:07 UTC)),
            ok(Flow::Waitlist),
        ];
        let expected = "After logo click: 404 since Fridayhttps://myapp.com/logo2026-11-20 14:07 UTC|\
            After sign-in: 200, but the certificate ends in 6 dayshttps://myapp.com/sign-in2026-11-26 14:06 UTC|The other 2 answer4 min ago|";
        assert_eq!(text(&all), expected);
        assert_eq!(text(&[ok(Flow::SignUp), ok(Flow::SignIn)]), "All 2 answer4 min ago|");
    }
}
