//! Forms that the server renders and that lead to another page once they are saved. With JavaScript they call their server function
//! themselves: they say that they are busy, can't be sent twice, and say why they failed beside their button.

use std::future::Future;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, HtmlFormElement};

use super::outcome::{SaveOutcome, Saved};
use crate::error::AppError;

/// What is said beside the button of such a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Said {
    /// Nothing: it was not sent.
    #[default]
    Nothing,
    /// It is being saved.
    Busy,
    /// Somebody else has saved since the page was made.
    Stale,
    /// Why it was not saved.
    Failed(String),
}

/// Takes over the submits of the forms with that class. `call` is the server function with what the form holds; `page` is where the
/// browser goes once it is saved.
pub fn submits<F>(
    class: &'static str,
    call: impl Fn(HtmlFormElement) -> F + Clone + 'static,
    page: impl Fn(&Saved) -> String + Copy + 'static,
) -> impl IntoView
where
    F: Future<Output = Result<SaveOutcome, AppError>> + 'static,
{
    let said = RwSignal::new(Said::Nothing);
    Effect::new(move |_| {
        let call = call.clone();
        let listener = window_event_listener(ev::submit, move |event| {
            let Some(form) = event.target().map(JsCast::unchecked_into::<Element>) else { return };
            if !form.class_list().contains(class) {
                return;
            }
            event.prevent_default();
            if said.get_untracked() == Said::Busy {
                return;
            }
            said.set(Said::Busy);
            let called = call(form.unchecked_into());
            leptos::task::spawn_local(async move {
                match called.await {
                    Ok(SaveOutcome::Saved(saved)) => drop(window().location().assign(&page(&saved))),
                    Ok(SaveOutcome::Rejected { errors }) => {
                        said.set(Said::Failed(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ")));
                    }
                    Ok(SaveOutcome::Conflict(_)) => said.set(Said::Stale),
                    Err(error) => said.set(Said::Failed(error.to_string())),
                }
            });
        });
        on_cleanup(move || listener.remove());
    });
    view! {
        <p class="said" role="status">
            {move || match said.get() {
                Said::Nothing => ().into_any(),
                Said::Busy => "Saving…".into_any(),
                Said::Stale => view! { "Somebody saved in between, so nothing is changed yet. " <a href="">"Show it as it is now"</a> }.into_any(),
                Said::Failed(why) => format!("Not saved. {why}").into_any(),
            }}
        </p>
    }
}
