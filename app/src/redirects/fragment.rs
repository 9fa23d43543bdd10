//! Parameters in the fragment of a link. Clerk's components write them there (`/sign-in#/?redirect_url=…`), where no server sees
//! them: the hosted pages move them into the query by a script, and this file does the same for a link that is read as a text.

use std::{borrow::Cow, collections::BTreeSet};

use url::form_urlencoded;

use super::LinkParams;

/// The query of a link as its page reads it: the parameters of [`LinkParams::names`] move from a fragment of the form `/…?…` into
/// the query. A name in the fragment replaces every parameter of that name in the query. Both are without their `?` and `#`.
pub fn with_fragment<'q>(query: &'q str, fragment: &str) -> Cow<'q, str> {
    let names = names(fragment);
    if names.is_empty() {
        return Cow::Borrowed(query);
    }
    let moved = parameters(fragment).map(|(_, pair)| pair);
    let stays = |pair: &&str| !names.contains(&*name_of(pair));
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter(stays).chain(moved).collect();
    Cow::Owned(pairs.join("&"))
}

/// Every parameter of a link as it is written: those of the query, and those of the fragment if its page reads it.
pub(super) fn all_pairs<'t>(query: &'t str, fragment: &'t str) -> Vec<&'t str> {
    let names = names(fragment);
    let own = query.split('&').filter(|pair| !names.contains(&*name_of(pair)));
    own.chain(query_of(fragment).split('&').filter(|_| !names.is_empty())).filter(|pair| !pair.is_empty()).collect()
}

/// The parameters that move from a fragment into the query, by name, and as they are written.
fn parameters(fragment: &str) -> impl Iterator<Item = (&'static str, &str)> {
    query_of(fragment).split('&').filter_map(|pair| {
        let name = name_of(pair);
        Some((LinkParams::names().find(|known| name == *known)?, pair))
    })
}

/// The names of these parameters. There are few, though a fragment may have thousands of pairs.
fn names(fragment: &str) -> BTreeSet<&'static str> {
    parameters(fragment).map(|(name, _)| name).collect()
}

fn query_of(fragment: &str) -> &str {
    fragment.strip_prefix('/').and_then(|route| route.split_once('?')).map_or("", |(_, query)| query)
}

fn name_of(pair: &str) -> Cow<'_, str> {
    form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_the_rules_move_from_the_fragment_into_the_query() {
        for (query, fragment, expected) in [
            ("", "/?redirect_url=/x", "redirect_url=/x"),
            ("", "/factor-one?redirect_url=%2Fx&email_address=a%2Bb@c.de", "redirect_url=%2Fx&email_address=a%2Bb@c.de"),
            ("a=1&&username=u", "/?sign_in_force_redirect_url=/x", "a=1&username=u&sign_in_force_redirect_url=/x"),
            // Whatever the query says under a name of the fragment is replaced, however it is spelled.
            ("redirect_url=/a&x=y&redirect%5Furl=/b&redirect_url", "/?redirect_url=/c", "x=y&redirect_url=/c"),
            ("redirect_url=/a", "/?redirect_url=", "redirect_url="),
            ("redirect_url=/a", "/?redirect%5Furl=/b&redirect_url=/c", "redirect%5Furl=/b&redirect_url=/c"),
            // What no rule names stays where it is.
            ("", "/?utm_source=x&redirect_url=/x&then=user", "redirect_url=/x"),
            ("", "/?redirect_url=/x?a=1", "redirect_url=/x?a=1"),
        ] {
            assert_eq!(with_fragment(query, fragment), expected, "{query} {fragment}");
        }
    }

    #[test]
    fn thousands_of_pairs_are_each_read_once() {
        // Each with each, that would take minutes.
        let (many, known) = ("a&".repeat(16_000), "redirect_url=/x&".repeat(16_000));
        for fragment in [format!("/?redirect_url=/x&{many}"), format!("/?{known}")] {
            let query = with_fragment(&many, &fragment);
            assert!(query.len() >= 2 * 16_000 && query.ends_with("a&redirect_url=/x") | query.ends_with("/x&redirect_url=/x"));
            assert!(all_pairs(&many, &fragment).len() >= 32_000);
        }
    }

    #[test]
    fn any_other_fragment_changes_nothing() {
        for fragment in ["", "/", "/orders", "/orders?tab=1", "?redirect_url=/x", "redirect_url=/x", "!/?redirect_url=/x", "top"] {
            assert_eq!(with_fragment("redirect_url=/a&&b", fragment), "redirect_url=/a&&b", "{fragment}");
        }
    }
}
