//! The bar below a form that is saved in place, as the server renders it: what is unsaved, Save and Discard. `in_place` brings it to
//! life. Without JavaScript it is always there, and its buttons post the form.

use leptos::prelude::*;
use serde_json::Value;

use super::form_element::{BAR, BUTTON, CONFIRMED, DISCARD, EFFECT, FORM, IMPACT, SAID, SHOW_EFFECT, SIGN_IN, SUMMARY, UNDO};
use crate::{
    insight::impact::confirm::SHOW,
    paths,
    ui::icon::{WARNING, icon},
};

/// What the bar needs to know of its form.
#[derive(Clone, Debug)]
pub struct SaveBar {
    /// The address of the server function that saves the form.
    pub function: &'static str,
    /// The address of the server function that says how many visits the form concerns.
    pub effect: &'static str,
    /// Their arguments besides the form.
    pub arguments: Value,
    /// The names of the fields that are compared with what is stored.
    pub fields: Vec<&'static str>,
    /// The page with what is stored.
    pub discard: String,
    /// Where the form can be previewed, if it can.
    pub preview: Option<String>,
    /// Whether the caller may not save.
    pub read_only: bool,
}

/// The bar.
pub fn save_bar(bar: SaveBar) -> impl IntoView {
    let SaveBar { function, effect, arguments, fields, discard, preview, read_only } = bar;
    let save = (!read_only).then(|| view! { <button class="button primary" id=BUTTON form=FORM>"Save changes"</button> });
    let show =
        (!read_only).then(|| view! { <button class="button" id=SHOW_EFFECT form=FORM name=CONFIRMED value=SHOW>"Show impact"</button> });
    let preview = preview.map(|page| view! { <button class="button preview-these" form=FORM formaction=page>"Preview"<span class="unseen">" with these values"</span></button> });
    view! {
        <div class="bar" id=BAR data-function=function data-effect=effect data-arguments=arguments.to_string() data-fields=fields.join(" ")>
            <div class="says">
                <p aria-live="polite"><strong id=SAID></strong><a id=IMPACT hidden></a></p>
                <div id=EFFECT aria-live="polite"></div>
            </div>
            <button type="button" class="button" id=UNDO hidden>"Undo"</button>
            <a class="button" id=SIGN_IN href=paths::SIGN_IN target="_blank" rel="noopener" hidden>"Sign in in a new tab"</a>
            {save}
            {show}
            {preview}
            <a class="button discard" id=DISCARD href=discard>"Discard"</a>
        </div>
    }
}

/// Where the browser writes what is wrong with the form. It takes the focus then.
pub fn empty_summary() -> impl IntoView {
    view! {
        <section class="summary" id=SUMMARY role="alert" tabindex="-1" aria-labelledby="in-place-title" hidden>
            {icon(WARNING)}
            <div><h2 id="in-place-title"></h2><p></p><ul></ul></div>
        </section>
    }
}

/// The line beside the button of a form that leads to another page once it is saved. It says that the form is being sent, or what is
/// wrong with it.
pub fn status() -> impl IntoView {
    view! { <p class="said" aria-live="polite"></p> }
}
