//! Texts that are not a direct link: why, and the link that was probably meant.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{DirectLink, Explanation, Flow, Instance, MAX_QUERY_BYTES, Page, Timestamp, Wrapper, is_invisible};

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
    /// It leads to another origin than the instance's portal. Holds who has wrapped it, from the outside in.
    Elsewhere(Url, Vec<Wrapper>),
    /// The portal has no page at this path.
    NoPage(String),
    /// It leads to a page that has no redirect of its own.
    NoRedirect(Page),
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
            Self::Elsewhere(url, wrappers) => Explanation {
                before: match wrappers.first() {
                    Some(wrapper) => format!("{wrapper} has wrapped it, and it leads to "),
                    None => "It leads to ".to_owned(),
                },
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

    /// The link that `text` probably means: without quotes or brackets around it, with its scheme, decoded, or to the page whose name
    /// it misspells. `None` if nothing of that makes it a link of `instance`.
    pub fn corrected(&self, instance: &Instance, now: Option<Timestamp>, text: &str) -> Option<String> {
        if matches!(self, Self::Empty | Self::TooLong(_) | Self::NoRedirect(_)) {
            return None;
        }
        let portal = instance.portal_origin().as_str();
        let bare = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || "\"'`“”„‟‘’‚«»‹›<>()[],;.".contains(c));
        let decoded = percent_decode_str(bare).decode_utf8().unwrap_or_default();
        let scheme = portal.split_once("://").map_or("https", |(scheme, _)| scheme);
        let with_scheme = |link: &str| format!("{scheme}://{}", without_scheme(link));
        let candidates = [bare.to_owned(), with_scheme(bare), decoded.clone().into_owned(), with_scheme(&decoded)];
        let to_page = candidates.iter().filter_map(|candidate| to_similar_page(candidate)).collect::<Vec<_>>();
        candidates.iter().chain(&to_page).find_map(|candidate| {
            let link = DirectLink::parse(instance, candidate).ok()?;
            Some(link.advice(instance, now).corrected.unwrap_or_else(|| link.url.to_string()))
        })
    }
}

/// A link without its scheme. A `://` further behind is that of a parameter.
fn without_scheme(link: &str) -> &str {
    match link.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => rest,
        _ => link,
    }
}

/// The link to the page whose path is like the link's: `/signin`, `/Sign_Up`.
fn to_similar_page(link: &str) -> Option<String> {
    let plain = |path: &str| path.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let mut url = Url::parse(link).ok()?;
    let path = plain(url.path());
    let page = Flow::ALL.into_iter().filter_map(Flow::page).find(|page| plain(page.path()) == path)?;
    url.set_path(page.path());
    Some(url.into())
}

/// The first 100 characters of a text, with an ellipsis if there are more.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
