//! Posts of the Members page. The guard has seen to it that owners ask; leaving is for every member.

use app::paths;
use app::{
    admins::{Caller, store::links::Purpose},
    instances::store::StoreError,
    layout::loading::Posted,
    members::{
        form::{InviteForm, RemoveForm, RoleForm, WithdrawForm},
        store,
        view::{NewInvitation, RejectedMemberForm},
    },
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use crate::{
    dashboard::rendering::Pages,
    http::form::{Received, read_form},
};

/// `POST /instances/{slug}/members`: makes an invitation and answers its link, this once.
pub(crate) async fn invite(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Received { parts, form, posted } = match read_form::<InviteForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    match store::invite(&pages.pool, &caller.actor, &slug, &form).await {
        Ok((invitation, token)) => {
            let page = Purpose::Invite(invitation.clone()).page();
            let created = NewInvitation { invitation, link: pages.reach.link(page, &token.secret()) };
            pages.render(parts, StatusCode::OK, move || provide_context(created.clone())).await
        }
        Err(error) => refuse(&pages, &slug, parts, posted, error, form).await,
    }
}

/// `POST /instances/{slug}/members/role`
pub(crate) async fn change_role(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Received { parts, form, posted } = match read_form::<RoleForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    match store::change_role(&pages.pool, &caller.actor, &slug, &form).await {
        Ok(()) => Redirect::to(&format!("{}?saved", paths::instance(&slug).members())).into_response(),
        Err(error) => refuse(&pages, &slug, parts, posted, error, InviteForm::default()).await,
    }
}

/// `POST /instances/{slug}/members/remove`
pub(crate) async fn remove(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Received { parts, form, posted } = match read_form::<RemoveForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    match store::remove(&pages.pool, &caller.actor, &slug, form.member).await {
        Ok(()) if form.member == caller.id => Redirect::to(&format!("{}?left", paths::INSTANCES)).into_response(),
        Ok(()) => Redirect::to(&format!("{}?removed", paths::instance(&slug).members())).into_response(),
        Err(error) => refuse(&pages, &slug, parts, posted, error, InviteForm::default()).await,
    }
}

/// `POST /instances/{slug}/members/leave`: removes who asks.
pub(crate) async fn leave(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match store::remove(&pages.pool, &caller.actor, &slug, caller.id).await {
        Ok(()) => Redirect::to(&format!("{}?left", paths::INSTANCES)).into_response(),
        Err(error) => refuse(&pages, &slug, parts, Posted { fields: Vec::new(), enctype: None }, error, InviteForm::default()).await,
    }
}

/// `POST /instances/{slug}/members/withdraw`
pub(crate) async fn withdraw(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Received { parts, form, posted } = match read_form::<WithdrawForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    match store::withdraw(&pages.pool, &caller.actor, &slug, form.invitation).await {
        Ok(()) => Redirect::to(&format!("{}?withdrawn", paths::instance(&slug).members())).into_response(),
        Err(error) => refuse(&pages, &slug, parts, posted, error, InviteForm::default()).await,
    }
}

/// The Members page with what is wrong, or the page that says why there is none.
async fn refuse(pages: &Pages, slug: &str, mut parts: Parts, posted: Posted, error: StoreError, invite: InviteForm) -> Response {
    let StoreError::Fields(errors) = error else {
        if matches!(error, StoreError::Database(_)) {
            tracing::warn!(%error, "members could not be changed");
        }
        return pages.render_error(parts, error.to_app_error(), move || provide_context(posted.clone())).await;
    };
    // The forms of a row have addresses of their own, and the page of none.
    if let Ok(page) = paths::instance(slug).members().parse::<Uri>() {
        parts.uri = page;
    }
    let rejected = RejectedMemberForm { invite, errors };
    pages.render(parts, StatusCode::UNPROCESSABLE_ENTITY, move || provide_context(rejected.clone())).await
}
