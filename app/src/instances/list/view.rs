//! The screen of the list of instances.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    Count, Counts, ListFilter, ListedInstance, MAX_COUNTED, PAGE_SIZE, Shown,
    problems::{Problem, problems},
    read_counts, read_page,
};
use crate::{
    admins::Role,
    database::StoreError,
    history::with_token,
    instances::archive::{
        self,
        view::{archived_banner, archived_list},
    },
    layout::{
        frame::{Frame, ServerPage, environment_badge},
        loading,
    },
    paths,
    ui::{
        icon::{SEARCH, TICK, WARNING, icon},
        text::{Escaped, Grouped, moment},
    },
};

/// The instances that the caller is a member of.
#[component]
pub fn ListPage() -> impl IntoView {
    let query = loading::query();
    let just_archived = loading::query_value("archived");
    loading::loaded(async move {
        let (pool, caller) = (loading::pool()?, loading::caller()?);
        let filter = ListFilter::read(&query);
        let counts = read_counts(&pool, caller.id, &filter).await.map_err(loading::unavailable)?;
        let archived = archive::count(&pool, caller.id, &filter).await.map_err(loading::unavailable)?;
        let done = match just_archived.as_str() {
            "" => None,
            slug => archive::find(&pool, caller.id, slug).await.map_err(loading::unavailable)?,
        };
        let is_empty = counts == Counts::default() && archived == 0 && filter.search.is_empty();
        let count = counts.of(filter.shown, archived);
        let body = match filter.shown {
            _ if is_empty => first_steps(caller.is_server_admin).into_any(),
            Shown::Archived => {
                let page = archive::list(&pool, caller.id, &filter).await.map_err(loading::unavailable)?;
                let pages = pager(&filter, count, page.len());
                if page.is_empty() { nothing(&filter).into_any() } else { view! { {archived_list(page)} {pages} }.into_any() }
            }
            Shown::All | Shown::Of(_) => {
                let page = read_page(&pool, caller.id, &filter).await.map_err(loading::unavailable)?;
                let ids: Vec<i64> = page.iter().map(|listed| listed.id).collect();
                let mut problems = problems(&pool, &ids).await.map_err(StoreError::into_app_error)?;
                let pages = pager(&filter, count, page.len());
                let rows = page.iter().map(|listed| row(listed, problems.remove(&listed.id)).into_any()).collect();
                if page.is_empty() { nothing(&filter).into_any() } else { view! { {table(rows)} {pages} }.into_any() }
            }
        };
        let left = (query == "left").then(|| view! { <p class="banner" role="status">{icon(TICK)}"You have left the instance."</p> });
        let new =
            (caller.is_server_admin && !is_empty).then(|| view! { <a class="button primary" href=paths::NEW_INSTANCE>"New instance"</a> });
        Ok(view! {
            <Title text="Instances" />
            <Frame page=ServerPage::Instances>
                <header class="head"><h1>"Instances"</h1>{new}</header>
                {left}
                {done.as_ref().map(archived_banner)}
                {(!is_empty).then(|| find(&filter, counts, archived))}
                {body}
            </Frame>
        })
    })
}

/// What to do where there is no instance yet.
fn first_steps(may_create: bool) -> impl IntoView {
    let (text, create) = if may_create {
        (
            "An instance is one application's authentication setup: its domain, its portal, and where people go after they sign up, sign in or sign out. Most teams have two, one for development and one for production.",
            Some(view! { <a class="button primary" href=paths::NEW_INSTANCE>"Create the first instance"</a> }),
        )
    } else {
        ("You are not a member of any instance. Ask an owner of yours for an invitation, and follow its link.", None)
    };
    view! { <section class="card empty"><h2>"No instance yet"</h2><p>{text}</p>{create}</section> }
}

/// Says that nothing matches, and the way back.
fn nothing(filter: &ListFilter) -> impl IntoView + use<> {
    let text = if filter.search.is_empty() {
        "No instance matches this filter.".to_owned()
    } else {
        format!("Nothing matches \u{201c}{}\u{201d}. Search for a part of a name, a domain or a slug.", Escaped(&filter.search))
    };
    view! {
        <section class="card empty">
            <h2>"No instance found"</h2>
            <p>{text}</p>
            <a class="button" href=paths::INSTANCES>"Show all"</a>
        </section>
    }
}

/// The search and the filters, each with its count.
fn find(filter: &ListFilter, counts: Counts, archived: i64) -> impl IntoView + use<> {
    let links = Shown::ALL
        .map(|shown| {
            let count = counts.of(shown, archived).to_string();
            let here = (filter.shown == shown).then_some("page");
            let class = (shown == Shown::Archived).then_some("apart");
            view! { <li class=class><a href=filter.with_shown(shown).address() aria-current=here>{shown.label()} " " <span>{count}</span></a></li> }
        })
        .collect_view();
    let shown = (filter.shown != Shown::All).then(|| view! { <input type="hidden" name="show" value=filter.shown.name() /> });
    view! {
        <div class="find">
            <form method="get" action=paths::INSTANCES role="search" aria-label="Instances">
                <div class="input">
                    {icon(SEARCH)}
                    <input
                        type="search"
                        name="q"
                        value=filter.search.clone()
                        aria-label="Find an instance"
                        placeholder="Name, domain or slug"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                    />
                    <button>"Search"</button>
                </div>
                {shown}
            </form>
            <nav class="sub-tabs" aria-label="Filters"><ul>{links}</ul></nav>
        </div>
    }
}

/// Which part of the list is shown, and the ways to the pages beside it.
fn pager(filter: &ListFilter, count: Count, shown: usize) -> impl IntoView + use<> {
    let shown = i64::try_from(shown).unwrap_or_default();
    let last = filter.offset() + shown;
    // Of one environment there may be more than were found among those that were counted.
    let all = Count { count: count.count.max(last), ..count };
    let is_more = shown == PAGE_SIZE && last < MAX_COUNTED && (last < count.count || count.is_capped);
    let narrow = (last >= MAX_COUNTED && count.is_capped).then_some(". Search to see others.");
    let range = format!("{} to {} of {all}", Grouped(filter.offset() + 1), Grouped(last));
    let previous =
        (filter.page > 1).then(|| view! { <a class="button small" href=filter.at(filter.page - 1).address() rel="prev">"Previous"</a> });
    let next = is_more.then(|| view! { <a class="button small" href=filter.at(filter.page + 1).address() rel="next">"Next"</a> });
    view! { <nav class="pager" aria-label="Pages"><p>{range}{narrow}</p>{previous}{next}</nav> }
}

fn table(rows: Vec<AnyView>) -> impl IntoView + use<> {
    view! {
        <table class="card instances">
            <thead>
                <tr>
                    <th scope="col">"Instance"</th>
                    <th scope="col">"Environment"</th>
                    <th scope="col">"Your role"</th>
                    <th scope="col">"Problem"</th>
                    <th scope="col" aria-sort="descending">"Last change" <span aria-hidden="true">" ↓"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(listed: &ListedInstance, problem: Option<Problem>) -> impl IntoView + use<> {
    let problem = problem.map(|Problem { text, is_serious }| {
        view! { <span class="problem" data-kind=if is_serious { "refused" } else { "warning" }>{icon(WARNING)}<span>{text}</span></span> }
    });
    let role = listed.role.parse().map_or("", Role::label);
    let who = listed.changed_by.as_ref().map(|who| format!(" · {}", Escaped(&with_token(who, listed.changed_with.as_deref()))));
    view! {
        <tr>
            <th scope="row"><a href=paths::instance(&listed.slug).overview()>{listed.name.clone()}</a><small>{listed.domain.clone()}</small></th>
            <td>{environment_badge(listed.environment())}</td>
            <td>{role}</td>
            <td>{problem}</td>
            <td>{moment(listed.changed_at)} " " <small>"Version " {listed.version} {who}</small></td>
        </tr>
    }
}
