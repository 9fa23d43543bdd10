//! Forms that the server renders and that lead to another page once they are saved. With JavaScript they call their server function
//! themselves: they say that they are busy, can't be sent twice, and say why they failed beside their button.

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Element, HtmlFormElement, js_sys::Object};

use super::{
    api_call::{call, get, list, text},
    form_element::Fields,
};

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

/// Takes over the submits of the forms with that class. `arguments` are those of the server function at that address; `page` is where
/// the browser goes once it is saved.
pub fn submits(
    class: &'static str,
    function: &'static str,
    arguments: impl Fn(&Fields) -> Object + Copy + 'static,
    page: impl Fn(&JsValue) -> String + Copy + 'static,
) -> impl IntoView {
    let said = RwSignal::new(Said::Nothing);
    Effect::new(move |_| {
        let listener = window_event_listener(ev::submit, move |event| {
            let Some(form) = event.target().map(JsCast::unchecked_into::<Element>) else { return };
            if !form.class_list().contains(class) {
                return;
            }
            event.prevent_default();
            if said.get_untracked() == Said::Busy {
                return;
            }
            let Some(typed) = Fields::of(form.unchecked_ref::<HtmlFormElement>()) else { return };
            said.set(Said::Busy);
            let called = call(function.to_owned(), arguments(&typed));
            leptos::task::spawn_local(async move {
                match called.await {
                    Ok(outcome) if get(&outcome, "saved").is_object() => {
                        let _ = window().location().assign(&page(&get(&outcome, "saved")));
                    }
                    Ok(outcome) if get(&outcome, "rejected").is_object() => {
                        let messages: Vec<_> =
                            list(&get(&outcome, "rejected"), "errors").iter().map(|error| text(&error, "message")).collect();
                        said.set(Said::Failed(messages.join(" ")));
                    }
                    Ok(_) => said.set(Said::Stale),
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
