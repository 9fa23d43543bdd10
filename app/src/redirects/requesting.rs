//! The requesting page: which page runs the flow, and when its origin is a ground for a target. This is the only place that says so.
//!
//! A page that calls the API sends the `Origin` header. No page can forge it, and the page that asks is the page that navigates, so
//! it can only send its visitor to itself: it counts in every environment. A hosted page sees the page that its visitor came from
//! (`Referer`). It counts in development only: in production, a stranger's page could link to the portal with its own address as
//! `redirect_url` and get its visitors back, signed in. The origin `null`, and what is not an origin, never count.

use std::fmt;

use url::Url;

use super::{
    Environment,
    origin::{has_origin, parse_origin},
};

/// The origin of the page that runs the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestingOrigin(url::Origin);

impl RequestingOrigin {
    /// Reads an `Origin` header (RFC 6454): scheme, host and port. `None` for `null` and for what is not a web origin.
    pub fn parse(text: &str) -> Option<Self> {
        parse_origin(text, Environment::Development).ok().map(|url| Self(url.origin()))
    }

    /// The origin of a page with that URL. `None` for what is not a page on the web.
    pub fn of_page(url: &str) -> Option<Self> {
        Self::parse(&Url::parse(url.trim()).ok()?.origin().ascii_serialization())
    }

    /// The origin of the page that a visitor of a hosted page came from, by its URL. `None` where it does not count.
    pub fn of_referer(environment: Environment, url: &str) -> Option<Self> {
        Self::of_page(url).filter(|_| Self::referer_counts(environment))
    }

    /// Whether the page that a visitor of a hosted page came from counts.
    pub fn referer_counts(environment: Environment) -> bool {
        environment == Environment::Development
    }

    /// Whether a parsed URL has this origin.
    pub(super) fn is_origin_of(&self, url: &Url) -> bool {
        has_origin(url, &self.0)
    }
}

impl fmt::Display for RequestingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_header_counts_in_every_environment_unless_it_names_no_web_origin() {
        assert!(RequestingOrigin::parse("https://other.com").is_some());
        for text in ["", "null", "file://", "https://other.com/page", "other.com", "javascript:alert(1)"] {
            assert_eq!(RequestingOrigin::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_page_that_a_visitor_came_from_counts_in_development_only() {
        let url = " http://localhost:5173/page?x#y ";
        let origin = RequestingOrigin::parse("http://localhost:5173");
        assert_eq!(RequestingOrigin::of_page(url), origin);
        assert_eq!(RequestingOrigin::of_referer(Environment::Development, url), origin);
        assert_eq!(RequestingOrigin::of_referer(Environment::Production, url), None);
        for text in ["", "null", "about:blank", "data:text/html,x", "blob:null/x", "localhost:5173"] {
            assert_eq!(RequestingOrigin::of_referer(Environment::Development, text), None, "{text:?}");
        }
    }
}
