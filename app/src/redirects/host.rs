//! Which host names may be stored: those that DNS carries. Links may lead to others, which browsers open too.

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};

/// Why DNS carries no such host name ([RFC 1035](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.1),
/// [RFC 1123](https://www.rfc-editor.org/rfc/rfc1123#section-2.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Two dots stand side by side, or a dot begins or ends it.
    #[error("There is nothing between two dots, or a dot too many at the beginning or the end. Remove the dot.")]
    EmptyLabel,
    /// It has a character that no host name has.
    #[error("A host name can't contain {0}. Use letters, digits, hyphens and dots.")]
    Character(char),
    /// A part begins or ends with a hyphen.
    #[error("A part of a host name can't begin or end with a hyphen. Remove the hyphen.")]
    Hyphen,
    /// An underscore stands in the part that is registered.
    #[error("Only the parts to the left of your own name can contain an underscore. Use a hyphen.")]
    Underscore,
    /// A part or the whole is longer than DNS allows.
    #[error("That host name is too long. Use at most 253 characters, and at most 63 between dots.")]
    TooLong,
}

/// The longest host name and the longest part of one, in ASCII (RFC 1035, section 2.3.4).
const MAX_HOST_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Checks a host name in ASCII, as the WHATWG host parser writes it.
///
/// # Errors
/// The first rule that it breaks.
pub(super) fn check_host_name(ascii: &str) -> Result<(), HostError> {
    if ascii.len() > MAX_HOST_BYTES {
        return Err(HostError::TooLong);
    }
    for (at, label) in ascii.split('.').enumerate() {
        check_label(label)?;
        if label.contains('_') && at + registered_labels(ascii) >= ascii.split('.').count() {
            return Err(HostError::Underscore);
        }
    }
    Ok(())
}

/// How many parts somebody registers, counted from the end. Names of a local network have none, but their last part is no part of theirs.
fn registered_labels(ascii: &str) -> usize {
    match psl::domain(ascii.as_bytes()) {
        Some(domain) if domain.suffix().is_known() => domain.as_bytes().split(|byte| *byte == b'.').count(),
        _ => usize::from(ascii.contains('.')),
    }
}

fn check_label(label: &str) -> Result<(), HostError> {
    if label.is_empty() {
        return Err(HostError::EmptyLabel);
    }
    if label.len() > MAX_LABEL_BYTES {
        return Err(HostError::TooLong);
    }
    let mistake = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if let Some(c) = label.chars().find(mistake) {
        return Err(HostError::Character(c));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(HostError::Hyphen);
    }
    if label.starts_with("xn--")
        && let Some(c) = idna::domain_to_unicode(label).0.chars().find(|c| is_punctuation(*c))
    {
        return Err(HostError::Character(c));
    }
    Ok(())
}

/// Whether `c` is punctuation that no registry accepts in a name: quotes, dashes, brackets. IDNA 2008 allows a few marks that are
/// written like letters (RFC 5892, appendix A).
fn is_punctuation(c: char) -> bool {
    let group = GeneralCategoryGroup::Punctuation;
    !c.is_ascii()
        && !matches!(c, '\u{b7}' | '\u{5be}' | '\u{5f3}' | '\u{5f4}' | '\u{f0b}' | '\u{30fb}' | '\u{30a0}')
        && group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_letters_digits_and_hyphens_is_one() {
        let longest = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
        for name in ["myapp.com", "a-b.myapp.com", "1.2.myapp.com", "localhost", "xn--mnchen-3ya.de", "xn--n3h.com", &longest] {
            assert_eq!(check_host_name(name), Ok(()), "{name}");
        }
        for name in ["_dmarc.myapp.com", "a.b_c.myapp.com", "my_app.localhost", "my_service", "my_app.vercel-test.internal"] {
            assert_eq!(check_host_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn what_dns_does_not_carry_is_refused_by_its_rule() {
        for (name, error) in [
            ("myapp.com,", HostError::Character(',')),
            ("myapp.com;", HostError::Character(';')),
            ("myapp.com)", HostError::Character(')')),
            ("myapp.com'", HostError::Character('\'')),
            ("myapp.com\"", HostError::Character('"')),
            ("myapp.com!", HostError::Character('!')),
            ("myapp.com&", HostError::Character('&')),
            ("myapp.com$", HostError::Character('$')),
            ("example.xn--com-9o0a", HostError::Character('”')),
            ("app..example.com", HostError::EmptyLabel),
            (".example.com", HostError::EmptyLabel),
            ("example.com.", HostError::EmptyLabel),
            ("-app.example.com", HostError::Hyphen),
            ("app-.example.com", HostError::Hyphen),
            ("my_app.com", HostError::Underscore),
            ("app.my_app.co.uk", HostError::Underscore),
            ("app.local_host", HostError::Underscore),
            (&format!("{}.com", "a".repeat(64)), HostError::TooLong),
            (&format!("{}com", "a.".repeat(126)), HostError::TooLong),
        ] {
            assert_eq!(check_host_name(name), Err(error), "{name}");
        }
    }
}
