//! The switcher in the rail: the current instance, recent ones, and a search. Without JavaScript its search leads to the list.

use axum::http::request::Parts;
use futures_util::future::try_join;
use leptos::prelude::*;
use sqlx::PgPool;
use url::form_urlencoded;

use super::{
    frame::{Place, environment_badge},
    loading,
};
use crate::{
    instances::{
        list::{ListFilter, Recent, find_listed, recent},
        stored::StoredInstance,
        switcher_keys::SwitcherKeys,
    },
    paths,
    ui::icon::{SEARCH, TICK, UP_DOWN, icon},
};

/// How many instances the switcher lists; the others are on the list.
const MAX_SWITCHED: usize = 6;

/// The instances whose pages this browser has opened last, by slug. The server puts them into the request's extensions.
#[derive(Clone, Debug, Default)]
pub struct RecentSlugs(pub Vec<String>);

/// What the switcher lists.
#[derive(Clone, Debug)]
pub struct SwitcherList {
    /// What was searched for; empty for the recent instances.
    search: String,
    /// The slug of the page's own instance; empty where it has none.
    here: String,
    /// The page that the links lead to.
    to: Place,
    found: Vec<Recent>,
}

impl SwitcherList {
    /// Reads what to list from the query of its address, and finds it.
    ///
    /// # Errors
    /// The query fails.
    pub async fn find(pool: &PgPool, admin: i64, query: &str, recent: &RecentSlugs) -> sqlx::Result<Self> {
        let value = |name: &str| {
            let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        Self::of(pool, admin, ListFilter::read(query).search, value("here"), Place::named(&value("to")), recent).await
    }

    async fn of(pool: &PgPool, admin: i64, search: String, here: String, to: Place, slugs: &RecentSlugs) -> sqlx::Result<Self> {
        let recent = async { if search.is_empty() { recent(pool, admin, &slugs.0).await } else { Ok(Vec::new()) } };
        // The rest are the instances that were changed last.
        let (mut found, others) = try_join(recent, find_listed(pool, admin, &search, MAX_SWITCHED)).await?;
        found.retain(|instance| instance.slug != here);
        for other in others {
            let is_there = (search.is_empty() && other.slug == here) || found.iter().any(|instance| instance.slug == other.slug);
            if found.len() < MAX_SWITCHED && !is_there {
                found.push(other);
            }
        }
        Ok(Self { search, here, to, found })
    }

    /// The list, alone.
    pub fn view(self) -> impl IntoView + use<> {
        let Self { search, here, to, found } = self;
        let none = if search.is_empty() { "No other instance." } else { "Nothing matches." };
        let none = found.is_empty().then(|| view! { <li class="help">{none}</li> });
        let links = found
            .into_iter()
            .map(|Recent { slug, name, environment, domain }| {
                let current = (slug == here).then_some("true");
                let badge = environment_badge(environment.parse().unwrap_or_default());
                view! { <li><a href=to.address(&slug) aria-current=current><span>{name}</span><small>{domain}</small>{badge}</a></li> }
            })
            .collect_view();
        view! { <ul class="found" aria-label="Instances" data-search=search>{links}{none}</ul> }
    }
}

/// The switcher. It is left out where there is no instance, or where the database does not answer.
pub(super) async fn switcher(current: Option<(StoredInstance, Place)>) -> Option<impl IntoView> {
    let (caller, pool) = (loading::caller().ok()?, loading::pool().ok()?);
    let (here, to) = current.as_ref().map_or((String::new(), Place::Overview), |(stored, place)| (stored.settings.slug.clone(), *place));
    let slugs = use_context::<Parts>().and_then(|parts| parts.extensions.get::<RecentSlugs>().cloned()).unwrap_or_default();
    let list = SwitcherList::of(&pool, caller.id, String::new(), here.clone(), to, &slugs);
    let list = list.await.map_err(loading::unavailable).ok()?;
    if current.is_none() && list.found.is_empty() {
        return None;
    }
    let from = form_urlencoded::Serializer::new(String::new()).append_pair("to", to.name()).append_pair("here", &here).finish();
    let (name, domain) = current.as_ref().map_or(("Choose an instance".to_owned(), String::new()), |(stored, _)| {
        (stored.settings.name.clone(), stored.domain_typed.clone())
    });
    let own = current.map(|(stored, place)| {
        view! {
            <ul class="own" aria-label="This instance">
                <li>
                    <a href=place.address(&stored.settings.slug) aria-current="true">
                        <span>{stored.settings.name}</span><small>{stored.domain_typed}</small>{icon(TICK)}
                    </a>
                </li>
            </ul>
        }
    });
    let new = caller.is_server_admin.then(|| view! { <li><a href=paths::NEW_INSTANCE>"New instance"</a></li> });
    Some(view! {
        <details class="switcher">
            <summary>
                <span class="unseen">"Instance: "</span>
                <span><strong>{name}</strong><small>{domain}</small></span>
                {icon(UP_DOWN)}
            </summary>
            <div class="menu" data-from=format!("{}?{from}", paths::SWITCHER)>
                <form method="get" action=paths::INSTANCES role="search" aria-label="Switch to another instance">
                    {icon(SEARCH)}
                    <input
                        type="search"
                        name="q"
                        aria-label="Find an instance to switch to"
                        placeholder="Find an instance"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                    />
                    <kbd aria-hidden="true">"Ctrl K"</kbd>
                </form>
                {own}
                {list.view()}
                <ul class="more"><li><a href=paths::INSTANCES>"All instances"</a></li>{new}</ul>
                <p class="keys" aria-hidden="true">
                    <span><kbd>"↑"</kbd> " " <kbd>"↓"</kbd> " choose"</span>
                    <span><kbd>"Enter"</kbd> " open"</span>
                    <span><kbd>"Esc"</kbd> " close"</span>
                </p>
            </div>
        </details>
        <SwitcherKeys />
    })
}
