//! The screen of the Overview tab: the state first, beside it who changed it and where it is live, and the addresses below.

use leptos::prelude::*;

use super::{
    addresses::{api_card, pages_card},
    ends::ends_card,
    status::{changes_card, runtimes_card},
};
use crate::{
    admins::Role,
    error::AppError,
    history::{filter::Criteria, fold::read_lines, store::Scope},
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    runtimes::live::wait_until_live,
    target_checks::health::TargetHealth,
    ui::icon::{TICK, icon},
};

/// How many lines of the history are shown.
const MAX_LINES: i64 = 3;

/// The Overview tab.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let slug = loading::slug();
    let restored = (loading::query() == "restored")
        .then(|| view! { <p class="banner" role="status">{icon(TICK)}"The instance is back as it was, and its portal is open."</p> });
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let may_edit = loading::role(&slug).await? >= Role::Editor;
        let pool = loading::pool()?;
        // As every member sees them: what became of members' accounts is in History.
        let scope = Scope::Instance { id: stored.id, role: Role::Viewer };
        let lines = read_lines(&pool, scope, &Criteria::default(), MAX_LINES).await.map_err(loading::unavailable)?.lines;
        let live = wait_until_live(&pool, stored.id).await.map_err(loading::unavailable)?.ok_or(AppError::NotFound)?;
        let health = TargetHealth::load(&stored).await?;
        let ends = ends_card(&stored, health.as_ref(), may_edit);
        let (changes, runtimes) = (changes_card(lines, &slug), runtimes_card(&live));
        let (pages, api) = (pages_card(&stored, health.as_ref()), api_card(&stored));
        Ok(view! {
            <InstanceFrame stored place=Place::Overview>
                {restored}
                <div class="overview">
                    {ends}
                    <aside aria-label="Status">{changes}{runtimes}</aside>
                    {pages}
                    {api}
                </div>
            </InstanceFrame>
        })
    })
}
