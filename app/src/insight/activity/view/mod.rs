//! The screen of the Activity tab.

mod kept;
mod notice;
mod offer;
mod refused;
mod visits;

use futures_util::future::try_join4;
use leptos::prelude::*;
use strum::VariantArray;
use time::OffsetDateTime;

use super::{
    chart::{SavedVersion, patterns},
    counts::Totals,
    form::{ActivityForm, PAGE_SIZE},
    refused::{RefusedItem, RefusedRow},
    store::{self, RefusedPage, RefusedQuery},
};
use crate::{
    admins::Role,
    error::AppError,
    insight::VisitsKept,
    instances::stored::StoredInstance,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    redirects::Refusal,
    target_checks::view::TargetsCard,
};
use offer::Offer;

/// What the page is about, and for whom.
#[derive(Clone, Copy, Debug)]
struct Context<'a> {
    stored: &'a StoredInstance,
    slug: &'a str,
    form: &'a ActivityForm,
    /// Whether the reader may change anything.
    is_editor: bool,
    kept: VisitsKept,
}

/// What was counted in the range.
#[derive(Clone, Debug, Default)]
struct Loaded {
    totals: Totals,
    versions: Vec<SavedVersion>,
    refused: RefusedPage,
    /// Whether anything was counted before.
    has_any: bool,
    offer: Option<Offer>,
}

/// The Activity tab.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let slug = loading::slug();
    let form = ActivityForm::read(&loading::query());
    let kept = use_context::<VisitsKept>().unwrap_or_default();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let is_editor = loading::role(&slug).await? >= Role::Editor;
        let context = Context { stored: &stored, slug: &slug, form: &form, is_editor, kept };
        let loaded = load(context, OffsetDateTime::now_utc()).await?;
        let has_visits = loaded.totals.all.all() > 0;
        let notice = notice::notice(context);
        let visits = visits::section(context, &loaded);
        // Dismissed ones can be shown again whether or not anything was counted lately.
        let refused = (has_visits || loaded.refused.dismissed > 0).then(|| refused::section(context, &loaded));
        let fine_print = kept::fine_print(context);
        let targets = view! { <TargetsCard slug=slug.clone()/> };
        Ok(view! {
            <InstanceFrame stored place=Place::Activity>
                {notice}
                {patterns()}
                <div class="activity">
                    {visits}
                    {refused}
                    {targets}
                    {fine_print}
                </div>
            </InstanceFrame>
        })
    })
}

async fn load(context: Context<'_>, now: OffsetDateTime) -> Result<Loaded, AppError> {
    let Context { stored, form, .. } = context;
    let (pool, since) = (loading::pool()?, form.range.since(now));
    let query = refused_query(stored, form, since);
    let (counts, versions, mut refused, has_any) = try_join4(
        store::read_counts(&pool, stored.id, form.range, since),
        store::saved_versions(&pool, stored.id, since),
        store::read_refused(&pool, &query),
        store::has_any(&pool, stored.id),
    )
    .await
    .map_err(loading::unavailable)?;
    note_first_seen(&pool, stored.id, &mut refused.rows).await.map_err(loading::unavailable)?;
    let totals = Totals::of(form.range, now, &counts);
    let offer = if context.is_editor { Offer::load(&pool, context, &refused.rows).await } else { None };
    Ok(Loaded { totals, versions, refused, has_any, offer })
}

/// Counts are kept for longer than the range: a refused redirect may have been seen before it.
async fn note_first_seen(pool: &sqlx::PgPool, instance: i64, rows: &mut [RefusedRow]) -> sqlx::Result<()> {
    let texts: Vec<String> = rows.iter().filter(|row| !row.is_others).map(|row| row.text.clone()).collect();
    if texts.is_empty() {
        return Ok(());
    }
    for (text, at) in store::first_seen(pool, instance, &texts).await? {
        if let Some(row) = rows.iter_mut().find(|row| row.text == text && !row.is_others) {
            row.first_seen = Some(row.first_seen.map_or(at, |known| known.min(at)));
        }
    }
    Ok(())
}

/// The query of a page of refused redirects. The text is looked for in origins, as they are written and in Unicode, and in reasons.
pub fn refused_query(stored: &StoredInstance, form: &ActivityForm, since: OffsetDateTime) -> RefusedQuery {
    let text = form.text.to_lowercase();
    let (mut texts, mut reasons) = (Vec::new(), Vec::new());
    if !text.is_empty() {
        let domain = stored.instance.domain().as_str();
        let says =
            |reason: &Refusal| reason.name().contains(&text) || RefusedItem::sentence(*reason, domain).to_lowercase().contains(&text);
        reasons = Refusal::VARIANTS.iter().copied().filter(says).collect();
        texts.extend(idna::domain_to_ascii(&text).ok().filter(|ascii| !ascii.is_empty() && *ascii != text));
        texts.push(text);
    }
    let (instance, flow, dismissed) = (stored.id, form.flow, form.dismissed);
    RefusedQuery { instance, since, flow, texts, reasons, dismissed, offset: form.offset(), limit: PAGE_SIZE }
}
