//! Splits a URL into highlights that show what it really is: the real host stands out, and deceptive or invisible parts are marked.
//!
//! Highlights are for display only. The host found here is compared with the host that the policy checked. If they differ, nothing is
//! highlighted.

use leptos::prelude::*;
use url::Host;

use crate::redirects::{is_invisible, policy::MAX_URL_BYTES};

/// A highlighted part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Highlight {
    /// What the part is.
    pub(crate) kind: HighlightKind,
    /// The text of the part; empty for an invisible character.
    pub(crate) text: String,
    /// A note for the reader, such as the name of an invisible character.
    pub(crate) note: Option<String>,
}

/// What a part of a URL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HighlightKind {
    /// Nothing special.
    Plain,
    /// The real host, with its port.
    Host,
    /// What looks like the host or hides it: a user name, backslashes.
    Deceptive,
    /// An invisible character.
    Invisible,
    /// A character of the host that looks like another one.
    LookAlike,
}

/// Where a shown value is cut, in characters. A longer value is never a target, whatever follows.
const MAX_SHOWN_CHARS: usize = MAX_URL_BYTES;

/// How many characters are described with their name. The others only have their number.
const MAX_NAMED_CHARS: usize = 8;

/// The highlights of `value`. `host` is the host that the policy found in it; `None` if it found none.
pub(crate) fn highlights(value: &str, host: Option<&str>) -> Vec<Highlight> {
    let mut shown = value;
    let cut = value.char_indices().nth(MAX_SHOWN_CHARS).map(|(at, _)| at);
    if let Some(at) = cut {
        shown = &value[..at];
    }
    let spans = Spans::of(shown).filter(|spans| spans.has_host(shown, host));
    let mut highlights: Vec<Highlight> = Vec::new();
    let mut named = 0;
    for (at, c) in shown.char_indices() {
        let kind = spans.as_ref().map_or(HighlightKind::Plain, |spans| spans.kind(at, c));
        let (kind, note) = if is_invisible(c) {
            (HighlightKind::Invisible, Some(name(c, &mut named)))
        } else if kind == HighlightKind::Host && !c.is_ascii() {
            (HighlightKind::LookAlike, Some(name(c, &mut named)))
        } else {
            (kind, None)
        };
        match highlights.last_mut() {
            Some(last) if last.kind == kind && note.is_none() => last.text.push(c),
            _ => highlights.push(Highlight { kind, text: if kind == HighlightKind::Invisible { String::new() } else { c.into() }, note }),
        }
    }
    if let Some(at) = cut {
        highlights.push(Highlight {
            kind: HighlightKind::Plain,
            text: "…".to_owned(),
            note: Some(format!("and {} more bytes", value.len() - at)),
        });
    }
    highlights
}

/// A Punycode host in Unicode, with its letters named; `None` if the host is not in Punycode.
pub(crate) fn in_unicode(host: &str) -> Option<Vec<Highlight>> {
    let (unicode, _) = idna::domain_to_unicode(host);
    if unicode == host {
        return None;
    }
    let mut named = 0;
    let highlight = |c: char| {
        let (kind, note) = if c.is_ascii() { (HighlightKind::Host, None) } else { (HighlightKind::LookAlike, Some(name(c, &mut named))) };
        Highlight { kind, text: c.into(), note }
    };
    Some(unicode.chars().map(highlight).collect())
}

/// Highlights as inline elements.
pub(crate) fn highlighted(highlights: Vec<Highlight>) -> impl IntoView {
    highlights
        .into_iter()
        .map(|Highlight { kind, text, note }| {
            let note = note.map(|note| view! { <small>{note}</small> });
            match kind {
                HighlightKind::Plain => view! { {text}{note} }.into_any(),
                HighlightKind::Host => view! { <b>{text}{note}</b> }.into_any(),
                HighlightKind::Deceptive | HighlightKind::Invisible | HighlightKind::LookAlike => {
                    view! { <mark>{text}{note}</mark> }.into_any()
                }
            }
        })
        .collect_view()
}

/// The positions of a URL's parts in the text, as a browser finds them (WHATWG URL, section 4.4).
#[derive(Debug)]
struct Spans {
    scheme_end: usize,
    authority: usize,
    host: usize,
    end: usize,
}

impl Spans {
    fn of(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c > ' ')?;
        let rest = &text[start..];
        let scheme = rest.find(|c: char| !is_skipped(c) && !c.is_ascii_alphanumeric() && !"+-.".contains(c));
        let scheme_end = match scheme {
            Some(at) if at > 0 && rest[at..].starts_with(':') => start + at + 1,
            _ => start,
        };
        let authority = scheme_end + text[scheme_end..].find(|c: char| !is_skipped(c) && !is_slash(c))?;
        if text[scheme_end..authority].chars().filter(|c| is_slash(*c)).count() < 2 {
            return None;
        }
        let end = text[authority..].find(|c: char| is_slash(c) || c == '?' || c == '#').map_or(text.len(), |at| authority + at);
        let host = text[authority..end].rfind('@').map_or(authority, |at| authority + at + 1);
        Some(Self { scheme_end, authority, host, end })
    }

    /// Whether the host at these positions is `host`.
    fn has_host(&self, text: &str, host: Option<&str>) -> bool {
        let written: String = text[self.host..self.end].chars().filter(|c| !is_skipped(*c)).collect();
        let without_port = match written.rfind(':') {
            Some(at) if written[at + 1..].chars().all(|c| c.is_ascii_digit()) => &written[..at],
            _ => &written,
        };
        Host::parse(without_port).is_ok_and(|read| Some(read.to_string().as_str()) == host)
    }

    fn kind(&self, at: usize, c: char) -> HighlightKind {
        match at {
            _ if at < self.scheme_end => HighlightKind::Plain,
            _ if at < self.authority && c == '\\' => HighlightKind::Deceptive,
            _ if at < self.authority => HighlightKind::Plain,
            _ if at < self.host => HighlightKind::Deceptive,
            _ if at < self.end => HighlightKind::Host,
            _ if at == self.end && c == '\\' => HighlightKind::Deceptive,
            _ => HighlightKind::Plain,
        }
    }
}

fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}

/// The characters that URL parsers skip everywhere.
fn is_skipped(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

/// A character's number and name, as in `U+200B ZERO WIDTH SPACE`.
fn name(c: char, named: &mut usize) -> String {
    let number = format!("U+{:04X}", u32::from(c));
    *named += 1;
    if *named > MAX_NAMED_CHARS {
        return number;
    }
    match c {
        '\t' => format!("{number} TAB"),
        '\n' => format!("{number} LINE FEED"),
        '\r' => format!("{number} CARRIAGE RETURN"),
        _ => unicode_names2::name(c).map_or(number.clone(), |name| format!("{number} {name}")),
    }
}
