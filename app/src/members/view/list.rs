//! The list of members with its search and its pages, and the list of invitations.

use leptos::prelude::*;

use super::rows::{MemberList, invitation_row};
use crate::{
    admins::store::links::PendingInvitation,
    members::{
        filter::MembersFilter,
        store::{Member, MemberCount, MembersPage},
    },
    ui::{
        form::FieldError,
        icon::{SEARCH, icon},
        text::{Escaped, Grouped},
    },
};

/// How many members are on a page, and how many invitations are shown.
pub(super) const PAGE_SIZE: i64 = 100;

/// With more members or invitations than this, the page has a search.
const MAX_WITHOUT_SEARCH: i64 = 20;

/// Whether the page needs a search.
pub(super) fn has_search(count: MemberCount, pending: &[PendingInvitation]) -> bool {
    count.all.max(i64::try_from(pending.len()).unwrap_or(i64::MAX)) > MAX_WITHOUT_SEARCH
}

/// The members on the page. A member whose role was just changed comes first if they are on another page now.
pub(super) fn member_list(
    list: &MemberList,
    count: MemberCount,
    page: MembersPage,
    changed: Option<Member>,
    errors: &[FieldError],
) -> impl IntoView + use<> {
    let (filter, shown) = (&list.filter, page.members.len());
    let is_searched = !filter.search.is_empty();
    let search = (list.has_search || is_searched).then(|| search_form(list));
    let rows: Vec<_> = changed.into_iter().chain(page.members).map(|member| list.member_row(member, errors)).collect();
    let first =
        filter.after.is_some().then(|| view! { <a class="button small" href=filter.at(None).page(&list.slug, &[])>"First page"</a> });
    let next = page.next.map(|next| {
        view! { <a class="button small" href=filter.at(Some(next)).page(&list.slug, &[]) rel="next">"Next"</a> }
    });
    let all = MembersFilter::default().page(&list.slug, &[]);
    let show_all = is_searched.then(|| view! { <a class="button small" href=all.clone()>"Show all"</a> });
    let is_whole = first.is_none() && next.is_none();
    let said = match (is_searched, is_whole) {
        (true, true) => Some(format!("{} of {} members", Grouped(count.found), Grouped(count.all))),
        (true, false) => Some(format!("{} of {} members who match", Grouped(shown), Grouped(count.found))),
        (false, false) => Some(format!("{} of {} members", Grouped(shown), Grouped(count.all))),
        (false, true) => None,
    };
    let body = if rows.is_empty() {
        let text =
            format!("No member's address has \u{201c}{}\u{201d} in it. Search for a part of an email address.", Escaped(&filter.search));
        let text = if is_searched { text } else { "The list of members ends here.".to_owned() };
        view! { <div class="card empty"><h3>"No member found"</h3><p>{text}</p><a class="button" href=all>"Show all"</a></div> }.into_any()
    } else {
        let pages = said.map(|said| view! { <nav class="pager" aria-label="Pages"><p>{said}</p>{show_all}{first}{next}</nav> });
        view! { <ul class="card people">{rows}</ul>{pages} }.into_any()
    };
    view! { <div>{search}{body}</div> }
}

fn search_form(list: &MemberList) -> impl IntoView + use<> {
    let path = MembersFilter::default().page(&list.slug, &[]);
    view! {
        <div class="find">
            <form method="get" action=path role="search" aria-label="Members">
                <div class="input">
                    {icon(SEARCH)}
                    <input
                        type="search"
                        name="q"
                        value=list.filter.search.clone()
                        aria-label="Find a member"
                        placeholder="Part of an email address"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="254"
                    />
                    <button>"Search"</button>
                </div>
            </form>
        </div>
    }
}

/// The invitations that nobody has accepted, of those that the search finds. If it finds members only, that is said. `new` is the address and the link of one that was just made.
pub(super) fn invitations(
    list: &MemberList,
    count: MemberCount,
    mut pending: Vec<PendingInvitation>,
    new: Option<&(String, String)>,
) -> Option<impl IntoView + use<>> {
    let limit = usize::try_from(PAGE_SIZE).unwrap_or(0);
    let is_cut = pending.len() > limit;
    pending.truncate(limit);
    if pending.is_empty() {
        let finds_members_only = list.is_owner && !list.filter.search.is_empty() && count.found > 0;
        let none = || view! { <div class="card empty"><h3>"No invitation matches"</h3></div> };
        return finds_members_only.then(|| invitations_section(none().into_any()));
    }
    let cut = is_cut.then(|| view! { <p class="help">{format!("The newest {PAGE_SIZE}. Search for others by email address.")}</p> });
    let link_for = |email: &str| new.filter(|(invited, _)| invited == email).map(|(_, link)| link.clone());
    let rows =
        pending.into_iter().map(|pending| invitation_row(link_for(&pending.email), pending, &list.slug, &list.filter)).collect_view();
    Some(invitations_section(view! { <ul class="card people invited">{rows}</ul>{cut} }.into_any()))
}

fn invitations_section(shown: AnyView) -> impl IntoView + use<> {
    view! {
        <section class="group" aria-labelledby="invitations-title">
            <div>
                <h2 id="invitations-title">"Invitations"</h2>
                <p>"Nobody has accepted these yet. Each link works once, within a week. A new link ends the old one."</p>
            </div>
            <div>{shown}</div>
        </section>
    }
}
