//! The input of the property tests: values made of the parts that URL checks get wrong, instances and requesting pages.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// How a value begins. An entry that is listed twice is twice as likely.
const STARTS: &[&str] = &[
    "",
    "",
    "/",
    "//",
    "///",
    "\\",
    "\\\\",
    "/\\",
    "\\/",
    "/\t/",
    "\n//",
    " //",
    ".//",
    "?",
    "#",
    "https://",
    "https://",
    "https://",
    "https:",
    "https:/",
    "https:\\\\",
    "https:/\t/",
    "HTTPS://",
    "ht\ntps://",
    "http://",
    "http://",
    "http:",
    "javascript:",
    "JavaScript://",
    "data:",
    "blob:https://",
    "myapp:",
    "ws://",
    "https%3a//",
];

const USERS: &[&str] =
    &["", "", "", "", "", "", "", "", "@", "nick@", "nick:secret@", ":@", "myapp.com@", "%2f@", "myapp.com%5c@", "\\@", "/@"];

/// Hosts that are the domain in some spelling, hosts that only look like it, and IP addresses.
const HOSTS: &[&str] = &[
    "",
    "myapp.com",
    "myapp.com",
    "app.myapp.com",
    "a.b.myapp.com",
    "accounts.myapp.com",
    "accounts.myapp.com",
    "evil.com",
    "evilmyapp.com",
    "myapp.com.evil.com",
    "myapp.com.",
    "MyApp.COM",
    "ｍｙａｐｐ.com",
    "m\u{443}app.com",
    "myapp\u{3002}com",
    "evil\u{ff0e}com",
    "my\u{ad}app.com",
    "%6dyapp.com",
    "evil.com%2emyapp.com",
    "evil.com%2f.myapp.com",
    "evil.com%00.myapp.com",
    "..myapp.com",
    "münchen.myapp.com",
    "xn--mnchen-3ya.myapp.com",
    "xn--a.myapp.com",
    "straße.myapp.com",
    "xn--strae-oqa.myapp.com",
    "xn--strae-oqa\u{3002}myapp.com",
    "stra%C3%9fe.myapp.com",
    "\u{200d}.myapp.com",
    "ü_.myapp.com",
    "*.myapp.com",
    "example.com",
    "pr-1.preview.myapp.dev",
    "preview.myapp.dev",
    "vercel.app",
    "localhost",
    "app.localhost",
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
    "１２７.０.０.１",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "null",
];

const PORTS: &[&str] = &["", "", "", "", "", "", ":", ":443", ":80", ":3000", ":5173", ":8443", ":0", ":99999", ":x"];

/// Pieces of a path, a query or a fragment.
const TAILS: &[&str] = &[
    "/",
    "/",
    "/",
    "\\",
    "//",
    "?",
    "#",
    "@",
    ":",
    ".",
    "..",
    "/../",
    "/./",
    "%2f",
    "%2F%2f",
    "%5c",
    "%09",
    "%00",
    "%2e%2e",
    "%25",
    "%",
    "%zz",
    "\t",
    "\n",
    "\r",
    " ",
    "\u{0}",
    "\u{3000}",
    "\u{202e}",
    "é",
    "sign-in",
    "sign-up",
    "%73ign-in",
    "dashboard",
    "evil.com",
    "myapp.com",
    "https://",
];

/// Text that can pass the first rules: something like a URL, its parts in any order, or any text.
pub(super) fn any_value() -> impl Strategy<Value = String> {
    let tail = || vec(select(TAILS), 0..5).prop_map(|parts| parts.concat());
    let url = (select(STARTS), select(USERS), select(HOSTS), select(PORTS), tail())
        .prop_map(|(start, user, host, port, tail)| [start, user, host, port, &tail].concat());
    let parts = vec(select([STARTS, USERS, HOSTS, PORTS, TAILS].concat()), 0..8).prop_map(|parts| parts.concat());
    let page =
        (select(&["https://", "//", "https:\\\\"][..]), select(&["", "x/../", "/"][..]), select(&["sign-in", "sign%2dup"][..]), tail())
            .prop_map(|(start, before, page, tail)| format!("{start}accounts.myapp.com/{before}{page}{tail}"));
    prop_oneof![
        8 => url,
        4 => parts,
        1 => page,
        1 => "\\PC*",
        1 => any::<String>(),
        1 => ("(https://|/|//)", any::<String>()).prop_map(|(start, rest)| start + &rest),
        1 => (select(STARTS), 2000..2060_usize).prop_map(|(start, bytes)| format!("{start}myapp.com/{}", "a".repeat(bytes))),
    ]
}

pub(super) fn any_instance() -> impl Strategy<Value = Instance> {
    let origins = ["https://example.com", "https://*.preview.myapp.dev", "https://127.0.0.1"];
    select(vec![production(), production_allowing(&origins), development(), instance(Environment::Development, &origins), local()])
}

pub(super) fn any_requesting_origin() -> impl Strategy<Value = Option<RequestingOrigin>> {
    option::of(
        select(&["https://evil.com", "http://localhost:5173", "https://accounts.myapp.com", "http://127.0.0.1:3000"][..]).prop_map(origin),
    )
}

/// A `redirect_url`, a forced redirect, a fallback in the link and a stored fallback.
pub(super) fn any_candidates() -> impl Strategy<Value = [String; 4]> {
    [any_value(), any_value(), any_value(), any_value()]
}
