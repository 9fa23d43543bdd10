//! The finished direct link: as text, and as a QR code.

use fast_qr::{ECL, QRBuilder};
use leptos::prelude::*;

use super::form::PreviewForm;
use crate::redirects::{Instance, MOST_LINK_BYTES};

/// The blank border that scanners need (ISO/IEC 18004), in modules.
const QUIET_ZONE: usize = 4;

/// The finished link, or why there is none.
pub(super) fn built(form: &PreviewForm, instance: &Instance) -> impl IntoView + use<> {
    match form.direct_link(instance) {
        None => view! { <p>"The logo is on every page of the portal: no link leads to it alone."</p> }.into_any(),
        Some(link) => {
            let long = (link.len() > MOST_LINK_BYTES).then(|| {
                let said = format!("It is too long: {} bytes, and the portal reads {MOST_LINK_BYTES} at most.", link.len());
                view! { <p>{said}</p> }
            });
            view! { <code id="link-built">{link}</code>{long} }.into_any()
        }
    }
}

/// The QR code of the finished link, dark on light whatever the page's colours: scanners want it so.
pub(super) fn qr_code(form: &PreviewForm, instance: &Instance) -> impl IntoView + use<> {
    let link = form.direct_link(instance)?;
    let Ok(code) = QRBuilder::new(link).ecl(ECL::M).build() else {
        return Some(view! { <p class="help">"The link is too long for a QR code."</p> }.into_any());
    };
    let side = code.size + 2 * QUIET_ZONE;
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
    let code = view! {
        <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label="QR code of the link" shape-rendering="crispEdges">
            <path d=path></path>
        </svg>
    };
    Some(code.into_any())
}
