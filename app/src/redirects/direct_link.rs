//! A whole direct link: whether it leads to a page of the portal, and to which one.

use std::borrow::Cow;

use url::{ParseError, Url, form_urlencoded};

use super::{
    Flow, Instance, LinkParams, NotALink, Page, Prefill, with_fragment,
    wrapper::{Wrapper, unwrap},
};

/// The longest query of a direct link, in bytes. The portal reads no more than that.
pub const MAX_QUERY_BYTES: usize = 16_384;

/// The longest text that is read as a link, in bytes. A link that was wrapped is encoded once more.
const MAX_LINK_BYTES: usize = 4 * MAX_QUERY_BYTES;

/// A link to a page of an instance's portal that has a redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectLink {
    /// The link without what it was wrapped in.
    pub(super) url: Url,
    /// The query with the parameters of the fragment.
    query: String,
    pub(super) is_fragment_read: bool,
    /// Who has wrapped the link, from the outside in.
    pub(super) wrappers: Vec<Wrapper>,
    flow: Flow,
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
        if text.len() > MAX_LINK_BYTES {
            return Err(NotALink::TooLong(text.len()));
        }
        let (wrappers, url) = unwrap(text).map_err(|error| match error {
            ParseError::RelativeUrlWithoutBase => NotALink::NoScheme,
            _ => NotALink::NotAUrl,
        })?;
        if !instance.portal_origin().is_origin_of(&url) {
            // A browser reads `accounts.myapp.com:443/sign-in` as a URL with the scheme `accounts.myapp.com`.
            let web = matches!(url.scheme(), "http" | "https");
            return Err(if web { NotALink::Elsewhere(url, wrappers) } else { NotALink::NoScheme });
        }
        let query = with_fragment(url.query().unwrap_or_default(), url.fragment().unwrap_or_default());
        let (is_fragment_read, query) = (matches!(query, Cow::Owned(_)), query.into_owned());
        if query.len() > MAX_QUERY_BYTES {
            return Err(NotALink::TooLong(query.len()));
        }
        let page = Page::at(url.path()).ok_or_else(|| NotALink::NoPage(url.path().to_owned()))?;
        let flow = page.flow().ok_or(NotALink::NoRedirect(page))?;
        Ok(Self { url, query, is_fragment_read, wrappers, flow })
    }

    /// The flow of the page that the link leads to.
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// The parameters of the link, in its query or in its fragment.
    pub fn link(&self) -> LinkParams<'_> {
        LinkParams::read(self.query())
    }

    /// The prefill values as the link has them, before a page cuts them. The last value of a repeated parameter counts.
    pub fn prefill(&self) -> impl Iterator<Item = (&'static str, String)> {
        let pairs: Vec<_> = form_urlencoded::parse(self.query().as_bytes()).collect();
        Prefill::NAMES.into_iter().filter_map(move |name| {
            let (_, value) = pairs.iter().rev().find(|(other, _)| other == name)?;
            Some((name, value.clone().into_owned()))
        })
    }

    pub(super) fn query(&self) -> &str {
        &self.query
    }
}
