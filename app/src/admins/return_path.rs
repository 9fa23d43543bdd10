//! The page that an admin returns to after signing in: always a page of this dashboard.

use crate::paths;
use std::fmt;

use url::Url;

/// The path and query of a dashboard page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// Reads a page from a link, which anybody may have written. Anything that is not a page of this dashboard becomes the list of
    /// instances.
    pub fn parse(text: &str) -> Self {
        Self::read(text).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        let base = Url::parse("http://dashboard.invalid/").ok()?;
        // The result is what the parser made of the text, never the text itself: a path that begins with one slash and a known word.
        let url = base.join(text).ok().filter(|url| text.starts_with('/') && url.origin() == base.origin())?;
        let known = [paths::INSTANCES, paths::ACCOUNT, paths::SERVER_HISTORY].iter().any(|page| {
            let rest = url.path().strip_prefix(page);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        known.then(|| Self(format!("{}{query}", url.path())))
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnPath {
    fn default() -> Self {
        Self(paths::INSTANCES.to_owned())
    }
}

impl fmt::Display for ReturnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_dashboard_keeps_its_query() {
        for page in ["/instances", "/instances/my-app/preview?link=https%3A%2F%2Fx%2F", "/account", "/history?who=ana"] {
            assert_eq!(ReturnPath::parse(page).as_str(), page);
        }
    }

    #[test]
    fn anything_else_becomes_the_list_of_instances() {
        for text in [
            "",
            "instances",
            "//evil.com/instances",
            "/\\evil.com/instances",
            "\\\\evil.com",
            "https://evil.com/instances",
            "javascript:alert(1)",
            "/\t/evil.com",
            " //evil.com",
            "/instances/..//evil.com",
            "/instancesx",
            "/api/preview",
            "/instances/../pkg/x",
            "http:evil.com",
            "/@evil.com",
        ] {
            assert_eq!(ReturnPath::parse(text), ReturnPath::default(), "{text:?}");
        }
    }
}
