//! The screen of the Visitors page. Viewers see counts, editors find a visitor and download the waitlist, owners delete.

use leptos::prelude::*;

use super::{
    Search,
    store::{Counts, FoundVisitor, MAX_COUNTED, count},
};
use crate::{
    admins::Role,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    paths,
    portal::quotas::MAX_PER_NETWORK,
    ui::{
        field::Field,
        form::summary,
        icon::{TICK, icon},
        text::{Escaped, Grouped, moment},
    },
};

/// The visitors of an instance.
#[component]
pub fn VisitorsPage() -> impl IntoView {
    let slug = loading::slug();
    let query = loading::query();
    let search = use_context::<Search>();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let (role, pool) = (loading::role(&slug).await?, loading::pool()?);
        let counts = count(&pool, stored.id).await.map_err(loading::unavailable)?;
        let done = match query.as_str() {
            "deleted" => Some("The account is deleted, and its sessions have ended."),
            "removed" => Some("The address is no longer on the waitlist."),
            _ => None,
        };
        let done = done.filter(|_| search.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let errors = search.as_ref().map(|search| search.errors.clone()).unwrap_or_default();
        let wrong = (!errors.is_empty()).then(|| {
            let links = errors.iter().map(|error| (format!("#{}", error.field), error.message.clone()));
            summary("Nobody was searched for", "Fix this field, then try again:", links.collect())
        });
        let find = (role >= Role::Editor).then(|| find_section(&slug, search, role));
        let download = (role >= Role::Editor).then(|| {
            let is_empty = counts.waitlist == 0;
            (!is_empty).then(|| view! { <a class="button" href=paths::instance(&slug).waitlist_csv() download>"Download the waitlist"</a> })
        });
        let help = match role {
            Role::Owner => "People who use this instance's portal. Find a visitor below to delete their account.",
            Role::Editor => "People who use this instance's portal. Owners can delete their accounts.",
            Role::Viewer => "People who use this instance's portal. Editors can search for them.",
        };
        Ok(view! {
            <InstanceFrame stored place=Place::Visitors>
                {wrong}
                {done}
                <section class="group" aria-labelledby="counts-title">
                    <div>
                        <h2 id="counts-title">"In numbers"</h2>
                        <p>{help}</p>
                        <p>{format!("A network can add {MAX_PER_NETWORK} of each per day.")}</p>
                    </div>
                    <div class="card">
                        {numbers(counts)}
                        {download.flatten().map(|link| view! { <div class="end">{link}</div> })}
                    </div>
                </section>
                {find}
            </InstanceFrame>
        })
    })
}

fn numbers(counts: Counts) -> impl IntoView {
    let rows = [("Visitors", counts.visitors), ("Organizations", counts.organizations), ("On the waitlist", counts.waitlist)]
        .map(|(label, count)| {
            let more = if count > MAX_COUNTED { "+" } else { "" };
            view! { <div><dt>{label}</dt><dd>{format!("{}{more}", Grouped(count.min(MAX_COUNTED)))}</dd></div> }
        })
        .collect_view();
    view! { <dl class="numbers">{rows}</dl> }
}

fn find_section(slug: &str, search: Option<Search>, role: Role) -> impl IntoView + use<> {
    let Search { typed, errors, visitor, waiting } = search.clone().unwrap_or_default();
    let is_found = visitor.is_some() || waiting.is_some();
    let nothing = (search.is_some() && errors.is_empty() && !is_found)
        .then(|| view! { <p class="help" role="status">{format!("Nobody signs in with {}, and it is not on the waitlist.", Escaped(&typed))}</p> });
    let visitor = visitor.map(|visitor| visitor_row(slug, visitor, role));
    let waiting = waiting.map(|(email, since)| {
        let unseen = format!(" {email} from the waitlist");
        let page = paths::instance(slug);
        let delete = (role == Role::Owner).then(|| {
            view! {
                <details class="sure">
                    <summary class="button plain small">"Remove"<span class="unseen">{unseen.clone()}</span></summary>
                    <form method="post" action=page.delete_waitlist_entry() class="below">
                        <p>"This can't be undone. They can join again."</p>
                        <input type="hidden" name="email_address" value=email.clone() />
                        <a class="button small" href=page.visitors()>"Cancel"</a>
                        <button class="button small danger">"Remove now"<span class="unseen">{unseen}</span></button>
                    </form>
                </details>
            }
        });
        view! {
            <li>
                <div>
                    <p>{Escaped(&email).to_string()}</p>
                    <p class="help">"On the waitlist since " {moment(since)}</p>
                </div>
                {delete}
            </li>
        }
    });
    let found = is_found.then(|| view! { <ul class="card people" aria-label="Found">{visitor}{waiting}</ul> });
    let field = Field {
        name: "find",
        label: "Email address, phone number or username",
        help: "Enter it in full, as the visitor uses it to sign in or to join the waitlist.",
        kind: "text",
        autocomplete: "off",
        value: typed,
    };
    view! {
        <section class="group" aria-labelledby="find-title">
            <div>
                <h2 id="find-title">"Find a visitor"</h2>
                <p>"This page shows one visitor at a time, never a list."</p>
            </div>
            <div class="find-visitor">
                <form method="post" class="card" action=paths::instance(slug).visitors() autocomplete="off">
                    {field.show(&errors)}
                    <div class="end"><button class="button">"Find"</button></div>
                </form>
                {found}
                {nothing}
            </div>
        </section>
    }
}

fn visitor_row(slug: &str, visitor: FoundVisitor, role: Role) -> impl IntoView + use<> {
    let FoundVisitor { id, email_address, phone_number, username, name, created_at, last_seen_at, organizations } = visitor;
    let identifiers = [email_address, phone_number, username].into_iter().flatten().map(|text| Escaped(&text).to_string());
    let shown = identifiers.collect::<Vec<_>>().join(" · ");
    let name = (!name.is_empty()).then(|| view! { <p class="help">{Escaped(&name).to_string()}</p> });
    let seen = last_seen_at.map(|at| view! { ". Last seen " {moment(at)} });
    let organizations = match organizations {
        0 => None,
        1 => Some(". In 1 organization".to_owned()),
        count => Some(format!(". In {count} organizations")),
    };
    let page = paths::instance(slug);
    let unseen = format!(" {shown}");
    let delete = (role == Role::Owner).then(|| {
        view! {
            <details class="sure">
                <summary class="button plain small">"Delete"<span class="unseen">{unseen.clone()}</span></summary>
                <form method="post" action=page.delete_visitor() class="below">
                    <p>"This can't be undone. Their sessions end, and organizations without other members are deleted too."</p>
                    <input type="hidden" name="visitor" value=id />
                    <a class="button small" href=page.visitors()>"Cancel"</a>
                    <button class="button small danger">"Delete now"<span class="unseen">{unseen}</span></button>
                </form>
            </details>
        }
    });
    view! {
        <li>
            <div>
                <p>{shown}</p>
                {name}
                <p class="help">"Signed up " {moment(created_at)} {seen} {organizations} "."</p>
            </div>
            {delete}
        </li>
    }
}
