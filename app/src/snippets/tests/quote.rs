//! URLs quoted for each format. end2end/snippets.spec.ts tests that the formats' own parsers read them correctly.

use proptest::prelude::*;
use url::Url;

use crate::snippets::quote::{attribute, env, env_safe, script};

#[test]
fn a_script_keeps_backslashes_and_quotes() {
    assert_eq!(script("https://myapp.com/"), r#""https://myapp.com/""#);
    assert_eq!(script(r"https://myapp.com/it's?a=`${b}`#c\n"), r#""https://myapp.com/it's?a=`${b}`#c\\n""#);
    assert_eq!(script("\"\\"), r#""\"\\""#);
}

#[test]
fn an_attribute_contains_no_accidental_entity() {
    assert_eq!(attribute("https://myapp.com/?a=1&copy=2&copy;"), r#""https://myapp.com/?a=1&amp;copy=2&amp;copy;""#);
    assert_eq!(attribute(r"https://myapp.com/it's#{a}\n$b`"), r#""https://myapp.com/it's#{a}\n$b`""#);
    assert_eq!(attribute("\""), r#""&quot;""#);
}

#[test]
fn a_quote_in_a_host_is_escaped_for_a_variable() {
    let url = Url::parse("https://a\"b.myapp.com/x").unwrap();
    assert_eq!(env(&env_safe(url.as_str())), r#""https://a%22b.myapp.com/x""#);
    assert_eq!(Url::parse(&env_safe(url.as_str())), Ok(url));
}

#[test]
fn a_variable_is_quoted_so_that_loaders_read_it_literally() {
    for (url, expected) in [
        ("https://myapp.com/", r#""https://myapp.com/""#),
        ("https://myapp.com/#top", r#""https://myapp.com/#top""#),
        ("https://myapp.com/it's?a=`#b", r#""https://myapp.com/it's?a=`#b""#),
        ("https://myapp.com/$HOME?a=${B:-c}$$", r#""https://myapp.com/\$HOME?a=\${B:-c}\$\$""#),
        // Between double quotes it would be a line break.
        (r"https://myapp.com/?a=b\nc", r"'https://myapp.com/?a=b\nc'"),
        (r"https://myapp.com/$x?a=b\nc", r"'https://myapp.com/\$x?a=b\nc'"),
        (r"https://myapp.com/it's?a=b\nc", r"`https://myapp.com/it's?a=b\nc`"),
        // No quote is left, and none is needed.
        (r"https://myapp.com/it's?a=`b\n", r"https://myapp.com/it's?a=`b\n"),
        // It would escape the closing quote.
        (r"https://myapp.com/?a=b\", r"https://myapp.com/?a=b\"),
    ] {
        assert_eq!((env_safe(url).as_ref(), env(url).as_str()), (url, expected));
    }
}

#[test]
fn only_what_no_env_file_can_contain_is_percent_encoded() {
    for (url, safe) in [
        (r"https://myapp.com/it's?a=`b\n#c", "https://myapp.com/it's?a=`b%5Cn#c"),
        (r"https://myapp.com/#a\", "https://myapp.com/#a%5C"),
        (r"https://myapp.com/?a=\$b$c", "https://myapp.com/?a=%5C$b$c"),
        ("https://myapp.com/$(id)(x)", "https://myapp.com/$%28id)(x)"),
        (r"https://myapp.com/?\$(id)\n", "https://myapp.com/?%5C$%28id)%5Cn"),
    ] {
        assert_eq!(env_safe(url), safe);
        assert_eq!(read(&env(safe)), safe);
    }
}

/// What dotenv and dotenv-expand read, if there is no variable to insert.
fn read(text: &str) -> String {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
    let value = match quote {
        Some(quote) => text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap(),
        None => text,
    };
    assert!(quote.map_or_else(|| !value.contains('#'), |quote| !value.contains(quote)), "{text} ends too early");
    let unescaped = value.replace(r"\$", "");
    assert!(!unescaped.contains('$'), "{text} puts a variable in");
    assert!(quote != Some('"') || !unescaped.contains('\\'), "{text} may have a line break in it");
    value.replace(r"\$", "$")
}

proptest! {
    #[test]
    fn every_url_is_read_from_an_env_file_as_it_was_written(rest in r#"[/?#'`$&\\{}()nrA:;=.x" <-]{0,24}"#) {
        let url = Url::parse("https://myapp.com/").unwrap().join(&format!("./{rest}")).unwrap();
        let safe = env_safe(url.as_str());
        prop_assert!(!safe.contains("$("), "a loader would run it");
        prop_assert_eq!(read(&env(&safe)), safe.as_ref());
        prop_assert_eq!(safe.replace("%5C", "\\").replace("%28", "("), url.as_str().replace("%5C", "\\").replace("%28", "("));
    }
}
