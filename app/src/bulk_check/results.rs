//! What became of a list: how many of each kind, a filter, the table, and the way to a spreadsheet.

use crate::paths;
use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::check::{Row, Verdict};
use crate::{
    redirects::MAX_QUERY_BYTES,
    ui::text::{Grouped, Seen},
};

/// The results of a list, which is carried along as text, and what is to be said of where it came from. The filter is radio
/// buttons and a style, so it works without JavaScript, and it is posted along where a file is asked for.
pub(super) fn results(slug: &str, rows: Vec<Row>, list: String, origin: Option<String>) -> impl IntoView + use<> {
    let all = rows.len();
    let count = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let [allowed, refused, no_link] = Verdict::ALL.map(count);
    let choices = [("all", "All", all), (Verdict::Refused.name(), "Refused", refused), (Verdict::NoLink.name(), "No links", no_link)]
        .map(|(name, label, count)| {
            view! {
                <label class="choice">
                    <input type="radio" name="show" value=name checked=name == "all" disabled=count == 0 />
                    {label} <small>{Grouped(count).to_string()}</small>
                </label>
            }
        })
        .collect_view();
    let rows = rows.into_iter().map(|row| row_view(slug, row)).collect_view();
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
                <button class="button">"Download what is shown as CSV"</button>
            </div>
            <table>
                <caption class="unseen">"The links, and where each ends"</caption>
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

fn row_view(slug: &str, row: Row) -> impl IntoView + use<> {
    let Row { number, link, end, verdict, reason } = row;
    let text = shown(&link, MOST_SHOWN.0);
    // What is too long for a link is too long for an address as well.
    let href = (link.len() <= MAX_QUERY_BYTES)
        .then(|| format!("{}?link={}", paths::instance(slug).preview(), utf8_percent_encode(&link, IN_QUERY)));
    let (target, source) = end.map(|(target, source)| (shown(&target, MOST_SHOWN.0), source.title())).unzip();
    let said = match verdict {
        Verdict::Allowed => "Allowed",
        Verdict::Refused => "Refused",
        Verdict::NoLink => "No link",
    };
    view! {
        <tr data-kind=verdict.name()>
            <th scope="row">{number}</th>
            <td><a href=href>{text}</a></td>
            <td>{target}</td>
            <td>{source}</td>
            <td><b>{said}</b>{(!reason.is_empty()).then(|| format!(". {}", shown(&reason, MOST_SHOWN.1)))}</td>
        </tr>
    }
}

/// What became of the links, in a sentence.
fn summary(allowed: usize, refused: usize, no_link: usize) -> String {
    let counted = |count: usize, one: &str, many: &str| format!("{} {}", Grouped(count), if count == 1 { one } else { many });
    let parts: Vec<String> = [
        (allowed, "ends as asked", "end as asked"),
        (refused, "is refused", "are refused"),
        (no_link, "is no link of this portal", "are no links of this portal"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| counted(count, one, many))
    .collect();
    format!("{}: {}", counted(allowed + refused + no_link, "link", "links"), parts.join(", "))
}

/// What stays as it is in a query's value, besides letters and digits.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

/// Where a URL and where a reason is cut when it is shown, in characters. The file has both whole.
const MOST_SHOWN: (usize, usize) = (240, 600);

/// A text as it is shown: cut, and with what can't be seen written as its number.
fn shown(text: &str, most: usize) -> String {
    let cut = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    let shown = Seen(&text[..cut]).to_string();
    if cut < text.len() { format!("{shown}… and {} more bytes", Grouped(text.len() - cut)) } else { shown }
}
