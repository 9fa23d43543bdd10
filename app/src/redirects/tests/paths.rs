//! Paths: targets are written as browsers write them, and values that browsers read differently are refused.

use url::Url;

use super::*;
use crate::redirects::{
    hostname::{has_one_name, is_special_in_host},
    path::{escape, is_special_in_path, may_keep_a_segment},
};

#[test]
fn a_target_is_written_as_browsers_write_it() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("/a|b^c", "https://myapp.com/a%7Cb%5Ec"),
            ("https://myapp.com/a|b^c?a|b^c#a|b^c", "https://myapp.com/a%7Cb%5Ec?a|b^c#a|b^c"),
            ("/%7C/%5e/..//|", "https://myapp.com/%7C//%7C"),
        ],
    );
}

#[test]
fn a_path_that_goes_up_past_what_looks_like_a_drive_is_ambiguous() {
    // The parser keeps the drive letter, but browsers do not.
    every_flow_refuses(
        &production(),
        None,
        Refusal::Ambiguous,
        &[
            "/x/c:/../y",
            "https://myapp.com/x/c:/../y",
            "https://myapp.com/C|/..",
            "/c:/.\t./y",
            "x/c:/%2e%2E/y",
            "/c:\\.%2e\\y",
            " ../c:/.. ",
        ],
    );
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("/x/c:/y", "https://myapp.com/x/c:/y"),
            ("/x/../y", "https://myapp.com/y"),
            ("/c:x/../y", "https://myapp.com/y"),
            ("/1:/../y", "https://myapp.com/y"),
            ("/docs/v1..v2/c:/d?x=/../#/../", "https://myapp.com/docs/v1..v2/c:/d?x=/../#/../"),
        ],
    );
}

#[test]
fn a_url_without_a_special_byte_passes_every_closer_look() {
    let home = Url::parse("https://myapp.com/").unwrap();
    for byte in (0..=127).filter(|byte| !is_special_in_host(*byte) && !is_special_in_path(*byte)) {
        let c = char::from(byte);
        for value in
            [format!("https://my{c}app.com/x/c{c}/../y"), format!("https://myapp.com/{c}/c{c}/..{c}/.{c}./{c}../y?{c}/../#{c}/../")]
        {
            let Ok(url) = Url::parse(&value) else { continue };
            let mut escaped = url.clone();
            escape(&mut escaped);
            assert!(!may_keep_a_segment(&value, &url) && has_one_name(&home, &value, &url) && escaped == url, "{value:?}");
        }
    }
}
