//! The results of a bulk check: the counts, a filter, the table and the download.

use crate::paths;
use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::check::{CheckedLink, LinkOutcome};
use crate::{
    redirects::MAX_QUERY_BYTES,
    ui::text::{Escaped, Grouped},
};

/// The results of a list. `list` is the list as text, which the form of the download posts again; `origin` says where the list came from.
/// The filter is made of radio buttons and a style, so it works without JavaScript, and the download posts it too.
pub(super) fn results(slug: &str, links: Vec<CheckedLink>, list: String, origin: Option<String>) -> impl IntoView + use<> {
    let all = links.len();
    let count = |outcome: LinkOutcome| links.iter().filter(|checked| checked.outcome == outcome).count();
    let [allowed, refused, no_link] = LinkOutcome::ALL.map(count);
    let choices =
        [("all", "All", all), (LinkOutcome::Refused.name(), "Refused", refused), (LinkOutcome::NoLink.name(), "No links", no_link)]
            .map(|(name, label, count)| {
                view! {
                    <label class="choice">
                        <input type="radio" name="show" value=name checked=name == "all" disabled=count == 0 />
                        {label} <small>{Grouped(count).to_string()}</small>
                    </label>
                }
            })
            .collect_view();
    let rows = links.into_iter().map(|checked| row_view(slug, checked)).collect_view();
    view! {
        <form method="post" action=paths::instance(slug).bulk_check_csv() enctype="multipart/form-data" autocomplete="off">
            <h2 tabindex="-1" autofocus>{summary(allowed, refused, no_link)}</h2>
            {origin.map(|origin| view! { <p class="help">{origin}</p> })}
            <input type="hidden" name="links" value=list />
            <div class="filter">
                <fieldset>
                    <legend class="unseen">"Show"</legend>
                    {choices}
                </fieldset>
                <button class="button">"Download the shown links as CSV"</button>
            </div>
            <table>
                <caption class="unseen">"The links, and where each of them leads"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Line"</th>
                        <th scope="col">"Link"</th>
                        <th scope="col">"Target"</th>
                        <th scope="col">"Source"</th>
                        <th scope="col">"Verdict"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </form>
    }
}

fn row_view(slug: &str, checked: CheckedLink) -> impl IntoView + use<> {
    let CheckedLink { line, link, target, outcome, reason, note, corrected } = checked;
    let text = shortened(&link, MAX_URL_CHARS);
    // The Preview tab's address has the same limit as a link.
    let href = (link.len() <= MAX_QUERY_BYTES)
        .then(|| format!("{}?link={}", paths::instance(slug).preview(), utf8_percent_encode(&link, IN_QUERY)));
    let (target, source) = target.map(|(target, source)| (shortened(&target, MAX_URL_CHARS), source.title())).unzip();
    let label = match outcome {
        LinkOutcome::Allowed => "Allowed",
        LinkOutcome::Refused => "Refused",
        LinkOutcome::NoLink => "No link",
    };
    view! {
        <tr data-kind=outcome.name()>
            <th scope="row">{line}</th>
            <td><a href=href>{text}</a></td>
            <td>{target}</td>
            <td>{source}</td>
            <td>
                <b>{label}</b>
                {(!reason.is_empty()).then(|| format!(". {}", shortened(&reason, MAX_REASON_CHARS)))}
                {(!note.is_empty()).then(|| view! { <p class="help">{shortened(&note, MAX_REASON_CHARS)}</p> })}
                {corrected.map(corrected_view)}
            </td>
        </tr>
    }
}

/// The link that was probably meant, whole, to be copied. The button works with JavaScript only, and is hidden without.
fn corrected_view(link: String) -> impl IntoView {
    view! {
        <p class="corrected">"Corrected: " <code>{link}</code> <button type="button" class="copy" data-copy>"Copy"</button></p>
    }
}

/// The counts as a sentence.
fn summary(allowed: usize, refused: usize, no_link: usize) -> String {
    let counted = |count: usize, one: &str, many: &str| format!("{} {}", Grouped(count), if count == 1 { one } else { many });
    let parts: Vec<String> = [
        (allowed, "ends as asked", "end as asked"),
        (refused, "is refused", "are refused"),
        (no_link, "is not a link to this portal", "are not links to this portal"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| counted(count, one, many))
    .collect();
    format!("{}: {}", counted(allowed + refused + no_link, "link", "links"), parts.join(", "))
}

/// The characters that are not encoded in a query's value, besides letters and digits.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

/// Where the table cuts a URL, in characters. The CSV has it whole.
const MAX_URL_CHARS: usize = 240;

/// Where the table cuts a reason, in characters. The CSV has it whole.
const MAX_REASON_CHARS: usize = 600;

/// A text as the table shows it: cut at `limit` characters, with invisible characters as escapes.
fn shortened(text: &str, limit: usize) -> String {
    let cut = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
    let shown = Escaped(&text[..cut]).to_string();
    if cut < text.len() { format!("{shown}… and {} more bytes", Grouped(text.len() - cut)) } else { shown }
}
