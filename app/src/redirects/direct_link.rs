//! A whole direct link: whether it leads to a page of the portal, to which one, and what looks like a mistake in it.

use std::collections::BTreeSet;

use percent_encoding::percent_decode;
use url::{ParseError, Url, form_urlencoded};

use super::{Explanation, Flow, Instance, LinkParams, Page, Prefill, with_fragment};

/// The longest query of a direct link, in bytes. The portal reads no more than that.
pub const MAX_QUERY_BYTES: usize = 16_384;

/// A link to a page of an instance's portal that has a redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectLink {
    url: Url,
    /// The query with the parameters of the fragment.
    query: String,
    flow: Flow,
}

/// Why a text is not a direct link of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotALink {
    /// It is empty or blank.
    Empty,
    /// Its query is longer than [`MAX_QUERY_BYTES`]. Holds its length in bytes.
    TooLong(usize),
    /// It does not begin with `http://` or `https://`.
    NoScheme,
    /// No browser can open it.
    NotAUrl,
    /// It leads to another origin than the instance's portal.
    Elsewhere(Url),
    /// The portal has no page at this path.
    NoPage(String),
    /// It leads to a page that has no redirect of its own.
    NoRedirect(Page),
}

impl DirectLink {
    /// Reads a link as an email or an address bar shows it.
    ///
    /// # Errors
    /// The link does not lead to a page of this instance's portal that has a redirect.
    pub fn parse(instance: &Instance, text: &str) -> Result<Self, NotALink> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotALink::Empty);
        }
        // A text this long has too long a query, or does not lead to a page of the portal. It is not worth parsing.
        if text.len() > 2 * MAX_QUERY_BYTES {
            return Err(NotALink::TooLong(text.len()));
        }
        let url = Url::parse(text).map_err(|error| match error {
            ParseError::RelativeUrlWithoutBase => NotALink::NoScheme,
            _ => NotALink::NotAUrl,
        })?;
        if !instance.portal_origin().is_origin_of(&url) {
            // A browser reads `accounts.myapp.com:443/sign-in` as a URL with the scheme `accounts.myapp.com`.
            let web = matches!(url.scheme(), "http" | "https");
            return Err(if web { NotALink::Elsewhere(url) } else { NotALink::NoScheme });
        }
        let query = with_fragment(url.query().unwrap_or_default(), url.fragment().unwrap_or_default()).into_owned();
        if query.len() > MAX_QUERY_BYTES {
            return Err(NotALink::TooLong(query.len()));
        }
        let page = Page::at(url.path()).ok_or_else(|| NotALink::NoPage(url.path().to_owned()))?;
        let flow = page.flow().ok_or(NotALink::NoRedirect(page))?;
        Ok(Self { url, query, flow })
    }

    /// The flow of the page that the link leads to.
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// The parameters of the link, in its query or in its fragment.
    pub fn link(&self) -> LinkParams<'_> {
        LinkParams::read(self.query())
    }

    /// What looks like a mistake in the link, one sentence each: parameters that repeat, that the portal does not read, or that
    /// cannot be decoded.
    pub fn oddities(&self) -> Vec<String> {
        let query = self.query();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let mut said = Vec::new();
        for (names, counts) in [(LinkParams::REDIRECTS, "first"), (Prefill::NAMES, "last")] {
            for name in names {
                let times = pairs.iter().filter(|(other, _)| other == name).count();
                if times > 1 {
                    said.push(format!("{name} appears {times} times. The {counts} one counts."));
                }
            }
        }
        let known = |name: &str| LinkParams::REDIRECTS.contains(&name) || Prefill::NAMES.contains(&name);
        let unread: BTreeSet<&str> = pairs.iter().map(|(name, _)| name.as_ref()).filter(|name| !known(name)).collect();
        if let Some(name) = unread.first() {
            let name = cut(name);
            let more = if unread.len() > 1 { format!(" and {} more", unread.len() - 1) } else { String::new() };
            said.push(format!("The portal does not read {name:?}{more}. If it belongs to the URL before it, write its & as %26."));
        }
        if query.as_bytes().iter().enumerate().any(|(at, byte)| *byte == b'%' && !is_escape(&query.as_bytes()[at..])) {
            said.push("A % without two hexadecimal digits after it stays a %. Write it as %25.".to_owned());
        }
        if percent_decode(query.as_bytes()).decode_utf8().is_err() {
            said.push("Some bytes are not valid UTF-8 and are read as \u{fffd}.".to_owned());
        }
        let is_read = self.query != self.url.query().unwrap_or_default();
        if self.url.fragment().is_some_and(|fragment| !fragment.is_empty() && !is_read) {
            said.push("The portal does not see what follows the #. Write a # inside a URL as %23.".to_owned());
        }
        said
    }

    /// The prefill values as the link has them, before a page cuts them. The last value of a repeated parameter counts.
    pub fn prefill(&self) -> impl Iterator<Item = (&'static str, String)> {
        let pairs: Vec<_> = form_urlencoded::parse(self.query().as_bytes()).collect();
        Prefill::NAMES.into_iter().filter_map(move |name| {
            let (_, value) = pairs.iter().rev().find(|(other, _)| other == name)?;
            Some((name, value.clone().into_owned()))
        })
    }

    fn query(&self) -> &str {
        &self.query
    }
}

impl NotALink {
    /// Says why the text is not a direct link of `instance` and how to fix it.
    pub fn explain(&self, instance: &Instance) -> Explanation {
        let portal = instance.portal_origin().as_str();
        let sentence = |after: String| Explanation { before: String::new(), host: None, after };
        match self {
            Self::Empty => sentence("Paste a link to a portal page.".to_owned()),
            Self::TooLong(bytes) => {
                sentence(format!("That is too long: {bytes} bytes. The portal reads at most {MAX_QUERY_BYTES} bytes after the ?."))
            }
            Self::NoScheme => sentence(format!("That is not a complete link. Start with {portal}/.")),
            Self::NotAUrl => sentence(format!("No browser can open that. Links to this portal start with {portal}/.")),
            Self::Elsewhere(url) => Explanation {
                before: "It leads to ".to_owned(),
                host: Some(cut(&url.origin().ascii_serialization())),
                after: format!(". Links to this portal start with {portal}/."),
            },
            Self::NoPage(path) => {
                let pages = Page::ALL.map(Page::path);
                let path = cut(path);
                sentence(format!("The portal has no page {path}. Its pages are {}.", pages.join(", ")))
            }
            Self::NoRedirect(page) => {
                let (path, name) = (page.path(), page.label().to_lowercase());
                sentence(format!("{path} is the {name} page. It has no redirect of its own; only its logo leads away."))
            }
        }
    }
}

/// The first 100 characters of a text, with an ellipsis if there are more.
fn cut(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Whether bytes begin with `%` and two hexadecimal digits.
fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}
