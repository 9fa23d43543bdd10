//! Putting the fallback redirects of an earlier version back: the page that shows what will change before it is done.

use crate::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::Deserialize;

use super::store::{fallbacks_at, version};
use crate::{
    admins::Role,
    error::AppError,
    fallbacks::proposal::{Proposal, proposal_view},
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    ui::{
        form::summary,
        text::{Escaped, moment},
    },
};

/// The form of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreForm {
    /// The version that the page was made from.
    pub version: i64,
}

/// Somebody saved while the page was open, so nothing was restored. The page finds it in its context.
#[derive(Clone, Copy, Debug)]
pub struct Stale;

/// The version that an address names; `None` where it is none as an instance has one.
pub fn version_of(text: &str) -> Option<i64> {
    text.parse().ok().filter(|version: &i64| *version >= 1 && version.to_string() == text)
}

/// What restoring a version would change, and the button that does it.
#[component]
pub fn RestorePage() -> impl IntoView {
    let slug = loading::slug();
    let at = use_params_map().read_untracked().get("version").unwrap_or_default();
    let stale = use_context::<Stale>().is_some();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        if loading::role(&slug).await? < Role::Editor {
            return Err(AppError::Forbidden);
        }
        let at = version_of(&at).ok_or(AppError::NotFound)?;
        let pool = loading::pool()?;
        let target = fallbacks_at(&pool, &stored, at).await.map_err(loading::unavailable)?.ok_or(AppError::NotFound)?;
        let (who, since) = version(&pool, stored.id, at).await.map_err(loading::unavailable)?.ok_or(AppError::NotFound)?;
        let instances = loading::instances().await?;
        let now = stored.instance.version();
        let proposal = Proposal::new(&stored, &target);
        let back = paths::instance(&slug).history();
        let stale = stale.then(|| {
            summary(
                "Somebody saved in between",
                "Nothing is restored yet. Below is what restoring would change now; read it, then restore.",
                Vec::new(),
            )
        });
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
                <form method="post" class="restore-end" action=paths::instance(&slug).version(at)>
                    <input type="hidden" name="version" value=now />
                    <p class="help">{format!("It is saved as version {}. Settings stay as they are.", now + 1)}</p>
                    <a class="button" href=back>"Cancel"</a>
                    <button class="button primary">"Restore these redirects"</button>
                </form>
            }
            .into_any()
        };
        Ok(view! {
            <InstanceFrame instances stored place=Place::History>
                {stale}
                <section class="restore" aria-labelledby="restore-title">
                    <h2 id="restore-title">"Restore version "{at}</h2>
                    <p class="help">"Made by "{Escaped(&who).to_string()}" on "{moment(since)}". The redirects would be what they were then."</p>
                    {proposal_view(&proposal)}
                    {end}
                </section>
            </InstanceFrame>
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_number_from_1_written_as_numbers_are() {
        assert_eq!(version_of("1"), Some(1));
        assert_eq!(version_of("9223372036854775807"), Some(i64::MAX));
        for text in ["", "0", "-1", "+1", "01", "1.0", "1e3", " 1", "x", "9223372036854775808", "export.csv"] {
            assert_eq!(version_of(text), None, "{text}");
        }
    }
}
