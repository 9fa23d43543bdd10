//! Rules 1 to 6 and 8 of "When a URL is allowed", each with what hits it and what just misses it, for every flow.

use super::*;

const HOME: &str = "https://myapp.com/";

/// `start`, followed by as many `a` as make `bytes` bytes.
fn filled(start: &str, bytes: usize) -> String {
    format!("{start}{}", "a".repeat(bytes - start.len()))
}

#[test]
fn rule_1_a_url_of_2048_bytes_is_allowed_and_one_more_byte_is_too_long() {
    let longest = filled(HOME, 2048);
    every_flow_allows(&production(), None, Ground::Domain, &[(&longest, &longest)]);
    every_flow_refuses(
        &production(),
        None,
        Refusal::TooLong,
        &[
            &filled(HOME, 2049),
            &filled("https://evil.com/", 2049),
            &filled("javascript:", 2049),
            &filled("///", 2049),
            // Bytes count, not characters: 17 + 1016 × 2 = 2049.
            &format!("{HOME}{}", "é".repeat(1016).split_at(0).1)[..].replacen("/é", "/é", 1),
        ],
    );
}

#[test]
fn rule_1_holds_for_what_is_sent_out_too() {
    let fits = filled("/", 2048 - "https://myapp.com".len());
    every_flow_allows(&production(), None, Ground::Domain, &[(&fits, &format!("https://myapp.com{fits}"))]);
    every_flow_refuses(&production(), None, Refusal::TooLong, &[&format!("{fits}a"), &format!("/{}", "é".repeat(400))]);
}
