//! Posts of the Members page. The guard lets only owners through; every member may leave.

use app::{
    admins::{Caller, Token},
    database::StoreError,
    members::{
        filter::MembersFilter,
        form::{InviteForm, RemoveForm, RoleForm, WithdrawForm},
        store,
        view::{NewLink, RejectedMemberForm},
    },
    paths,
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, Uri, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{
    Dashboard, cookies,
    failure::Failure,
    guard::Origin,
    posted_form::PostedForm,
    shown_once::{OnceCookie, hand_over},
};

/// `POST /instances/{slug}/members`: makes an invitation. The page that follows shows its link, this once: a reload makes no other.
pub(super) async fn invite(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<InviteForm>,
) -> Result<Response, Failure> {
    let page = dashboard.mailed_page(paths::INVITATION);
    match store::invite_by_mail(&dashboard.pool, &caller.actor, &slug, &form, page.as_deref()).await {
        Ok((_, token)) => {
            let mut response = Redirect::to(&format!("{}?invited", paths::instance(&slug).members())).into_response();
            cookies::set_new_link(response.headers_mut(), &token, origin.secure);
            Ok(response)
        }
        Err(error) => reject(&dashboard, &slug, parts, error, form).await,
    }
}

/// Hands the link that an owner has just made to the Members page, and takes it out of their browser with that.
pub(super) async fn show_new_link(State(dashboard): State<Dashboard>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = paths::slug_of(path).is_some_and(|slug| path == paths::instance(slug).members());
    let cookie = OnceCookie { read: cookies::new_link, remove: cookies::remove_new_link };
    let shown = |token: Token| NewLink { link: dashboard.url.link(paths::INVITATION, &token.secret()), token };
    hand_over(request, next, is_page, cookie, shown).await
}

/// `POST /instances/{slug}/members/role`
pub(super) async fn change_role(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<RoleForm>,
) -> Result<Response, Failure> {
    match store::change_role(&dashboard.pool, &caller.actor, &slug, &form).await {
        Ok(was) => {
            let changed = [("changed", form.member.to_string()), ("was", was.to_string())];
            Ok(back(&slug, &parts, &changed.each_ref().map(|(name, value)| (*name, value.as_str()))))
        }
        Err(error) => reject(&dashboard, &slug, parts, error, InviteForm::default()).await,
    }
}

/// `POST /instances/{slug}/members/remove`
pub(super) async fn remove(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<RemoveForm>,
) -> Result<Response, Failure> {
    match store::remove(&dashboard.pool, &caller.actor, &slug, form.member).await {
        Ok(()) if form.member == caller.id => Ok(Redirect::to(&format!("{}?left", paths::INSTANCES)).into_response()),
        Ok(()) => Ok(back(&slug, &parts, &[("removed", "")])),
        Err(error) => reject(&dashboard, &slug, parts, error, InviteForm::default()).await,
    }
}

/// `POST /instances/{slug}/members/leave`: removes who asks.
pub(super) async fn leave(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    parts: Parts,
) -> Result<Response, Failure> {
    match store::remove(&dashboard.pool, &caller.actor, &slug, caller.id).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?left", paths::INSTANCES)).into_response()),
        Err(error) => reject(&dashboard, &slug, parts, error, InviteForm::default()).await,
    }
}

/// `POST /instances/{slug}/members/withdraw`
pub(super) async fn withdraw(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<WithdrawForm>,
) -> Result<Response, Failure> {
    match store::withdraw(&dashboard.pool, &caller.actor, &slug, form.invitation).await {
        Ok(()) => Ok(back(&slug, &parts, &[("withdrawn", "")])),
        Err(error) => reject(&dashboard, &slug, parts, error, InviteForm::default()).await,
    }
}

/// Leads back to the page of the list that the form was on, which the form's address says.
fn back(slug: &str, parts: &Parts, more: &[(&str, &str)]) -> Response {
    Redirect::to(&MembersFilter::read(parts.uri.query().unwrap_or_default()).page(slug, more)).into_response()
}

/// The Members page with what is wrong.
async fn reject(dashboard: &Dashboard, slug: &str, mut parts: Parts, error: StoreError, invite: InviteForm) -> Result<Response, Failure> {
    let StoreError::Fields(errors) = error else { return Err(error.into()) };
    // The forms of a row have addresses of their own, which no page has.
    let filter = MembersFilter::read(parts.uri.query().unwrap_or_default());
    if let Ok(page) = filter.page(slug, &[]).parse::<Uri>() {
        parts.uri = page;
    }
    let rejected = RejectedMemberForm { invite, errors };
    Ok(dashboard.render(parts, StatusCode::UNPROCESSABLE_ENTITY, move || provide_context(rejected.clone())).await)
}
