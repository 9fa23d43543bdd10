//! Rule 3 for hosts: a host that browsers map to different names is refused, and one that all of them map to the same name is not.

use std::ops::RangeInclusive;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::{collection::vec, prelude::*, sample::select};
use url::Url;

use super::*;

/// Letters with two names, and who reads them differently from current browsers.
const RENAMED: &[(char, &str)] = &[
    ('ẞ', "ss before Unicode 15.1"),
    ('\u{4c0}', "itself in IDNA 2003, not yet U+4CF"),
    ('\u{10a0}', "itself in IDNA 2003, not yet U+2D00"),
    ('\u{10c5}', "itself in IDNA 2003, not yet U+2D25"),
    ('\u{2132}', "itself in IDNA 2003, not yet U+214E"),
    ('\u{2183}', "itself in IDNA 2003, not yet U+2184"),
    ('\u{115f}', "itself in IDNA 2003, not yet nothing"),
    ('\u{1160}', "itself in IDNA 2003, not yet nothing"),
    ('\u{17b4}', "itself in IDNA 2003, not yet nothing"),
    ('\u{17b5}', "itself in IDNA 2003, not yet nothing"),
    ('\u{3164}', "U+1160 in IDNA 2003, not yet nothing"),
    ('\u{ffa0}', "U+1160 in IDNA 2003, not yet nothing"),
    ('\u{1806}', "nothing in IDNA 2003, not yet itself"),
    ('\u{2f868}', "U+2136A before Corrigendum 4, not yet U+36FC"),
    ('\u{2f874}', "U+5F33 before Corrigendum 4, not yet U+5F53"),
    ('\u{2f91f}', "U+43AB before Corrigendum 4, not yet U+243AB"),
    ('\u{2f95f}', "U+7AAE before Corrigendum 4, not yet U+7AEE"),
    ('\u{2f9bf}', "U+4D57 before Corrigendum 4, not yet U+45D7"),
];

fn percent_encoded(text: &str) -> String {
    percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()
}

#[test]
fn a_letter_with_two_names_makes_a_host_ambiguous_in_every_spelling() {
    for (letter, why) in RENAMED {
        let encoded = percent_encoded(&letter.to_string());
        for value in [
            format!("https://a{letter}b.myapp.com/"),
            format!("https://a{encoded}b.myapp.com/"),
            format!("https://a{}b.myapp.com/", encoded.to_lowercase()),
            format!("https://a{}b.myapp.com/", encoded.replace('%', "\n%\t")),
            format!("https://a{letter}b.münchen。myapp.com:8443?x"),
            format!("//a{letter}b.myapp.com"),
            format!(" \\\t/a{letter}b.myapp.com\\x"),
            format!("HTTPS:\\\\a{letter}b.myapp.com#x"),
            format!("https:////a{letter}b.myapp.com/@x"),
            format!("https://:@a{letter}b.myapp.com/"),
        ] {
            let refused = verdict(&production(), Flow::SignOut, None, &value);
            // U+1806 is not allowed in a host at all.
            assert!(matches!(refused, Err(Refusal::Ambiguous | Refusal::NotAUrl)), "{value:?} is {why}: {refused:?}");
        }
    }
    every_flow_refuses(
        &production(),
        None,
        Refusal::Ambiguous,
        &[
            "https://STRAẞE.myapp.com/",
            "https://stra%E1%BA%9Ee.myapp.com/",
            "http://straẞe.myapp.com/",
            "https://nick@straẞe.myapp.com/",
            "https://straẞe.evil.com/",
        ],
    );
}

#[test]
fn what_all_current_browsers_read_alike_is_read_so() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https://straße.myapp.com/", "https://xn--strae-oqa.myapp.com/"),
            ("https://stra%C3%9Fe.myapp.com/", "https://xn--strae-oqa.myapp.com/"),
            ("https://βόλος.myapp.com/", "https://xn--nxasmm1c.myapp.com/"),
            ("https://ශ්\u{200d}රී.myapp.com/", "https://xn--10cl1a0b660p.myapp.com/"),
            ("https://نامه\u{200c}ای.myapp.com/", "https://xn--mgba3gch31f060k.myapp.com/"),
        ],
    );
    // Browsers refuse a joiner without its context.
    every_flow_refuses(&production(), None, Refusal::NotAUrl, &["https://a\u{200d}b.myapp.com/", "https://a\u{200c}b.myapp.com/"]);
    every_flow_refuses(&production(), None, Refusal::Credentials, &["https://nick@straße.myapp.com/"]);
    every_flow_refuses(&production(), None, Refusal::Foreign, &["https://straße.evil.com/"]);
}

#[test]
fn a_domain_a_home_url_and_an_origin_may_have_such_letters() {
    let instance = Instance::parse(
        &Settings {
            domain: "straße.test".into(),
            home_url: "https://straße.test/start".into(),
            portal_origin: "https://konto.straße.test".into(),
            allowed_origins: vec!["https://βόλος.com".into()],
            ..settings(Environment::Production)
        },
        1,
    )
    .unwrap();
    assert_eq!(instance.domain().as_str(), "xn--strae-oqa.test");
    assert_eq!(instance.home_url().as_str(), "https://xn--strae-oqa.test/start");
    let target = "https://xn--strae-oqa.test/";
    for value in
        [target, "https://straße.test", "\u{1}https://straße.test/", "ht\ntps:\\\\straße.test", "//xn--strae-oqa.test", "/", "/straße"]
    {
        let (url, ground) = verdict(&instance, Flow::SignOut, None, value).unwrap();
        assert!(url.starts_with(target) && ground == Ground::Domain, "{value}: {url}");
    }
    every_flow_allows(&instance, None, Ground::AllowedOrigin, &[("https://βόλος.com/", "https://xn--nxasmm1c.com/")]);
    every_flow_refuses(&instance, None, Refusal::Foreign, &["https://strasse.test/", "https://xn--nxasmq6b.com/"]);
}

#[test]
fn such_a_letter_is_a_letter_like_others_behind_the_host() {
    let target = "https://myapp.com";
    for (letter, _) in RENAMED {
        let encoded = percent_encoded(&letter.to_string());
        for value in [format!("/{letter}"), format!("?{letter}"), format!("#{letter}"), format!("/@{letter}/{letter}.{letter}")] {
            let expected = value.replace(*letter, &encoded);
            let slash = if value.starts_with('/') { "" } else { "/" };
            let expected = format!("{target}{slash}{expected}");
            every_flow_allows(&production(), None, Ground::Domain, &[(&value, &expected), (&format!("{target}{value}"), &expected)]);
        }
    }
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("%C3%9F:ß//ß", "https://myapp.com/%C3%9F:%C3%9F//%C3%9F"),
            ("https:\\\\myapp.com\\ß", "https://myapp.com/%C3%9F"),
            ("\u{1} https://myapp.com/ß", "https://myapp.com/%C3%9F"),
        ],
    );
    every_flow_refuses(&production(), None, Refusal::Credentials, &["https://straẞe@myapp.com/", "https://%C3%9F:@myapp.com/"]);
    every_flow_refuses(&production(), None, Refusal::Scheme, &["myapp://straße/", "ftp://straße.myapp.com/", "file://straße/"]);
}

#[test]
fn what_every_version_maps_to_one_name_stays_allowed() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https://münchen.myapp.com/", "https://xn--mnchen-3ya.myapp.com/"),
            ("https://MÜNCHEN.myapp.com/", "https://xn--mnchen-3ya.myapp.com/"),
            ("https://mu\u{308}nchen.myapp.com/", "https://xn--mnchen-3ya.myapp.com/"),
            ("https://m%C3%BCnchen.myapp.com/", "https://xn--mnchen-3ya.myapp.com/"),
            ("https://münchen.xn--mnchen-3ya.myapp.com/", "https://xn--mnchen-3ya.xn--mnchen-3ya.myapp.com/"),
            ("https://münchen.xn--strae-oqa.myapp.com/", "https://xn--mnchen-3ya.xn--strae-oqa.myapp.com/"),
            ("https://münchen.a_b.myapp.com/", "https://xn--mnchen-3ya.a_b.myapp.com/"),
            ("https://xn--strae-oqa。myapp.com/", "https://xn--strae-oqa.myapp.com/"),
            ("https://ｍｙａｐｐ．ｃｏｍ/", "https://myapp.com/"),
            ("https://ⓜⓨⓐⓟⓟ｡com/", "https://myapp.com/"),
            ("https://𝐦𝒚𝗮𝕡𝓅.com/", "https://myapp.com/"),
            ("https://\u{212a}elvin.myapp.com/", "https://kelvin.myapp.com/"),
            ("https://ﬁ.myapp.com/", "https://fi.myapp.com/"),
            ("https://ſ.myapp.com/", "https://s.myapp.com/"),
            ("https://my\u{ad}app.com/", "https://myapp.com/"),
            ("https://\u{200b}myapp.com/", "https://myapp.com/"),
            ("https://ΣΊΣΥΦΟ.myapp.com/", "https://xn--kxa6akbkg.myapp.com/"),
            ("https://☃.myapp.com/", "https://xn--n3h.myapp.com/"),
            ("https://日本.myapp.com/", "https://xn--wgv71a.myapp.com/"),
            ("https://Ꭰ.myapp.com/", "https://xn--58d.myapp.com/"),
            ("https://ᲀ.myapp.com/", "https://xn--b1a.myapp.com/"),
            ("https://אב.myapp.com/", "https://xn--4dbc.myapp.com/"),
        ],
    );
}

#[test]
fn what_chromium_escapes_in_a_host_is_ambiguous() {
    let values =
        ["https://*.myapp.com/", "https://a*b.myapp.com", "//%2A.myapp.com", "https://\u{ff0a}.myapp.com/", "https://\u{fe61}.com"];
    every_flow_refuses(&production(), None, Refusal::Ambiguous, &values);
    every_flow_allows(&production(), None, Ground::Domain, &[("https://myapp.com/*?*#*", "https://myapp.com/*?*#*")]);
    let pattern = production_allowing(&["https://*.preview.myapp.dev"]);
    every_flow_refuses(&pattern, None, Refusal::Ambiguous, &["https://*.preview.myapp.dev/"]);
}

#[test]
fn a_letter_that_browsers_may_not_know_yet_makes_a_host_ambiguous() {
    // Letters that are new in Unicode 18. The last three are mapped to older ones.
    let letters = ["\u{558}", "\u{10ed9}", "\u{12550}", "\u{1f6d9}", "\u{2b81e}", "\u{3fc3f}", "\u{208f}", "\u{209d}", "\u{a7dd}"];
    for letter in letters {
        let values = [format!("https://{letter}.myapp.com/"), format!("https://{}.myapp.com/", percent_encoded(letter))];
        every_flow_refuses(&production(), None, Refusal::Ambiguous, &[&values[0], &values[1]]);
    }
    // In a host in ASCII it is a name like any other. Only beside other letters is it decoded.
    every_flow_allows(&production(), None, Ground::Domain, &[("https://xn--l88h.myapp.com/", "https://xn--l88h.myapp.com/")]);
    every_flow_refuses(&production(), None, Refusal::Ambiguous, &["https://ü.xn--l88h.myapp.com/", "https://xn--l88h\u{3002}myapp.com/"]);
}

#[test]
fn an_ascii_name_that_chromium_refuses_beside_other_letters_is_ambiguous_there() {
    for label in ["xn--_-dha", "xn--()-xka", "xn--xn----gr8a"] {
        let value = format!("https://{label}.myapp.com/");
        every_flow_allows(&production(), None, Ground::Domain, &[(&value, &value)]);
        every_flow_refuses(&production(), None, Refusal::Ambiguous, &[&format!("https://ü.{label}.myapp.com/")]);
        every_flow_refuses(&production(), None, Refusal::Ambiguous, &[&format!("https://{label}。myapp.com/")]);
    }
}

/// When the parser's Unicode is updated, its new letters belong in `is_new` until browsers know them.
#[test]
fn the_parser_knows_the_letters_of_unicode_18_and_no_more() {
    let planes: [RangeInclusive<char>; 2] = ['\u{80}'..='\u{3ffff}', '\u{e0000}'..='\u{e0fff}'];
    let known = planes.into_iter().flatten().filter(|letter| Url::parse(&format!("https://{letter}/")).is_ok()).count();
    assert_eq!(known, 169_740);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_host_is_allowed_unless_a_letter_in_it_has_two_names(
        start in select(&["https://", "//", "https:\\\\", "\t/\\", "HTTPS://"][..]),
        letters in vec((0..RENAMED.len() * 5, any::<bool>()), 1..6),
        tail in select(&["", "/ß", "?ß", "#ς", ":443/\u{200d}", "\\"][..]),
    ) {
        const SETTLED: &[&str] = &["a", "b-c", "ü", "ß", "ｍ", "日", "\u{ad}", "ﬁ", "Ё", "☃"];
        let (mut host, mut settled) = (String::from("a"), true);
        for (index, encoded) in letters {
            let letter = RENAMED.get(index).map_or_else(|| SETTLED[index % SETTLED.len()].to_owned(), |(letter, _)| letter.to_string());
            settled &= index >= RENAMED.len();
            host += &if encoded { percent_encoded(&letter) } else { letter };
        }
        let value = format!("{start}{host}.myapp.com{tail}");
        match check(&production(), Flow::SignIn, None, &value) {
            Ok(allowed) => {
                prop_assert!(settled, "{:?} is allowed", value);
                let again = check(&production(), Flow::SignIn, None, allowed.url.as_str());
                prop_assert_eq!(again, Ok(allowed));
            }
            Err(refused) => prop_assert!(!settled && matches!(refused.reason, Refusal::Ambiguous | Refusal::NotAUrl), "{:?} is refused", value),
        }
    }
}
