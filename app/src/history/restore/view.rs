//! Putting the fallback redirects of an earlier version back: the page that shows what will change before it is done.

use crate::paths;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use serde_json::json;

use super::{RestoreForm, api::RestoreVersion, version_of};
use crate::{
    admins::Role,
    error::AppError,
    fallbacks::proposal::{Proposal, proposal_view},
    history::store::{fallbacks_at, version},
    insight::impact::{
        Measured,
        confirm::Seen,
        measure,
        measure::{LATELY, Proposed},
        view::on_page,
    },
    layout::{
        frame::{InstanceFrame, Place},
        loading,
        rejected::{Problem, Rejected},
    },
    saving::{bar::status, in_place::SaveInPlace},
    ui::{
        form::summary,
        text::{Escaped, moment},
    },
};

/// What restoring a version would change, and the button that does it.
#[component]
pub fn RestorePage() -> impl IntoView {
    let slug = loading::slug();
    let at = use_params_map().read_untracked().get("version").unwrap_or_default();
    let problem = use_context::<Rejected<RestoreForm>>().map(|rejected| rejected.problem);
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        if loading::role(&slug).await? < Role::Editor {
            return Err(AppError::Forbidden);
        }
        let at = version_of(&at).ok_or(AppError::NotFound)?;
        let pool = loading::pool()?;
        let target = fallbacks_at(&pool, &stored, at).await.map_err(loading::unavailable)?.ok_or(AppError::NotFound)?;
        let (who, since) = version(&pool, stored.id, at).await.map_err(loading::unavailable)?.ok_or(AppError::NotFound)?;
        let now = stored.instance.version();
        let proposal = Proposal::new(&stored, &target);
        let back = paths::instance(&slug).history();
        let problem = problem.map(|problem| match problem {
            Problem::Confirm(_) => summary(
                "Look at the impact, then restore",
                "Nothing is restored yet. Below is how many visits it concerns now.",
                Vec::new(),
            ),
            Problem::Conflict(_) | Problem::Fields(_) => summary(
                "Somebody saved in between",
                "Nothing is restored yet. Below is what restoring would change now; read it, then restore.",
                Vec::new(),
            ),
        });
        let environment = stored.settings.environment;
        let proposed = Proposed { instance: stored.instance.clone(), fallbacks: proposal.result() };
        let measured = if proposal.changes_nothing() { Measured::NoVisits } else { measure(&pool, &stored, &proposed, LATELY).await };
        let seen = Seen::new(now, proposed.rules(), measured.figure().unwrap_or_default());
        let impact = on_page(&measured, &seen, environment);
        let label = if impact.is_much { "Restore anyway" } else { "Restore these redirects" };
        let end = if proposal.changes_nothing() {
            let text = if proposal.rows().is_empty() {
                "Nothing to change: the redirects are those of this version already."
            } else {
                "Nothing to change: today's rules refuse what this version had, and the rest is the same."
            };
            view! {
                <div class="restore-end">
                    <p>{text}</p>
                    <a class="button" href=back>"Back to the history"</a>
                </div>
            }
            .into_any()
        } else {
            view! {
                <form
                    method="post"
                    class="restore-end"
                    action=paths::instance(&slug).version(at)
                    data-function=RestoreVersion::PATH
                    data-arguments=json!({ "slug": slug, "version": at }).to_string()
                    data-page=format!("{}?restored", paths::instance(&slug).history())
                >
                    <input type="hidden" name="version" value=now />
                    <input type="hidden" name="save_id" value=stored.save_id.to_string() />
                    {impact.confirmed}
                    <p class="help">{format!("It is saved as version {}. Settings stay as they are.", now + 1)}</p>
                    <a class="button" href=back>"Cancel"</a>
                    <button class="button primary">{label}</button>
                    {status()}
                    <SaveInPlace />
                </form>
            }
            .into_any()
        };
        Ok(view! {
            <InstanceFrame stored place=Place::History>
                {problem}
                <section class="restore" aria-labelledby="restore-title">
                    <h2 id="restore-title">"Restore version "{at}</h2>
                    <p class="help">"Made by "{Escaped(&who).to_string()}" on "{moment(since)}". The redirects would be what they were then."</p>
                    {proposal_view(&proposal)}
                    {impact.view.map(|impact| view! { <div class="card">{impact}</div> })}
                    {end}
                </section>
            </InstanceFrame>
        })
    })
}
