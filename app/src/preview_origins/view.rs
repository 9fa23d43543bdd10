//! The preview origins of an instance, as Settings lists them.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::store::PreviewOrigin;
use crate::{
    paths,
    redirects::Timestamp,
    ui::{
        icon::{TICK, icon},
        text::{Escaped, Grouped, moment},
    },
};

/// What the address of Settings says after an origin was removed.
pub const REMOVED: &str = "preview-origin-removed";

/// How many are listed before the others are folded away.
const MAX_OPEN: usize = 10;

/// The list, and a button to remove each. `removed` says that one was just removed.
pub fn preview_origins(slug: &str, origins: Vec<PreviewOrigin>, read_only: bool, removed: bool, now: OffsetDateTime) -> AnyView {
    let now = Timestamp::from(now);
    let (allowed, expired): (Vec<_>, Vec<_>) = origins.into_iter().partition(|origin| now < origin.expires_at);
    let badge = match allowed.len() {
        0 => "None".to_owned(),
        count => Grouped(count).to_string(),
    };
    let mut rows: Vec<_> = allowed
        .into_iter()
        .map(|origin| row(slug, origin, false, read_only).into_any())
        .chain(expired.into_iter().map(|origin| row(slug, origin, true, read_only).into_any()))
        .collect();
    let folded = if rows.len() > MAX_OPEN { rows.split_off(MAX_OPEN) } else { Vec::new() };
    let open = (!rows.is_empty()).then(|| view! { <ul class="rows-of">{rows}</ul> });
    let folded = (!folded.is_empty()).then(|| {
        let more = format!("{} more", Grouped(folded.len()));
        view! {
            <details>
                <summary>{more}</summary>
                <ul class="rows-of">{folded}</ul>
            </details>
        }
    });
    let removed = removed.then(|| view! { <p class="banner" role="status">{icon(TICK)}"The preview origin was removed."</p> });
    view! {
        <section class="card preview-origins" id="preview-origins" aria-labelledby="preview-origins-title">
            <div class="about">
                <h2 id="preview-origins-title">"Preview origins" " " <span class="badge">{badge}</span></h2>
                <p class="help">
                    "Preview origins are allowed origins that expire, for the previews that a build deploys. Until one expires, links may lead to it; redirects and the home URL can't be stored there. Builds add them through the management API (see Snippets)."
                </p>
                {removed}
            </div>
            {open}
            {folded}
        </section>
    }
    .into_any()
}

fn row(slug: &str, origin: PreviewOrigin, is_expired: bool, read_only: bool) -> impl IntoView + use<> {
    let PreviewOrigin { origin, expires_at, added_at, added_by } = origin;
    let remove = (!read_only).then(|| {
        let unseen = format!(" {origin}");
        view! {
            <form method="post" action=paths::instance(slug).remove_preview_origin()>
                <input type="hidden" name="origin" value=origin.clone() />
                <button class="button plain small">"Remove"<span class="unseen">{unseen}</span></button>
            </form>
        }
    });
    let until = if is_expired { "Expired " } else { "Allowed until " };
    view! {
        <li data-kind=is_expired.then_some("expired")>
            <div>
                <p><code>{origin}</code></p>
                <p class="help">{until}{moment(expires_at.time())}". Added "{moment(added_at)}" by "{Escaped(&added_by).to_string()}"."</p>
            </div>
            {remove}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-27 12:00 UTC);

    fn origins(count: i64) -> Vec<PreviewOrigin> {
        let origin = |n: i64| PreviewOrigin {
            origin: format!("https://p{n}.example"),
            expires_at: Timestamp::from_seconds(NOW.unix_timestamp() + n),
            added_at: NOW,
            added_by: "ci".to_owned(),
        };
        (0..count).map(origin).collect()
    }

    fn shown(count: i64, read_only: bool) -> String {
        // Leptos marks the ends of children.
        preview_origins("my-app", origins(count), read_only, false, NOW).to_html().replace("<!>", "")
    }

    #[test]
    fn ten_are_open_and_the_rest_is_folded() {
        assert!(!shown(10, false).contains("<details>"));
        let many = shown(500, false);
        assert!(many.contains("490 more</summary>") && many.matches("<li").count() == 500, "{many}");
        let (open, folded) = many.split_once("<details>").unwrap();
        assert_eq!(open.matches("<li").count(), 10);
        assert!(folded.ends_with("</details></section>") || folded.contains("</details>"));
    }

    #[test]
    fn one_that_has_expired_comes_last_and_says_so() {
        let html = shown(3, false);
        assert!(html.find("p1.example").unwrap() < html.find("p0.example").unwrap(), "{html}");
        assert_eq!((html.matches("Expired ").count(), html.matches("Allowed until ").count()), (1, 2));
        assert!(shown(0, false).contains(">None<"));
    }

    #[test]
    fn only_editors_get_the_button() {
        assert_eq!(shown(3, false).matches(">Remove<").count(), 3);
        assert_eq!(shown(3, true).matches("<form").count(), 0);
    }
}
