//! The generated direct link, as text and as a QR code.

use fast_qr::{ECL, QRBuilder};
use leptos::prelude::*;

use super::form::PreviewForm;
use crate::redirects::{Instance, MAX_QUERY_BYTES};

/// The width of the blank border that scanners need (ISO/IEC 18004), in modules.
const QUIET_ZONE: usize = 4;

/// The generated link, or why there is none.
pub(super) fn generated_link(form: &PreviewForm, instance: &Instance) -> impl IntoView + use<> {
    match form.direct_link(instance) {
        None => view! { <p>"This flow has no page of its own, so no link leads to it."</p> }.into_any(),
        Some(link) => {
            let query = link.split_once('?').map_or(0, |(_, query)| query.len());
            let long = (query > MAX_QUERY_BYTES).then(|| {
                let text = format!("It is too long: {query} bytes after the ?, and the portal reads {MAX_QUERY_BYTES}.");
                view! { <p>{text}</p> }
            });
            view! { <code id="generated-link-url">{link}</code>{long} }.into_any()
        }
    }
}

/// The QR code of the generated link. It is dark on light in every colour scheme, as scanners need it.
pub(super) fn qr_code(form: &PreviewForm, instance: &Instance) -> impl IntoView + use<> {
    let link = form.direct_link(instance)?;
    let Some((side, path)) = draw(&link) else {
        return Some(view! { <p class="help">"The link is too long for a QR code."</p> }.into_any());
    };
    let code = view! {
        <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label="QR code of the link" shape-rendering="crispEdges">
            <path d=path></path>
        </svg>
    };
    Some(code.into_any())
}

/// The side length of a QR code with its border, and the path of its dark modules; `None` if the text is too long.
fn draw(text: &str) -> Option<(usize, String)> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let mut path = String::new();
    for (y, row) in code.data[..code.size * code.size].chunks(code.size).enumerate() {
        let mut x = 0;
        while x < code.size {
            let run = row[x..].iter().take_while(|module| module.value()).count();
            if run > 0 {
                path.extend([format!("M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE)]);
            }
            x += run.max(1);
        }
    }
    Some((code.size + 2 * QUIET_ZONE, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the code back from the path, as a scanner does from the picture.
    fn scanned(text: &str) -> String {
        const SCALE: usize = 4;
        let (side, path) = draw(text).unwrap();
        let mut dark = vec![false; side * side];
        for run in path.split('M').filter(|run| !run.is_empty()) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let (x, y, length): (usize, usize, usize) = (x.parse().unwrap(), y.parse().unwrap(), length.parse().unwrap());
            dark[y * side + x..][..length].fill(true);
        }
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, |x, y| {
            if dark[y / SCALE * side + x / SCALE] { 0 } else { 255 }
        });
        picture.detect_grids().first().unwrap().decode().unwrap().1
    }

    #[test]
    fn a_scanner_reads_the_link_from_the_code() {
        let link = "https://accounts.myapp.com/sign-in?redirect_url=%2Fa%3Fb%3Dc&phone_number=%2B49+30";
        assert_eq!(scanned(link), link);
        let long = format!("{link}&username={}", "x".repeat(1_000));
        assert_eq!(scanned(&long), long);
    }

    #[test]
    fn a_text_that_is_too_long_for_a_code_is_not_drawn() {
        assert_eq!(draw(&"x".repeat(3_000)), None);
    }
}
