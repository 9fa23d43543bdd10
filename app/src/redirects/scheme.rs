//! Texts that are written as absolute URLs of the web.

/// Whether a text begins with `https://` or `http://`, in upper or lower case.
pub(crate) fn is_absolute(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| begins_with(text, scheme))
}

/// Whether a text begins like this, in upper or lower case.
pub(super) fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_schemes_of_the_web_make_an_absolute_url() {
        for text in ["https://myapp.com", "HTTP://", "hTTps:///x"] {
            assert!(is_absolute(text), "{text}");
        }
        for text in
            ["", "https:/myapp.com", "https:myapp.com", "//myapp.com", " https://myapp.com", "ftp://myapp.com", "httpsü//", "ſhttp://"]
        {
            assert!(!is_absolute(text), "{text}");
        }
    }
}
