//! Which members and invitations the Members page shows: a search, and a position. A query string in the page's address holds its state.

use std::{fmt, str::FromStr};

use url::form_urlencoded;

use super::role::Role;
use crate::paths;

/// The maximum length of a search, in bytes: the limit of an email address (RFC 5321).
const MAX_SEARCH_BYTES: usize = 254;

/// Which members and invitations are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembersFilter {
    /// Part of an email address, in lower case; empty for all.
    pub search: String,
    /// Only members after this position.
    pub after: Option<Position>,
}

/// A position in the list of members: after the member with this role and this address, even if they are no member any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The member's role.
    pub role: Role,
    /// The member's email address, as it is stored.
    pub email: String,
}

/// The text is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in the list of members")]
pub struct UnknownPosition;

/// The text can't be part of an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use part of an email address, like ana@.")]
pub struct UnknownSearch;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.role, self.email)
    }
}

impl FromStr for Position {
    type Err = UnknownPosition;

    fn from_str(text: &str) -> Result<Self, UnknownPosition> {
        let (role, email) = text.split_once('-').ok_or(UnknownPosition)?;
        let is_address = email.contains('@') && !email.contains(|c: char| c.is_control() || c.is_whitespace());
        if !is_address {
            return Err(UnknownPosition);
        }
        Ok(Self { role: role.parse().map_err(|_| UnknownPosition)?, email: email.to_owned() })
    }
}

/// Part of an email address, as the database is asked for it.
///
/// # Errors
/// It is too long, or has control characters.
pub fn parse_search(typed: &str) -> Result<String, UnknownSearch> {
    let search = typed.trim().to_lowercase();
    if search.len() > MAX_SEARCH_BYTES || search.contains(char::is_control) { Err(UnknownSearch) } else { Ok(search) }
}

impl MembersFilter {
    /// Reads a query string. What is not valid is left out, and so are parameters of other names.
    pub fn read(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "q" => filter.search = parse_search(&value).unwrap_or_default(),
                "after" => filter.after = value.parse().ok(),
                _ => {}
            }
        }
        filter
    }

    /// The same search at another position.
    #[must_use]
    pub fn at(&self, after: Option<Position>) -> Self {
        Self { after, ..self.clone() }
    }

    /// The address of this page of an instance's members, with further parameters such as `removed`.
    pub fn page(&self, slug: &str, more: &[(&str, &str)]) -> String {
        self.under(&paths::instance(slug).members(), more)
    }

    /// The same state under another address.
    pub fn under(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        if let Some(after) = &self.after {
            query.append_pair("after", &after.to_string());
        }
        query.extend_pairs(more);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_filter_is_read_as_the_same_filter() {
        let filter =
            MembersFilter { search: "ana+x&y@".into(), after: Some(Position { role: Role::Editor, email: "jo-ann+x@y-z.com".into() }) };
        let address = filter.page("my-app", &[("changed", "7")]);
        assert_eq!(address, "/instances/my-app/members?q=ana%2Bx%26y%40&after=editor-jo-ann%2Bx%40y-z.com&changed=7");
        assert_eq!(MembersFilter::read(address.split_once('?').unwrap().1), filter);
        assert_eq!(MembersFilter::default().page("my-app", &[]), "/instances/my-app/members");
    }

    #[test]
    fn what_is_not_valid_is_left_out() {
        for query in [
            "after=king-a@b",
            "after=owner",
            "after=owner-12",
            "after=owner-a%00@b",
            "after=owner-a+x@b",
            "q=a%00b",
            "other=1",
            "q=+&after=",
        ] {
            assert_eq!(MembersFilter::read(query), MembersFilter::default(), "{query}");
        }
        assert_eq!(MembersFilter::read(&format!("q={}", "a".repeat(255))).search, "");
        assert_eq!(MembersFilter::read("q=+Ana%40+").search, "ana@");
    }
}
