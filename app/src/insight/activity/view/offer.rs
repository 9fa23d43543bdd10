//! The offer to allow the origin of a refused redirect: what it opens up, and what it would have changed.

use leptos::prelude::*;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::Context;
use crate::{
    error::AppError,
    fallbacks::offer::opens_up,
    heavy_work::{LISTS, NotDone},
    insight::activity::{
        allow::{changed_visits, origin_to_allow, refused_texts, revived_flows},
        look_alike::is_look_alike,
        refused::RefusedRow,
        store,
    },
    layout::loading,
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
    /// How many visits of the range would have ended elsewhere.
    changed: u64,
    /// Whether there may be more of them.
    is_more: bool,
}

impl Offer {
    /// The offer that the page's address asks for. `None` if it asks for none, or for one that would not help.
    pub(super) async fn load(
        pool: &PgPool,
        context: Context<'_>,
        since: OffsetDateTime,
        rows: &[RefusedRow],
    ) -> Result<Option<Self>, AppError> {
        let Context { stored, form, .. } = context;
        let asked = form.allow.as_ref().and_then(|text| rows.iter().find(|row| row.text == *text && !row.is_others));
        let Some((row, origin)) = asked.and_then(|row| Some((row, origin_to_allow(stored, &row.item)?))) else { return Ok(None) };
        let with_it = stored.instance.with_origins(std::slice::from_ref(&origin), &[]);
        let flows = revived_flows(stored, &with_it);
        let shapes = store::shapes(pool, stored.id, since, &refused_texts(&origin), &flows).await;
        let (shapes, is_more) = shapes.map_err(loading::unavailable)?;
        let (instance, fallbacks) = (stored.instance.clone(), stored.fallbacks.clone());
        let changed = LISTS.run(move || changed_visits(&instance, &with_it, &fallbacks, &shapes)).await;
        let changed = changed.map_err(|NotDone| AppError::Unavailable)?;
        Ok(Some(Self { text: row.text.clone(), origin, changed, is_more }))
    }

    pub(super) fn view(&self, context: Context<'_>) -> impl IntoView + use<> {
        let Context { stored, slug, form, .. } = context;
        let domain = stored.instance.domain().as_str();
        let host = self.origin.as_str().split_once("//").map_or("", |(_, host)| host);
        let look_alike = is_look_alike(domain, host).then(|| {
            let text = format!("Its name resembles {domain}. Make sure that it is yours.");
            view! { <p class="verdict" data-kind="warning">{icon(WARNING)}<span>{text}</span></p> }
        });
        let at_least = if self.is_more { "At least " } else { "" };
        let visits = if self.changed == 1 { "1 visit".to_owned() } else { format!("{} visits", Grouped(self.changed)) };
        let impact = format!("{at_least}{visits} in the last {} would have ended elsewhere.", form.range.label());
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
                <input type="hidden" name="view" value=form.calm().write() />
                <div class="buttons">
                    <a class="button" href=format!("{}#refused", form.calm().address(slug))>"Cancel"</a>
                    <button class="button primary" name="change" value="allow">"Allow this origin"</button>
                </div>
            </form>
        }
    }
}
