//! What was refused: a row for each origin or reason, with what can be done about it.

use leptos::prelude::*;
use url::Url;

use super::{Context, Loaded, offer::Offer};
use crate::{
    insight::activity::{
        allow::{is_allowed_now, origin_to_allow},
        form::{ActivityForm, PAGE_SIZE},
        look_alike::is_look_alike,
        refused::{RefusedItem, RefusedRow},
    },
    paths,
    preview::{
        form::PreviewForm,
        highlight::{highlighted, highlights, in_unicode},
    },
    redirects::{Flow, LinkParams, Refusal},
    ui::{
        icon::{WARNING, icon},
        text::{Escaped, Grouped, moment},
    },
};

pub(super) fn section(context: Context<'_>, loaded: &Loaded) -> impl IntoView + use<> {
    let Context { form, .. } = context;
    let refused = loaded.totals.refused;
    let help = match refused {
        0 => "Every visit asked for an allowed place, or for none.".to_owned(),
        1 => "1 visit asked for a place that is not allowed, and ended elsewhere.".to_owned(),
        visits => format!("{} visits asked for a place that is not allowed, and ended elsewhere.", Grouped(visits)),
    };
    let title = if form.dismissed { "Dismissed" } else { "Refused" };
    let rows = &loaded.refused.rows;
    let body = if rows.is_empty() { nothing(context).into_any() } else { table(context, loaded).into_any() };
    view! {
        <section aria-labelledby="refused-title" id="refused">
            <div class="changes-head">
                <div>
                    <h2 id="refused-title">{title}</h2>
                    <p class="help">{help}</p>
                </div>
                {filter(context)}
            </div>
            <div class="card">
                {body}
                {end(context, loaded)}
            </div>
        </section>
    }
}

fn filter(context: Context<'_>) -> impl IntoView + use<> {
    let Context { form, slug, .. } = context;
    let page = paths::instance(slug);
    let flows = Flow::ALL
        .map(|flow| view! { <option value=flow.name() selected=form.flow == Some(flow)>{flow.title()}</option> })
        .into_iter()
        .collect_view();
    let dismissed = form.dismissed.then(|| view! { <input type="hidden" name="show" value="dismissed" /> });
    let query = ActivityForm { page: 1, ..form.filter_only() }.write();
    let csv = if query.is_empty() { page.activity_csv() } else { format!("{}?{query}", page.activity_csv()) };
    view! {
        <form method="get" action=format!("{}#refused", page.activity()) class="refused-filter" role="search" aria-label="Refused redirects" autocomplete="off">
            <input type="hidden" name="range" value=form.range.name() />
            {dismissed}
            <div class="input">
                <input
                    type="search"
                    name="q"
                    value=form.text.clone()
                    aria-label="Origin or reason"
                    placeholder="Origin or reason"
                    autocapitalize="none"
                    spellcheck="false"
                />
            </div>
            <div class="input choose"><select name="flow" aria-label="Flow"><option value="">"Any flow"</option>{flows}</select></div>
            <button class="button small">"Filter"</button>
            <a class="button small" href=csv download=""><span class="unseen">"Download as "</span>"CSV"</a>
        </form>
    }
}

fn nothing(context: Context<'_>) -> impl IntoView + use<> {
    let Context { form, slug, .. } = context;
    let (title, text) = if form.is_filtered() {
        ("Nothing matches the filter", "Try a shorter part of the origin, or any flow.")
    } else if form.page > 1 {
        ("Nothing on this page", "The list ends before it.")
    } else if form.dismissed {
        ("Nothing is dismissed", "What editors dismiss is listed here.")
    } else {
        ("Nothing was refused", "Or all of it is dismissed.")
    };
    let all = (form.is_filtered() || form.page > 1 || form.dismissed)
        .then(|| view! { <a class="button" href=form.unfiltered(false).address(slug)>"Show all"</a> });
    view! { <div class="empty"><h3>{title}</h3><p>{text}</p>{all}</div> }
}

/// The line below the rows: how many there are, the ways to other pages, and to those that are dismissed.
fn end(context: Context<'_>, loaded: &Loaded) -> impl IntoView + use<> {
    let Context { form, slug, .. } = context;
    let (count, shown) = (loaded.refused.count, i64::try_from(loaded.refused.rows.len()).unwrap_or(PAGE_SIZE));
    let range = (shown > 0).then(|| {
        let last = form.offset() + shown;
        if count <= PAGE_SIZE {
            format!("{} of {}", Grouped(shown), Grouped(count))
        } else {
            format!("{} to {} of {}", Grouped(form.offset() + 1), Grouped(last), Grouped(count))
        }
    });
    let at = |page: i64| format!("{}#refused", form.at(page).address(slug));
    let previous = (form.page > 1).then(|| view! { <a href=at(form.page - 1) rel="prev">"Previous"</a> });
    let next = (form.offset() + shown < count).then(|| view! { <a href=at(form.page + 1) rel="next">"Next"</a> });
    let other = format!("{}#refused", form.unfiltered(!form.dismissed).address(slug));
    let dismissed = if form.dismissed {
        Some(view! { <a href=other>"Show what is not dismissed"</a> }.into_any())
    } else {
        (loaded.refused.dismissed > 0)
            .then(|| view! { <a href=other>{format!("Show {} dismissed", Grouped(loaded.refused.dismissed))}</a> }.into_any())
    };
    view! { <p class="end help"><span>{range}</span> " " {previous} " " {next} " " {dismissed}</p> }
}

fn table(context: Context<'_>, loaded: &Loaded) -> impl IntoView + use<> {
    let rows = loaded.refused.rows.iter().map(|row| row_view(context, row, loaded.offer.as_ref()).into_any()).collect_view();
    view! {
        <table class="refused">
            <thead>
                <tr>
                    <th scope="col">"Origin and reason"</th>
                    <th scope="col">"Visits"</th>
                    <th scope="col">"Flow"</th>
                    <th scope="col">"Seen"</th>
                    <th scope="col">"Ended instead at"</th>
                    <th scope="col"><span class="unseen">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row_view(context: Context<'_>, row: &RefusedRow, offer: Option<&Offer>) -> impl IntoView + use<> {
    // One entry needs no number of its own.
    let flows = &row.flows;
    let number = |visits: u64, of: usize| (of > 1).then(|| view! { " " <i>{Grouped(visits).to_string()}</i> });
    let in_flows =
        flows.iter().map(|(flow, visits)| view! { <span class="each">{flow.title()}{number(*visits, flows.len())}</span> }).collect_view();
    let ended = row
        .ended
        .iter()
        .map(|(by, visits)| view! { <span class=format!("key {}", by.class())>{by.label()}{number(*visits, row.ended.len())}</span> })
        .collect_view();
    let seen = row.last_seen.map(|at| view! { {moment(at)} }.into_any());
    let seen = seen.unwrap_or_else(|| "Not in this range".into_any());
    let since = row.first_seen.filter(|at| Some(*at) != row.last_seen).map(|at| view! { " " <small>"since " {moment(at)}</small> });
    let opened = offer.filter(|offer| offer.text == row.text && !row.is_others).map(|offer| offer.view(context));
    view! {
        <tr>
            <th scope="row">{what(context, row)}</th>
            <td class="count">{Grouped(row.visits).to_string()}</td>
            <td>{in_flows}</td>
            <td>{seen}{since}</td>
            <td>{ended}</td>
            <td>{actions(context, row, opened.is_some())}</td>
        </tr>
        {opened.map(|offer| view! { <tr class="opened"><td colspan="6">{offer}</td></tr> })}
    }
}

/// The origin as Preview shows it, and the reason.
fn what(context: Context<'_>, row: &RefusedRow) -> impl IntoView + use<> {
    let (item, domain) = (&row.item, context.stored.instance.domain().as_str());
    let reason = RefusedItem::sentence(item.reason, domain);
    if row.is_others {
        let why = "Too many different ones in an hour to keep apart.";
        return view! { <b>{item.others()}</b><small>{why}" "{reason}</small> }.into_any();
    }
    if item.name.is_empty() || item.name == "other:" {
        return view! { <b>{item.unnamed()}</b><small>{reason}</small> }.into_any();
    }
    let shown = item.shown();
    let absolute = if item.name.starts_with("//") { format!("https:{}", item.name) } else { item.name.clone() };
    let host = Url::parse(&absolute).ok().and_then(|url| url.host_str().map(str::to_owned));
    let marked = highlights(&shown, host.as_deref().filter(|_| item.reason != Refusal::Scheme));
    let reads = host
        .as_deref()
        .and_then(in_unicode)
        .map(|letters| view! { <small>"Its host reads as "<span class="reads">{highlighted(letters)}</span></small> });
    let look_alike = host
        .filter(|host| item.reason == Refusal::Foreign && is_look_alike(domain, host))
        .map(|_| view! { <small class="look-alike">{icon(WARNING)}<span>{format!("Its name resembles {domain}.")}</span></small> });
    let now = is_allowed_now(context.stored, item).then_some(" It is allowed by now.");
    view! { <span class="origin">{highlighted(marked)}</span><small>{reason}{now}</small>{reads}{look_alike} }.into_any()
}

fn actions(context: Context<'_>, row: &RefusedRow, is_open: bool) -> impl IntoView + use<> {
    let Context { stored, slug, form, is_editor, .. } = context;
    if row.is_others {
        return ().into_any();
    }
    let name = format!(" {}", Escaped(&row.item.described()));
    let allow = (is_editor && !form.dismissed && origin_to_allow(stored, &row.item).is_some()).then(|| {
        let to = form.offering((!is_open).then_some(row.text.as_str())).address(slug);
        let href = if is_open { format!("{to}#refused") } else { format!("{to}#allow") };
        view! { <a class="button small" href=href aria-expanded=is_open.to_string()>"Allow…"<span class="unseen">{name.clone()}</span></a> }
    });
    let preview = preview_address(slug, row).map(|href| {
        view! { <a class="button small plain" href=href>"Preview"<span class="unseen">{name.clone()}</span></a> }
    });
    let dismiss = is_editor.then(|| {
        let (to, label) = if form.dismissed { ("show", "Show again") } else { ("dismiss", "Dismiss") };
        view! {
            <form method="post" action=paths::instance(slug).dismiss_refused()>
                <input type="hidden" name="refused" value=row.text.clone() />
                <input type="hidden" name="view" value=form.filter_only().write() />
                <button class="button small plain" name="change" value=to>{label}<span class="unseen">{name}</span></button>
            </form>
        }
    });
    view! { <div class="actions">{allow}{preview}{dismiss}</div> }.into_any()
}

/// Preview, filled with a link that is refused like the row. `None` where nothing is known of the value.
fn preview_address(slug: &str, row: &RefusedRow) -> Option<String> {
    // The logo's flow reads no link.
    let flow = row.flows.iter().map(|(flow, _)| *flow).find(|flow| *flow != Flow::Logo).unwrap_or(Flow::SignIn);
    let value = row.item.example(flow)?;
    let params = LinkParams { redirect_url: Some(value.into()), ..LinkParams::default() };
    PreviewForm { flow: Some(flow), params, ..PreviewForm::default() }.address(slug)
}
