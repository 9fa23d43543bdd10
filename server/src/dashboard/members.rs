//! Posts of the Members page. The guard lets only owners through; every member may leave.

use app::{
    admins::{Caller, store::links::Purpose},
    database::StoreError,
    members::{
        form::{InviteForm, RemoveForm, RoleForm, WithdrawForm},
        store,
        view::{NewInvitation, RejectedMemberForm},
    },
    paths,
};
use axum::{
    Extension,
    extract::{Path, State},
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/members`: makes an invitation and answers its link, this once.
pub(super) async fn invite(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<InviteForm>,
) -> Result<Response, Failure> {
    match store::invite(&dashboard.pool, &caller.actor, &slug, &form).await {
        Ok((invitation, token)) => {
            let page = Purpose::Invite(invitation.clone()).page();
            let created = NewInvitation { invitation, link: dashboard.url.link(page, &token.secret()) };
            Ok(dashboard.render(parts, StatusCode::OK, move || provide_context(created.clone())).await)
        }
        Err(error) => reject(&dashboard, &slug, parts, error, form).await,
    }
}

/// `POST /instances/{slug}/members/role`
pub(super) async fn change_role(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<RoleForm>,
) -> Result<Response, Failure> {
    match store::change_role(&dashboard.pool, &caller.actor, &slug, &form).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?saved", paths::instance(&slug).members())).into_response()),
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
        Ok(()) => Ok(Redirect::to(&format!("{}?removed", paths::instance(&slug).members())).into_response()),
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
        Ok(()) => Ok(Redirect::to(&format!("{}?withdrawn", paths::instance(&slug).members())).into_response()),
        Err(error) => reject(&dashboard, &slug, parts, error, InviteForm::default()).await,
    }
}

/// The Members page with what is wrong.
async fn reject(dashboard: &Dashboard, slug: &str, mut parts: Parts, error: StoreError, invite: InviteForm) -> Result<Response, Failure> {
    let StoreError::Fields(errors) = error else { return Err(error.into()) };
    // The forms of a row have addresses of their own, which no page has.
    if let Ok(page) = paths::instance(slug).members().parse::<Uri>() {
        parts.uri = page;
    }
    let rejected = RejectedMemberForm { invite, errors };
    Ok(dashboard.render(parts, StatusCode::UNPROCESSABLE_ENTITY, move || provide_context(rejected.clone())).await)
}
