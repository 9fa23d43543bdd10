//! A text as a QR code. It is dark on light in every colour scheme, as scanners need it.

use fast_qr::{ECL, QRBuilder};
use leptos::prelude::*;

/// The width of the blank border that scanners need (ISO/IEC 18004), in modules.
const QUIET_ZONE: usize = 4;

/// The QR code of a text; `None` if the text is too long. `label` tells a screen reader what it is.
pub(crate) fn qr_code(text: &str, label: &'static str) -> Option<impl IntoView + use<>> {
    let (side, path) = draw(text)?;
    Some(view! {
        <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label=label shape-rendering="crispEdges">
            <path d=path></path>
        </svg>
    })
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
