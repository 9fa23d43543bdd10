//! Beside where people end: who changed what last, and which runtimes serve it.

use leptos::prelude::*;

use crate::{
    history::{
        difference::{describe, field_changes},
        fold::{Line, describe_folded},
        store::Change,
        view::{author, field_view},
    },
    paths,
    runtimes::{
        live::LiveStatus,
        view::{heard, notes, role_label, short_id, version},
    },
    ui::text::{Escaped, moment},
};

/// How many fields of a change are shown; History has the others.
const MAX_FIELDS: usize = 3;

/// The last changes, with the way to History.
pub(super) fn changes_card(lines: Vec<Line>, slug: &str) -> impl IntoView + use<> {
    let history = paths::instance(slug).history();
    let rows = lines.into_iter().map(|line| line_row(&line, &history)).collect_view();
    view! {
        <section class="card" aria-labelledby="changes">
            <header class="card-head">
                <h2 id="changes">"Last changes"</h2>
                <a class="button plain small" href=history>"History"</a>
            </header>
            <ul class="last-changes">{rows}</ul>
        </section>
    }
}

fn line_row(line: &Line, history: &str) -> AnyView {
    match line {
        Line::One(change) => change_row(change, history).into_any(),
        Line::Folded(changes) => {
            let last = changes.first().map(|change| {
                let description = describe_folded(changes);
                view! {
                    <p>{author(change)}" "{description}</p>
                    <p class="help">{moment(change.at)}</p>
                }
            });
            view! { <li>{last}</li> }.into_any()
        }
    }
}

fn change_row(change: &Change, history: &str) -> impl IntoView + use<> {
    let mut fields = field_changes(change);
    let more = fields.len().saturating_sub(MAX_FIELDS);
    fields.truncate(MAX_FIELDS);
    let fields = (!fields.is_empty()).then(|| {
        let fields = fields.into_iter().map(field_view).collect_view();
        view! { <ul class="difference">{fields}</ul> }
    });
    let more = (more > 0).then(|| {
        let text = if more == 1 { "1 more field".to_owned() } else { format!("{more} more fields") };
        view! { <p class="help"><a href=history.to_owned()>{text}</a></p> }
    });
    let version = change.version.map(|version| format!(" · Version {version}"));
    view! {
        <li>
            <p>{author(change)}" "{Escaped(&describe(change)).to_string()}</p>
            <p class="help">{moment(change.at)}{version}</p>
            {fields}
            {more}
        </li>
    }
}

/// The runtimes and what each of them serves.
pub(super) fn runtimes_card(live: &LiveStatus) -> impl IntoView + use<> {
    let all = live.runtimes.len();
    let rows = live
        .runtimes
        .iter()
        .map(|runtime| {
            view! {
                <li>
                    <span><code>{short_id(runtime)}</code><small>{role_label(runtime)}</small></span>
                    <span>{version(runtime, live.version)}<small>{heard(runtime)}</small></span>
                </li>
            }
        })
        .collect_view();
    let notes = notes(live).into_iter().map(|note| view! { <li class="help">{note}</li> }).collect_view();
    view! {
        <section class="card" aria-labelledby="runtimes">
            <header class="card-head">
                <h2 id="runtimes">"Runtimes"</h2>
                <p class="help">{format!("{} of {all} live", live.live_count())}</p>
            </header>
            <ul class="runtimes">{rows}{notes}</ul>
        </section>
    }
}
