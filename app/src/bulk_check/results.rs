//! The results of a bulk check: the counts, a filter, the table in pages, and the download.

use crate::paths;
use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    check::{CheckedLink, LinkOutcome},
    form::BulkCheckForm,
    list::{self, Line},
    selection::{ResultsPage, Selection, offered_pages},
};
use crate::{
    fallbacks::offer::{linked, settings_with},
    redirects::MAX_QUERY_BYTES,
    ui::{
        copy_button::plain_copy_button,
        text::{Grouped, counted, shortened},
    },
};

/// A list and the results of its links.
pub(super) struct CheckedList<'a> {
    /// The form that the list was posted with.
    pub form: &'a BulkCheckForm,
    /// The lines of the list.
    pub lines: &'a [Line],
    /// The result of each line.
    pub checked: Vec<CheckedLink>,
    /// Whether the reader may allow an origin.
    pub is_editor: bool,
}

/// The results of a list, one page of them. Its form carries the list, and its buttons post it again: for another page, another filter,
/// or the file to download. So it works without JavaScript, and the server keeps nothing.
pub(super) fn results(
    slug: &str,
    CheckedList { form, lines, checked: links, is_editor }: CheckedList<'_>,
    selection: Selection,
) -> impl IntoView + use<> {
    let count = |outcome: LinkOutcome| links.iter().filter(|checked| checked.outcome == outcome).count();
    let [allowed, refused, no_link] = LinkOutcome::ALL.map(count);
    let title = summary(allowed, refused, no_link);
    let mixed = selection.outcome.is_none() && refused + no_link > 0 && allowed > 0;
    let choices =
        [(None, "All", links.len()), (Some(LinkOutcome::Refused), "Refused", refused), (Some(LinkOutcome::NoLink), "No links", no_link)]
            .map(|(outcome, label, count)| {
                let current = (outcome == selection.outcome).then_some("true");
                view! {
                    <button formaction=address(slug, Selection::first(outcome)) aria-current=current disabled=count == 0>
                        {label} " " <small>{Grouped(count).to_string()}</small>
                    </button>
                }
            })
            .collect_view();
    let page = selection.page_of(links);
    let range = (page.pages > 1 || mixed).then(|| range(&page, mixed));
    let described = range.is_some().then_some("results-range");
    let pager = (page.pages > 1).then(|| pager(slug, selection.outcome, &page));
    let rows = page.links.into_iter().map(|checked| row_view(slug, checked, is_editor)).collect_view();
    let csv = format!("{}?{}", paths::instance(slug).bulk_check_csv(), Selection::first(selection.outcome).write());
    let download = match selection.outcome {
        None | Some(LinkOutcome::Allowed) => "Download all as CSV",
        Some(LinkOutcome::Refused) => "Download the refused ones as CSV",
        Some(LinkOutcome::NoLink) => "Download these lines as CSV",
    };
    let file = form.file.as_ref().map(|file| {
        let rest = if form.pasted.trim().is_empty() { "" } else { " The pasted links were not checked." };
        view! {
            <p class="help">{format!("From {file}.{rest}")}</p>
            <input type="hidden" name="file_name" value=file.clone() />
            <input type="hidden" name="pasted" value=form.pasted.clone() />
        }
    });
    view! {
        <form method="post" action=csv enctype="multipart/form-data" autocomplete="off">
            <h2 tabindex="-1" autofocus aria-describedby=described>{title}</h2>
            {file}
            <input type="hidden" name="links" value=list::write(lines) />
            <div class="filter">
                <div role="group" aria-label="Show" class="choices">{choices}</div>
                <button class="button">{download}</button>
            </div>
            {range.map(|range| view! { <p class="help" id="results-range">{range}</p> })}
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
            {pager}
        </form>
    }
}

/// Where the form is posted to show that selection.
fn address(slug: &str, selection: Selection) -> String {
    format!("{}?{}", paths::instance(slug).bulk_check(), selection.write())
}

/// Which of the links are on the page, and how they are ordered.
fn range(page: &ResultsPage, mixed: bool) -> String {
    let order = if mixed { ". Links that need attention come first." } else { "." };
    let (first, last) = (page.before + 1, page.before + page.links.len());
    format!("{} to {} of {}{order}", Grouped(first), Grouped(last), Grouped(page.all))
}

/// The buttons to the other pages.
fn pager(slug: &str, outcome: Option<LinkOutcome>, page: &ResultsPage) -> impl IntoView + use<> {
    let to = |number: usize| address(slug, Selection { outcome, page: number });
    let numbers = offered_pages(page.number, page.pages)
        .into_iter()
        .map(|offered| match offered {
            Some(number) => {
                let current = (number == page.number).then_some("page");
                view! {
                    <button class="button" formaction=to(number) aria-current=current>
                        <span class="unseen">"Page "</span>{Grouped(number).to_string()}
                    </button>
                }
                .into_any()
            }
            None => view! { <span aria-hidden="true">"…"</span> }.into_any(),
        })
        .collect_view();
    view! {
        <nav class="pager numbered" aria-label="Pages of results">
            <button class="button" formaction=to(page.number - 1) disabled=page.number == 1>"Previous"</button>
            {numbers}
            <button class="button" formaction=to(page.number + 1) disabled=page.number == page.pages>"Next"</button>
        </nav>
    }
}

fn row_view(slug: &str, checked: CheckedLink, is_editor: bool) -> impl IntoView + use<> {
    let CheckedLink { line, link, target, outcome, reason, missing, note, corrected } = checked;
    let allow = missing.filter(|_| is_editor).map(|origin| settings_with(slug, &origin));
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
                {(!reason.is_empty()).then(|| linked(format!(". {}", shortened(&reason, MAX_REASON_CHARS)), allow))}
                {(!note.is_empty()).then(|| view! { <p class="help">{shortened(&note, MAX_REASON_CHARS)}</p> })}
                {corrected.map(corrected_view)}
            </td>
        </tr>
    }
}

/// The link that was probably meant, whole, to be copied.
fn corrected_view(link: String) -> impl IntoView {
    view! { <p class="corrected">"Corrected link: " <code>{link}</code> " " {plain_copy_button("the corrected link")}</p> }
}

/// The counts as a sentence.
fn summary(allowed: usize, refused: usize, no_link: usize) -> String {
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
