//! The impact of a change in words: one sentence, and a table of where visits end now and where they would end.

use leptos::prelude::*;
use url::Url;

use super::{
    between::{Candidate, Ending, Impact, Row, SHOWN},
    confirm::Seen,
    measure::{LATELY, Measured},
};
use crate::{
    fallbacks::verdict::UrlParts,
    redirects::{Environment, Source},
    saving::form_element::{CONFIRMED, FORM},
    ui::{
        icon::{DOWN, WARNING, icon},
        text::{Escaped, Grouped},
    },
};

/// How many origins are named. The rest is counted.
const MAX_ORIGINS: usize = 5;

/// What the bar says of a change, as HTML: a sentence, which opens a table. Empty where no visits were counted.
pub fn in_bar(measured: &Measured) -> String {
    match measured {
        Measured::NoVisits => String::new(),
        Measured::Unknown => unknown().to_html(),
        Measured::Known(impact) => folded(impact, None).to_html(),
    }
}

/// What is asked before saving, as HTML, with the button that saves all the same. `verb` is what the button does.
pub fn question(measured: &Measured, seen: &Seen, environment: Environment, verb: &'static str) -> String {
    let is_much = measured.figure().is_some_and(|figure| figure.needs_confirmation(environment));
    let label = if is_much { format!("{verb} anyway") } else { verb.to_owned() };
    let button = view! { <button class="button" form=FORM name=CONFIRMED value=seen.to_string()>{label}</button> };
    let lead = [if is_much { MUCH } else { "" }, "Nothing is saved yet."].join(" ");
    let asked = view! {
        <p class="asked" tabindex="-1">{is_much.then(|| icon(WARNING))}<strong>{lead.trim().to_owned()}</strong></p>
        {button}
    };
    match measured {
        Measured::NoVisits => view! { <p>{format!("No visits were counted in the last {}.", LATELY.label())}</p>{asked} }.to_html(),
        Measured::Unknown => view! { {unknown()} {asked} }.to_html(),
        Measured::Known(impact) => folded(impact, Some(asked.into_any())).to_html(),
    }
}

/// The impact on the page of a change that is made with one button.
pub struct OnPage {
    /// The sentence and the table. Nothing where no visits were counted.
    pub view: Option<AnyView>,
    /// A hidden field that says that the page was seen.
    pub confirmed: AnyView,
    /// Whether so many visits are concerned that the button says so.
    pub is_much: bool,
}

/// What a page shows before a change is made. Its button confirms what it shows, so nobody is asked again.
pub fn on_page(measured: &Measured, seen: &Seen, environment: Environment) -> OnPage {
    let is_much = measured.figure().is_some_and(|figure| figure.needs_confirmation(environment));
    let confirmed = is_much.then(|| view! { <input type="hidden" name=CONFIRMED value=seen.to_string() /> }).into_any();
    let view = match measured {
        Measured::NoVisits => None,
        Measured::Unknown => Some(unknown().into_any()),
        Measured::Known(impact) => {
            let warning = is_much.then(|| view! { <p class="asked">{icon(WARNING)}<strong>{MUCH}</strong></p> });
            let view = view! { <div class="field effect-card">{warning}<p class="effect">{sentence(impact)}</p>{panel(impact)}</div> };
            Some(view.into_any())
        }
    };
    OnPage { view, confirmed, is_much }
}

/// Why saving asks first.
const MUCH: &str = "More than 5% of this production instance's visits would end elsewhere.";

fn unknown() -> impl IntoView {
    view! { <p class="effect">"The number of visits that this concerns is not available right now. You can still save."</p> }
}

/// The sentence with what it opens. Without anything to open, it is a line.
fn folded(impact: &Impact, asked: Option<AnyView>) -> AnyView {
    if !has_details(impact) && asked.is_none() {
        return view! { <p class="effect">{sentence(impact)}</p> }.into_any();
    }
    let is_open = asked.is_some();
    view! {
        <details class="effect" open=is_open>
            <summary>{sentence(impact)}{icon(DOWN)}</summary>
            <div class="effect-panel">{panel(impact)}{asked}</div>
        </details>
    }
    .into_any()
}

fn has_details(impact: &Impact) -> bool {
    impact.changed > 0 || impact.inexact_by > 0
}

fn counted(visits: u64) -> String {
    format!("{} visit{}", Grouped(visits), if visits == 1 { "" } else { "s" })
}

fn sentence(impact: &Impact) -> impl IntoView + use<> {
    let changed = if impact.changed == 0 { "none".to_owned() } else { Grouped(impact.changed).to_string() };
    let more = (impact.inexact_by > 0).then(|| format!(", and up to {} more", Grouped(impact.inexact_by)));
    view! { <span>{format!("Of {} in the last {}, ", counted(impact.visits), LATELY.label())}<b>{changed}</b>" would end elsewhere"{more}</span> }
}

fn panel(impact: &Impact) -> impl IntoView + use<> {
    let rows = impact.rows.iter().take(SHOWN).map(row).collect_view();
    let rest: u64 = impact.rows.iter().skip(SHOWN).map(|row| row.visits).sum();
    let rest = (rest > 0).then(|| {
        view! { <tr><th scope="row">"Others"</th><td></td><td></td><td>{Grouped(rest).to_string()}</td></tr> }
    });
    let table = (!impact.rows.is_empty()).then(|| {
        view! {
            <table>
                <caption class="unseen">"Visits that would end elsewhere"</caption>
                <thead><tr><th scope="col">"Flow"</th><th scope="col">"Now"</th><th scope="col">"Then"</th><th scope="col">"Visits"</th></tr></thead>
                <tbody>{rows}{rest}</tbody>
            </table>
        }
    });
    let notes = notes(impact).into_iter().map(|note| view! { <p class="help">{note}</p> }).collect_view();
    view! { {table}{notes} }
}

fn row(row: &Row) -> impl IntoView + use<> {
    let visits = Grouped(row.visits).to_string();
    view! {
        <tr>
            <th scope="row">{row.flow.label()}</th>
            <td>{ending(&row.from)}</td>
            <td>{ending(&row.to)}</td>
            <td>{visits}</td>
        </tr>
    }
}

fn ending(ending: &Ending) -> impl IntoView + use<> {
    let parts = Url::parse(&ending.url).map(|url| UrlParts::from(&url)).unwrap_or_default();
    // Of a link's target only the origin is known.
    let after = match ending.source {
        Source::Fallback | Source::HomeUrl => Escaped(&parts.after).to_string(),
        _ => "/…".to_owned(),
    };
    let source = match ending.source {
        Source::Fallback => None,
        source => Some(view! { <small>{source.title()}</small> }),
    };
    view! { <div><code>{parts.before}<b>{parts.host}</b>{after}</code>{source}</div> }
}

/// What the table does not say.
fn notes(impact: &Impact) -> Vec<String> {
    let mut notes = Vec::new();
    if impact.changed > 0 {
        notes.push(format!("{} of the visits, decided again with these values.", share(impact.changed, impact.visits)));
    }
    notes.extend(origins(&impact.newly_allowed, "refused now, would be allowed"));
    notes.extend(origins(&impact.newly_refused, "allowed now, would be refused"));
    if impact.newly_allowed.is_empty() && impact.changed > 0 {
        notes.push("No refused link would become allowed.".to_owned());
    }
    if impact.inexact_by > 0 {
        let visits = counted(impact.inexact_by);
        notes.push(format!("Of another {visits} only the flow and the outcome are kept, since there were too many different links. They may end elsewhere too."));
    }
    notes
}

fn origins(candidates: &[Candidate], what: &str) -> Option<String> {
    let visits: u64 = candidates.iter().map(|candidate| candidate.visits).sum();
    let mut names: Vec<_> = candidates.iter().take(MAX_ORIGINS).map(|candidate| candidate.origin.clone()).collect();
    match candidates.len().saturating_sub(MAX_ORIGINS) {
        0 => {}
        1 => names.push("another origin".to_owned()),
        more => names.push(format!("{} other origins", Grouped(more))),
    }
    let names = match &names[..] {
        [] => return None,
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    Some(format!("{} with links to {names}, {what}.", counted(visits)))
}

/// A share in percent: with one digit after the point, and never none where there is some.
fn share(changed: u64, visits: u64) -> String {
    let thousandths = (u128::from(changed) * 1000).checked_div(u128::from(visits)).unwrap_or_default();
    match (thousandths / 10, thousandths % 10) {
        (0, 0) => "Less than 0.1%".to_owned(),
        (percent, 0) => format!("{percent}%"),
        (percent, digit) => format!("{percent}.{digit}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_one_digit_and_is_never_none() {
        let shares = [(312, 12_431), (1, 12_431), (1, 10), (3, 3), (5, 1000)].map(|(changed, visits)| share(changed, visits));
        assert_eq!(shares, ["2.5%", "Less than 0.1%", "10%", "100%", "0.5%"]);
    }

    #[test]
    fn origins_are_named_up_to_a_number() {
        let many = |count: usize| (1..=count).map(|n| Candidate { origin: format!("https://{n}.dev"), visits: 1 }).collect::<Vec<_>>();
        assert_eq!(origins(&many(0), "x"), None);
        assert_eq!(origins(&many(1), "x").as_deref(), Some("1 visit with links to https://1.dev, x."));
        assert_eq!(origins(&many(2), "x").as_deref(), Some("2 visits with links to https://1.dev and https://2.dev, x."));
        assert!(origins(&many(7), "x").unwrap().ends_with("https://5.dev and 2 other origins, x."));
    }
}
