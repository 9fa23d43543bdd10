//! The screens of archiving: the form that confirms it, and the archived instances on the list.

use crate::{
    admins::Role,
    error::AppError,
    layout::{
        frame::{InstanceFrame, Place, environment_badge},
        loading,
        rejected::{Problem, Rejected},
    },
    paths,
    ui::{
        field::Field,
        form::summary,
        icon::{TICK, icon},
        text::moment,
    },
};
use leptos::prelude::*;

use super::{ArchiveForm, ArchivedInstance, RESTORABLE_DAYS};

/// Asks for an instance's slug, to archive it.
#[component]
pub fn ArchivePage() -> impl IntoView {
    let slug = loading::slug();
    let rejected = use_context::<Rejected<ArchiveForm>>();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        if loading::role(&slug).await? != Role::Owner {
            return Err(AppError::Forbidden);
        }
        let (typed, problem) = rejected.map_or_else(Default::default, |rejected| (rejected.form.slug, Some(rejected.problem)));
        let errors = problem.map(Problem::into_errors).unwrap_or_default();
        let summary = (!errors.is_empty()).then(|| {
            let links = errors.iter().map(|error| (format!("#{}", error.field), error.message.clone()));
            summary("Not archived", "Fix these fields, then try again:", links.collect())
        });
        let field = Field {
            name: "slug",
            label: "Slug",
            help: "Type it to be sure that this is the instance.",
            kind: "text",
            autocomplete: "off",
            value: typed,
        };
        Ok(view! {
            <InstanceFrame stored place=Place::Archive>
                {summary}
                <section class="group" aria-labelledby="archive-title">
                    <div>
                        <h2 id="archive-title">"What happens"</h2>
                        <p>"Its portal closes at once: every link to it answers that it is closed (410). Its members see it on their list only. Invitations that nobody has accepted yet are withdrawn."</p>
                        <p>{format!("For {RESTORABLE_DAYS} days, an owner can restore it from there as it was. Its slug and its portal origin stay taken.")}</p>
                    </div>
                    <form method="post" class="card" autocomplete="off">
                        <p class="field">"The slug of this instance is " <code>{slug.clone()}</code></p>
                        {field.show(&errors)}
                        <div class="end">
                            <a class="button" href=paths::instance(&slug).settings()>"Keep it"</a>
                            <button class="button danger">"Archive instance"</button>
                        </div>
                    </form>
                </section>
            </InstanceFrame>
        })
    })
}

/// The way to archive an instance, at the end of its settings.
pub(in crate::instances) fn way_to_archive(slug: &str) -> impl IntoView + use<> {
    view! {
        <section class="card apart" aria-labelledby="archive-title">
            <div>
                <h2 id="archive-title">"Archive"</h2>
                <p class="help">{format!("Closes the portal. Can be undone for {RESTORABLE_DAYS} days.")}</p>
            </div>
            <a class="button" href=paths::instance(slug).archive()>"Archive instance…"</a>
        </section>
    }
}

/// Says that an instance has just been archived, and undoes it for its owner.
pub(in crate::instances) fn archived_banner(archived: &ArchivedInstance) -> impl IntoView + use<> {
    let undo = archived.is_owned.then(|| {
        view! {
            <form method="post" class="undo" action=paths::instance(&archived.slug).unarchive()>
                <button class="button small">"Undo"</button>
            </form>
        }
    });
    let said = format!("{} is archived, and its portal is closed.", archived.name);
    view! { <div class="banner" role="status">{icon(TICK)}<span>{said}</span>{undo}</div> }
}

/// The caller's archived instances; nothing where there are none.
pub(in crate::instances) fn archived_list(archived: Vec<ArchivedInstance>) -> impl IntoView {
    let rows = archived.into_iter().map(archived_row).collect::<Vec<_>>();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="archived" aria-labelledby="archived-title">
                <h2 id="archived-title">"Archived"</h2>
                <p class="help">{format!("Their portals are closed. An owner can restore them for {RESTORABLE_DAYS} days.")}</p>
                <ul class="card rows-of">{rows}</ul>
            </section>
        }
    })
}

fn archived_row(archived: ArchivedInstance) -> impl IntoView {
    let ArchivedInstance { slug, name, environment, domain, until, is_owned } = archived;
    let restore = is_owned.then(|| {
        let unseen = format!(" {name}");
        view! {
            <form method="post" action=paths::instance(&slug).unarchive()>
                <button class="button small">"Restore"<span class="unseen">{unseen}</span></button>
            </form>
        }
    });
    view! {
        <li>
            <div>
                <p><strong>{name}</strong> " " {environment_badge(environment)}</p>
                <p class="help">{domain} ". Restorable until " {moment(until)} "."</p>
            </div>
            {restore}
        </li>
    }
}
