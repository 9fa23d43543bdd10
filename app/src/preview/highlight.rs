//! A URL in parts that tell the truth about it: its real host set off, and what deceives or can't be seen written out.
//!
//! It only shows. What it finds is compared with the host that the policy was asked about; where they differ, nothing is set off.

use url::Host;

use crate::redirects::{is_invisible, policy::MAX_URL_BYTES};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// What it is.
    pub(super) kind: Kind,
    /// Its text, as given; what can't be seen is written out instead.
    pub(super) text: String,
    /// The name of a character that is not what it seems.
    pub(super) said: Option<String>,
}

/// What a part of a URL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing special.
    Plain,
    /// The real host, with its port.
    Host,
    /// What may be taken for the host, or hides it: a user name, backslashes.
    Deceiving,
    /// A character that can't be seen.
    Unseen,
    /// A character of the host that looks like another, or is read as another.
    LookAlike,
}

/// Where a value is cut when it is shown, in characters: what is longer is no target, whatever comes after.
const MOST_SHOWN: usize = MAX_URL_BYTES;

/// How many characters are called by their names; after that their numbers do.
const MOST_NAMED: usize = 8;

/// The parts of `value`, whose host is `host` where it was read as a URL with one.
pub(super) fn marks(value: &str, host: Option<&str>) -> Vec<Mark> {
    let mut shown = value;
    let cut = value.char_indices().nth(MOST_SHOWN).map(|(at, _)| at);
    if let Some(at) = cut {
        shown = &value[..at];
    }
    let places = Places::of(shown).filter(|places| places.is_at(shown, host));
    let mut marks: Vec<Mark> = Vec::new();
    let mut named = 0;
    for (at, c) in shown.char_indices() {
        let kind = places.as_ref().map_or(Kind::Plain, |places| places.kind(at, c));
        let (kind, said) = if is_invisible(c) {
            (Kind::Unseen, Some(name(c, &mut named)))
        } else if kind == Kind::Host && !c.is_ascii() {
            (Kind::LookAlike, Some(name(c, &mut named)))
        } else {
            (kind, None)
        };
        match marks.last_mut() {
            Some(last) if last.kind == kind && said.is_none() => last.text.push(c),
            _ => marks.push(Mark { kind, text: if kind == Kind::Unseen { String::new() } else { c.into() }, said }),
        }
    }
    if let Some(at) = cut {
        marks.push(Mark { kind: Kind::Plain, text: "…".to_owned(), said: Some(format!("and {} more bytes", value.len() - at)) });
    }
    marks
}

/// A host as people would read it, with its letters named; `None` where it is read as it is written.
pub(super) fn in_unicode(host: &str) -> Option<Vec<Mark>> {
    let (unicode, _) = idna::domain_to_unicode(host);
    if unicode == host {
        return None;
    }
    let mut named = 0;
    let mark = |c: char| {
        let (kind, said) = if c.is_ascii() { (Kind::Host, None) } else { (Kind::LookAlike, Some(name(c, &mut named))) };
        Mark { kind, text: c.into(), said }
    };
    Some(unicode.chars().map(mark).collect())
}

/// Where a browser finds the parts of a URL (WHATWG URL, section 4.4), by their places in the text.
#[derive(Debug)]
struct Places {
    scheme_end: usize,
    authority: usize,
    host: usize,
    end: usize,
}

impl Places {
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

    /// Whether the host found is the one that the parser found.
    fn is_at(&self, text: &str, host: Option<&str>) -> bool {
        let written: String = text[self.host..self.end].chars().filter(|c| !is_skipped(*c)).collect();
        let alone = match written.rfind(':') {
            Some(at) if written[at + 1..].chars().all(|c| c.is_ascii_digit()) => &written[..at],
            _ => &written,
        };
        Host::parse(alone).is_ok_and(|read| Some(read.to_string().as_str()) == host)
    }

    fn kind(&self, at: usize, c: char) -> Kind {
        match at {
            _ if at < self.scheme_end => Kind::Plain,
            _ if at < self.authority && c == '\\' => Kind::Deceiving,
            _ if at < self.authority => Kind::Plain,
            _ if at < self.host => Kind::Deceiving,
            _ if at < self.end => Kind::Host,
            _ if at == self.end && c == '\\' => Kind::Deceiving,
            _ => Kind::Plain,
        }
    }
}

fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}

/// What URL parsers skip wherever it stands.
fn is_skipped(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

/// A character's number and name, like `U+200B ZERO WIDTH SPACE`.
fn name(c: char, named: &mut usize) -> String {
    let number = format!("U+{:04X}", u32::from(c));
    *named += 1;
    if *named > MOST_NAMED {
        return number;
    }
    match c {
        '\t' => format!("{number} TAB"),
        '\n' => format!("{number} LINE FEED"),
        '\r' => format!("{number} CARRIAGE RETURN"),
        _ => unicode_names2::name(c).map_or(number.clone(), |name| format!("{number} {name}")),
    }
}
