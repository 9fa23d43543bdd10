//! Forms that are saved without JavaScript: a post to the page's own address calls the same server function that the browser calls,
//! and renders its outcome.

use app::{
    error::AppError,
    layout::rejected::{Problem, Rejected},
    saving::outcome::{SaveOutcome, Saved},
    ui::form::read,
};
use axum::{
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{prelude::provide_context, reactive::computed::ScopedFuture, reactive::owner::Owner};
use serde::de::DeserializeOwned;

use super::{Dashboard, failure::Failure};

impl Dashboard {
    /// Calls a server function as the caller of this request, in a context like that of its own route.
    pub(super) async fn call<T, F: Future<Output = T> + Send>(&self, parts: &Parts, function: impl FnOnce() -> F) -> T {
        let owner = Owner::new();
        let called = owner.with(|| {
            provide_context(parts.clone());
            self.provide();
            ScopedFuture::new(function())
        });
        called.await
    }

    /// The response to a form whose save had this outcome: a redirect to `page` if it is saved, else the page itself with everything
    /// as it was typed and what is wrong.
    pub(super) async fn answer_save<Form>(
        &self,
        parts: Parts,
        form: Form,
        outcome: Result<SaveOutcome, AppError>,
        page: impl FnOnce(&Saved) -> String,
    ) -> Result<Response, Failure>
    where
        Form: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let (status, rejected) = match outcome? {
            SaveOutcome::Saved(saved) => return Ok(Redirect::to(&page(&saved)).into_response()),
            SaveOutcome::Rejected { errors, merged } => {
                let form = merged.and_then(|merged| read(&merged)).unwrap_or(form);
                (StatusCode::UNPROCESSABLE_ENTITY, Rejected { form, problem: Problem::Fields(errors) })
            }
            SaveOutcome::Confirm(confirmation) => {
                let form = confirmation.merged.as_deref().and_then(read).unwrap_or(form);
                (StatusCode::UNPROCESSABLE_ENTITY, Rejected { form, problem: Problem::Confirm(*confirmation) })
            }
            SaveOutcome::Conflict(conflict) => {
                let form = read(&conflict.merged).unwrap_or(form);
                (StatusCode::CONFLICT, Rejected { form, problem: Problem::Conflict(*conflict) })
            }
        };
        Ok(self.render(parts, status, move || provide_context(rejected.clone())).await)
    }
}

/// The page of a form after it was saved: its query says how.
pub(super) fn saved_page(page: &str, saved: &Saved) -> String {
    format!("{page}?{}", if saved.merged { "merged" } else { "saved" })
}
