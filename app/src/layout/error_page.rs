//! The page of an error: what happened, and the way on.

use axum::http::{StatusCode, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;

use super::frame::{Frame, ServerPage};
use crate::{
    error::AppError,
    instances::archive::{RESTORABLE_DAYS, Restorable},
    paths,
    ui::text::moment,
};

/// The fields of a form that was posted. The error page finds them in its context and offers to send them again, so nothing typed is
/// lost.
#[derive(Clone, Debug)]
pub struct PostedFields {
    /// Its fields.
    pub fields: Vec<(String, String)>,
    /// How they were written, where that is not as forms do by themselves: the form's `enctype`.
    pub enctype: Option<&'static str>,
}

/// The status that fits an error.
pub fn status_of(error: AppError) -> StatusCode {
    match error {
        AppError::NotFound => StatusCode::NOT_FOUND,
        AppError::SignedOut => StatusCode::UNAUTHORIZED,
        AppError::Forbidden | AppError::SecondFactorRequired => StatusCode::FORBIDDEN,
        AppError::Archived => StatusCode::GONE,
        AppError::BadRequest => StatusCode::BAD_REQUEST,
        AppError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        AppError::Unavailable | AppError::Invalid | AppError::Busy | AppError::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The page of an error: what happened, and the way on.
pub fn error_page(error: AppError) -> impl IntoView {
    let status = status_of(error);
    let title = match error {
        AppError::NotFound => "Not found",
        AppError::SignedOut => "Signed out",
        AppError::Forbidden => "Not allowed",
        AppError::SecondFactorRequired => "Second factor required",
        AppError::Archived => "Archived",
        AppError::BadRequest | AppError::TooLarge => "Not understood",
        AppError::Unavailable | AppError::Invalid | AppError::Busy | AppError::Unreachable => "Not available",
    };
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
    let again = matches!(error, AppError::SignedOut | AppError::SecondFactorRequired) || status == StatusCode::SERVICE_UNAVAILABLE;
    // In a tab of its own, so that this one keeps what was typed.
    let way_in = match error {
        AppError::SignedOut => Some((paths::SIGN_IN, "Sign in, in a new tab")),
        AppError::SecondFactorRequired => Some((paths::SECOND_FACTOR, "Set it up, in a new tab")),
        _ => None,
    };
    let way_in = way_in.map(|(page, text)| view! { <p><a href=page target="_blank" rel="noopener">{text}</a></p> });
    let restorable = use_context::<Restorable>();
    let title = restorable.as_ref().map_or_else(|| title.to_owned(), |one| format!("{} is archived", one.slug));
    let restorable = restorable.map(restore_form);
    let again = use_context::<PostedFields>().filter(|_| again).map(|PostedFields { fields, enctype }| {
        let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
        view! {
            <form method="post" enctype=enctype>
                {fields}
                <p>"What you typed is kept on this page."</p>
                <button class="button primary">{if status == StatusCode::SERVICE_UNAVAILABLE { "Try again" } else { "Send again" }}</button>
            </form>
        }
    });
    // The operator finds the reason in the log by this id.
    let request = use_context::<Parts>()
        .filter(|_| status == StatusCode::SERVICE_UNAVAILABLE)
        .and_then(|parts| parts.headers.get("x-request-id")?.to_str().ok().map(str::to_owned))
        .map(|id| view! { <p class="help" id="request">"Request " <code>{id}</code></p> });
    view! {
        <Title text=title.clone() />
        <Frame page=ServerPage::Error>
            <header class="head"><h1>{title}</h1></header>
            <p class="lead">{error.to_string()}</p>
            {restorable}
            {request}
            {way_in}
            {again}
            <p><a href=paths::INSTANCES>"All instances"</a></p>
        </Frame>
    }
}

/// Until when an archived instance can be restored, and for its owners the button that does it.
fn restore_form(restorable: Restorable) -> AnyView {
    let Restorable { slug, until, is_owned } = restorable;
    match until {
        Some(until) if is_owned => view! {
            <form method="post" action=paths::instance(&slug).unarchive()>
                <p>"You can restore it as it was, until " {moment(until)} "."</p>
                <button class="button primary">"Restore"</button>
            </form>
        }
        .into_any(),
        Some(until) => view! { <p>"An owner can restore it until " {moment(until)} "."</p> }.into_any(),
        None => view! { <p>{format!("That can be undone for {RESTORABLE_DAYS} days, which are over.")}</p> }.into_any(),
    }
}
