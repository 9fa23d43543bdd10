//! Paths: targets are written as browsers write them, and values that browsers read differently are refused.

use super::*;

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
        &["/x/c:/../y", "https://myapp.com/C|/..", "/c:/.\t./y", "x/c:/%2e%2E/y", "/c:\\.%2e\\y", " ../c:/.. "],
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
