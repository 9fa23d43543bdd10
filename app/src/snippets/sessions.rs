//! Who is signed in, for an application: code for its pages and its server. `make test-samples` runs each against a real server.

use super::snippet::Block;
use crate::instances::stored::StoredInstance;

/// The name in the page's address.
pub(super) const SESSIONS: &str = "sessions";

/// The issuer and the origin that the files are written with.
const WRITTEN: [&str; 2] = ["https://accounts.myapp.com", "https://myapp.com"];

/// The code for the instance: its issuer, and the origin of its home URL.
pub(super) fn blocks(stored: &StoredInstance) -> Vec<Block> {
    let origin = stored.instance.home_url().origin().ascii_serialization();
    let block = |title, about: &str, file, code: &str| {
        // The marks keep what is filled in from being replaced again.
        let code = code.trim_end().replace(WRITTEN[0], "\u{1}").replace(WRITTEN[1], &origin);
        Block { title, about: about.to_owned(), file, code: code.replace('\u{1}', stored.instance.portal_origin().as_str()) }
    };
    vec![
        block(
            "In the browser",
            "Asks the portal who is signed in. It works on pages of the home URL's origin, and of origins that an owner marks under `Applications`.",
            "session.js",
            include_str!("sessions/session.js"),
        ),
        block(
            "Next.js",
            "Checks the token with `jose` from npm. It is a route handler, and the function works in every one.",
            "app/api/me/route.js",
            include_str!("sessions/next.js"),
        ),
        block("Express", "Checks the token with `jose` from npm.", "app.mjs", include_str!("sessions/express.mjs")),
        block("FastAPI", "Checks the token with `pyjwt[crypto]` from PyPI.", "main.py", include_str!("sessions/fastapi.py")),
        block(
            "axum",
            "Checks the token with the crate `jsonwebtoken` (feature `rust_crypto`). It also needs `axum`, `reqwest` (`json`), `serde` (`derive`), \
             `serde_json` and `tokio` (`full`).",
            "src/main.rs",
            include_str!("sessions/axum.rs"),
        ),
        block("Go", "Checks the token with `github.com/coreos/go-oidc`.", "main.go", include_str!("sessions/main.go")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{my_app, stored},
        redirects::Settings,
    };

    #[test]
    fn issuer_and_origin_are_filled_in() {
        let settings =
            Settings { portal_origin: "https://login.myapp.com".into(), home_url: "https://accounts.myapp.com/home".into(), ..my_app() };
        let blocks = blocks(&stored(settings, &[]));
        for block in &blocks {
            assert!(block.code.contains("https://login.myapp.com"), "{}", block.code);
            assert!(!block.code.contains("\"https://myapp.com\""), "{}", block.code);
        }
        assert!(blocks[1].code.contains("const origin = \"https://accounts.myapp.com\";"), "{}", blocks[1].code);
        for code in blocks.iter().skip(1).map(|block| &block.code) {
            assert!(code.contains("ES256"), "the algorithm is set: {code}");
        }
    }
}
