//! The offer to allow the origin of a refused redirect: what it opens up, and what it would have changed.

use leptos::prelude::*;
use sqlx::PgPool;

use super::Context;
use crate::{
    fallbacks::offer::opens_up,
    insight::{
        activity::{
            allow::{origin_to_allow, propose},
            commands::OriginChangeKind,
            look_alike::is_look_alike,
            refused::RefusedRow,
        },
        impact::{Measured, measure},
    },
    paths,
    redirects::AllowedOrigin,
    ui::{
        icon::{WARNING, icon},
        text::Grouped,
    },
};

/// An origin that is offered to be allowed.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// The refused redirect that it belongs to.
    pub(super) text: String,
    origin: AllowedOrigin,
    /// What it would have changed in the range.
    measured: Measured,
}

impl Offer {
    /// The offer that the page's address asks for. `None` if it asks for none, or for one that would not help.
    pub(super) async fn load(pool: &PgPool, context: Context<'_>, rows: &[RefusedRow]) -> Option<Self> {
        let Context { stored, form, .. } = context;
        let asked = form.allow.as_ref().and_then(|text| rows.iter().find(|row| row.text == *text && !row.is_others));
        let (row, origin) = asked.and_then(|row| Some((row, origin_to_allow(stored, &row.item)?)))?;
        let measured = measure(pool, stored, &propose(stored, &origin, OriginChangeKind::Allow), form.range).await;
        Some(Self { text: row.text.clone(), origin, measured })
    }

    pub(super) fn view(&self, context: Context<'_>) -> impl IntoView + use<> {
        let Context { stored, slug, form, .. } = context;
        let domain = stored.instance.domain().as_str();
        let host = self.origin.as_str().split_once("//").map_or("", |(_, host)| host);
        let look_alike = is_look_alike(domain, host).then(|| {
            let text = format!("Its name resembles {domain}. Make sure that it is yours.");
            view! { <p class="verdict" data-kind="warning">{icon(WARNING)}<span>{text}</span></p> }
        });
        let impact = match &self.measured {
            Measured::Known(impact) => {
                let visits = if impact.changed == 1 { "1 visit".to_owned() } else { format!("{} visits", Grouped(impact.changed)) };
                let more = (impact.inexact_by > 0).then(|| format!(", and up to {} more,", Grouped(impact.inexact_by)));
                format!("{visits}{} in the last {} would have ended elsewhere.", more.unwrap_or_default(), form.range.label())
            }
            Measured::NoVisits => format!("No visits were counted in the last {}.", form.range.label()),
            Measured::Unknown => "The number of visits that would have ended elsewhere is not available right now.".to_owned(),
        };
        view! {
            <form method="post" action=paths::instance(slug).allow_origin() class="allow" id="allow" aria-labelledby="allow-title">
                <div>
                    <h3 id="allow-title">"Allow this origin?"</h3>
                    {opens_up(&self.origin)}
                    {look_alike}
                    <p><b>{impact}</b>" Anyone can cause such counts by sending links, so they don’t show that the origin can be trusted."</p>
                    <p class="help">"It joins the allowed origins in Settings, where it can be removed. History keeps who allowed it."</p>
                </div>
                <input type="hidden" name="origin" value=self.origin.to_string() />
                <input type="hidden" name="view" value=form.filter_only().write() />
                <div class="buttons">
                    <a class="button" href=format!("{}#refused", form.filter_only().address(slug))>"Cancel"</a>
                    <button class="button primary" name="change" value="allow">"Allow this origin"</button>
                </div>
            </form>
        }
    }
}
