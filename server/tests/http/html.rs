//! Reading a page as its visitor does: what is in a field, and what is said beside it.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// A page without the comments by which Leptos marks the ends of children. Nothing else can look like them: a `<` in a text or an
/// attribute is escaped.
pub(crate) fn without_marks(html: &str) -> String {
    html.replace("<!>", "").replace("<!--<() />-->", "")
}

/// An element's attribute, as it was before it was escaped.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split_once('"')?.0))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&")
}

/// The start tags of the elements of that name. Quoted attributes hold no `>`: the server escapes it.
fn tags<'a>(html: &'a str, element: &str) -> impl Iterator<Item = &'a str> {
    let start = format!("<{element} ");
    html.match_indices(&start).map(|(at, _)| html[at..].split_once('>').unwrap().0).collect::<Vec<_>>().into_iter()
}

/// What a browser posts for the page's form as it stands: every input with a name; a radio button or a checkbox only where it is checked.
pub(crate) fn form(html: &str) -> Vec<(String, String)> {
    // The search of the switcher stands before it.
    let html = html.split_once("<main").map_or(html, |(_, main)| main);
    // The form that undoes a save has the same fields as the page's own.
    let (before, after) = html.split_once("class=\"undo\"").unwrap_or((html, ""));
    let after = after.split_once("</form>").map_or("", |(_, after)| after);
    // "Check now" is a form of its own.
    let without_check = |html: &str| -> String {
        let (before, check) = html.split_once("id=\"check-targets\"").unwrap_or((html, ""));
        [before, check.split_once("</form>").map_or("", |(_, after)| after)].concat()
    };
    [before, after].into_iter().flat_map(|part| inputs(&without_check(part))).collect()
}

fn inputs(html: &str) -> Vec<(String, String)> {
    tags(html, "input")
        .filter(|tag| !matches!(attribute(tag, "type").as_deref(), Some("radio" | "checkbox")) || tag.contains(" checked"))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .collect()
}

/// A radio button or a checkbox.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) checked: bool,
    /// All that its label says.
    pub(crate) label: String,
}

/// The radio buttons or checkboxes of that name, each with the label around it.
pub(crate) fn choices(html: &str, name: &str) -> Vec<Choice> {
    let labels = html.match_indices("<label ").map(|(at, _)| html[at..].split_once("</label>").unwrap().0);
    let named = labels.filter_map(|label| {
        let tag = tags(label, "input").next()?;
        let kind = attribute(tag, "type").is_some_and(|kind| kind == "radio" || kind == "checkbox");
        (kind && attribute(tag, "name").as_deref() == Some(name)).then(|| Choice {
            value: attribute(tag, "value").unwrap_or_default(),
            checked: tag.contains(" checked"),
            label: text(&format!("{label}</label>")),
        })
    });
    named.collect()
}

/// What is in every input of that name, in order.
pub(crate) fn values(html: &str, name: &str) -> Vec<String> {
    form(html).into_iter().filter(|(field, _)| field == name).map(|(_, value)| value).collect()
}

/// What is in the only input of that name.
#[track_caller]
pub(crate) fn value(html: &str, name: &str) -> String {
    let values = values(html, name);
    assert_eq!(values.len(), 1, "inputs named {name}");
    values.into_iter().next().unwrap()
}

/// Whether the input of that name is marked as wrong.
pub(crate) fn is_invalid(html: &str, name: &str) -> bool {
    tags(html, "input")
        .any(|tag| attribute(tag, "name").as_deref() == Some(name) && attribute(tag, "aria-invalid").as_deref() == Some("true"))
}

/// The text inside the element of that id, up to the first end of `element`; `None` where there is no such element.
pub(crate) fn text_of(html: &str, id: &str, element: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!(" id=\"{id}\""))?;
    let (_, inside) = rest.split_once('>')?;
    Some(text(inside.split_once(&format!("</{element}>"))?.0))
}

/// What is in the text field of that name, as a browser has it: without the line end that it begins with.
#[track_caller]
pub(crate) fn textarea(html: &str, name: &str) -> String {
    let start = tags(html, "textarea").find(|tag| attribute(tag, "name").as_deref() == Some(name)).unwrap();
    let (_, rest) = html.split_once(start).unwrap();
    let inside = rest.trim_start_matches('>').split_once("</textarea>").unwrap().0.replace("\r\n", "\n");
    unescaped(inside.strip_prefix('\n').unwrap_or(&inside))
}

/// The cells of every row of the page's table, as text.
pub(crate) fn rows(html: &str) -> Vec<Vec<String>> {
    let Some((_, rest)) = html.split_once("<tbody>") else { return Vec::new() };
    let rows = rest.split_once("</tbody>").unwrap().0.split("</tr>").filter(|row| row.contains("<tr"));
    rows.map(|row| row.split("</td>").flat_map(|part| part.split("</th>")).map(text).collect::<Vec<_>>())
        .map(|mut cells| {
            // What comes after the last cell.
            cells.pop();
            cells
        })
        .collect()
}

/// What is said beside a field of the instance form.
pub(crate) fn error_of(html: &str, field: &str) -> Option<String> {
    // The place for an error is there before there is one.
    text_of(html, &format!("{field}-error"), "p").filter(|error| !error.is_empty())
}

/// What is said beside a field of the Redirects tab.
pub(crate) fn verdict_of(html: &str, field: &str) -> Option<String> {
    text_of(html, &format!("{field}-verdict"), "div")
}

/// Where the first link of that text leads.
pub(crate) fn href(html: &str, text: &str) -> Option<String> {
    let (before, _) = html.split_once(&format!(">{text}</a>"))?;
    attribute(&before[before.rfind("<a ")?..], "href")
}

/// The fields that the error summary links to.
pub(crate) fn summary(html: &str) -> Vec<String> {
    let Some((_, rest)) = html.split_once("class=\"summary\"") else { return Vec::new() };
    let section = rest.split_once("</section>").unwrap().0;
    tags(section, "a").filter_map(|tag| Some(attribute(tag, "href")?.trim_start_matches('#').to_owned())).collect()
}

/// What the summary above a form says.
#[track_caller]
pub(crate) fn summary_text(html: &str) -> String {
    let (_, rest) = html.split_once("class=\"summary\"").unwrap();
    let (_, inside) = rest.split_once('>').unwrap();
    text(inside.split_once("</section>").unwrap().0)
}

/// The text of a page or a part of it, without tags and scripts. Blocks stand apart, what is inside a line does not.
pub(crate) fn text(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        let Some((tag, inside)) = piece.split_once('>') else {
            text.push_str(piece);
            continue;
        };
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        if !matches!(name, "a" | "b" | "code" | "mark" | "span" | "strong" | "!") {
            text.push(' ');
        }
        if !matches!(name, "script" | "style") {
            text.push_str(inside);
        }
    }
    unescaped(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The source of a Content-Security-Policy that lets the page's style through.
pub(crate) fn style_source(html: &str) -> String {
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)))
}

/// The nonce of every script, in order.
pub(crate) fn script_nonces(html: &str) -> Vec<Option<String>> {
    html.match_indices("<script").map(|(at, _)| attribute(html[at..].split_once('>').unwrap().0, "nonce")).collect()
}
