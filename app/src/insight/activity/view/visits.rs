//! Visits: figures that are the key of the chart, the chart with the table behind it, and numbers by flow. Or what to do where there are
//! none.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{Context, Loaded};
use crate::{
    insight::{
        activity::{
            chart::{chart, composition},
            counts::{Decided, DecidedBy, Totals, percent},
        },
        range::Range,
    },
    paths,
    redirects::Page,
    ui::{copy_button::copy_button, text::Grouped},
};

pub(super) fn section(context: Context<'_>, loaded: &Loaded) -> impl IntoView + use<> {
    let Context { form, slug, .. } = context;
    let range = form.range;
    let since = range.long(range.since(OffsetDateTime::now_utc()));
    let has_visits = loaded.totals.all.all() > 0;
    let help =
        if has_visits { format!("Since {since} UTC, by what decided where they ended.") } else { format!("None since {since} UTC.") };
    let ranges = Range::ALL
        .map(|other| {
            let here = (other == range).then_some("true");
            view! { <a href=form.within(other).address(slug) aria-current=here>{other.label()}</a> }
        })
        .into_iter()
        .collect_view();
    let body = if has_visits {
        let Loaded { totals, versions, .. } = loaded;
        view! {
            <div class="card">
                {figures(totals)}
                <div class="halves">
                    <div>
                        <h3 id="chart-title">{if range == Range::Day { "Visits an hour" } else { "Visits a day" }}</h3>
                        {chart(slug, range, &totals.by_time, versions)}
                        {as_table(range, &totals.by_time)}
                    </div>
                    <div>
                        <h3>"By flow"</h3>
                        {by_flow(totals)}
                    </div>
                </div>
            </div>
        }
        .into_any()
    } else {
        none(context, loaded.has_any).into_any()
    };
    view! {
        <section aria-labelledby="visits-title">
            <div class="changes-head">
                <div>
                    <h2 id="visits-title">"Visits"</h2>
                    <p class="help">{help}</p>
                </div>
                <nav class="segments" aria-label="Range">{ranges}</nav>
            </div>
            {body}
        </section>
    }
}

fn figures(totals: &Totals) -> impl IntoView + use<> {
    let all = totals.all.all();
    let parts = DecidedBy::ALL
        .map(|by| {
            let visits = totals.all.by(by);
            let forced = (by == DecidedBy::RedirectUrl && totals.forced > 0)
                .then(|| view! { <small>{format!("{} forced", Grouped(totals.forced))}</small> });
            view! {
                <div>
                    <dt class=format!("key {}", by.class())>{by.label()}</dt>
                    <dd>{Grouped(visits).to_string()} " " <small>{percent(visits, all)}</small> {forced}</dd>
                </div>
            }
        })
        .into_iter()
        .collect_view();
    view! {
        <dl class="figures">
            <div>
                <dt>"All visits"</dt>
                <dd>{Grouped(all).to_string()}</dd>
            </div>
            {parts}
        </dl>
    }
}

/// The numbers of the chart.
fn as_table(range: Range, by_time: &[(OffsetDateTime, Decided)]) -> impl IntoView + use<> {
    let head = DecidedBy::ALL.map(|by| view! { <th scope="col">{by.label()}</th> }).into_iter().collect_view();
    let rows = by_time
        .iter()
        .rev()
        .map(|(at, decided)| {
            let parts = DecidedBy::ALL.map(|by| view! { <td>{Grouped(decided.by(by)).to_string()}</td> }).into_iter().collect_view();
            view! { <tr><th scope="row">{range.long(*at)}</th><td>{Grouped(decided.all()).to_string()}</td>{parts}</tr> }
        })
        .collect_view();
    view! {
        <details class="as-table">
            <summary class="help">"As a table"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="Visits as a table">
                <table>
                    <thead>
                        <tr><th scope="col">{if range == Range::Day { "Hour (UTC)" } else { "Day (UTC)" }}</th><th scope="col">"All"</th>{head}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

fn by_flow(totals: &Totals) -> impl IntoView + use<> {
    let rows = totals
        .by_flow
        .iter()
        .map(|(flow, decided)| {
            // The bar is not read to anybody: its numbers are.
            let shares: Vec<_> = DecidedBy::ALL
                .into_iter()
                .filter(|by| decided.by(*by) > 0)
                .map(|by| format!("{} {}", by.label(), percent(decided.by(by), decided.all())))
                .collect();
            let shares = shares.join(", ");
            view! {
                <tr>
                    <th scope="row">{flow.title()}</th>
                    <td>{Grouped(decided.all()).to_string()}</td>
                    <td title=shares.clone()>{composition(decided)}<span class="unseen">{shares.clone()}</span></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="flows">
            <thead>
                <tr><th scope="col">"Flow"</th><th scope="col">"Visits"</th><th scope="col">"Decided by"</th></tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// What to do where no visit is counted in the range.
fn none(context: Context<'_>, has_any: bool) -> impl IntoView + use<> {
    let Context { stored, slug, form, kept, .. } = context;
    if !kept.is_on || !stored.visits_counted {
        let text = if kept.is_on {
            "Visits of this instance are not counted. An editor can turn counting on below."
        } else {
            "This server does not count visits: it runs with --visits off."
        };
        return view! { <div class="card empty"><h3>"Visits are not counted"</h3><p>{text}</p></div> }.into_any();
    }
    if has_any {
        let longer = (form.range != Range::Month)
            .then(|| view! { <a class="button" href=form.within(Range::Month).address(slug)>"Show 30 days"</a> });
        return view! {
            <div class="card empty">
                <h3>"No visits in this range"</h3>
                <p>"Earlier ones are kept for "{kept.days}" days."</p>
                {longer}
            </div>
        }
        .into_any();
    }
    let portal = stored.instance.portal_origin().as_str();
    let curl = format!("curl \"{portal}/v1/resolve?flow=sign-in\"");
    let page = paths::instance(slug).activity();
    view! {
        <div class="card first">
            <div>
                <h3>"Send the first visit"</h3>
                <p>
                    "A visit counts when a flow ends on the portal’s pages, and when an application asks " <code>"/v1/resolve"</code>
                    ". Use a terminal, or open the " <a href=format!("{portal}{}", Page::SignIn.path())>"sign-in page"</a> "."
                </p>
                <p class="waiting" data-from=page.clone()><span class="dot" aria-hidden="true"></span><span>"Waiting. It shows here within 10 seconds. "<a href=page.clone()>"Reload"</a></span></p>
            </div>
            <figure class="snippet">
                <figcaption>"Terminal" {copy_button("first-visit", "the command")}</figcaption>
                <pre tabindex="0" role="region" aria-label="Terminal"><code id="first-visit">{curl}</code></pre>
            </figure>
        </div>
    }
    .into_any()
}
