//! One line of text in a form that the server renders: its label, help, input and error.

use leptos::{attr::custom::custom_attribute, prelude::*};

use super::{
    form::FieldError,
    icon::{WARNING, icon},
};

/// A field, and what is to be said beside it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its name in the form, and its id.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What it is for; empty where the label says it.
    pub help: &'static str,
    /// `text`, `email`, `tel` or `password`.
    pub kind: &'static str,
    /// What the browser may fill it with, as HTML names it.
    pub autocomplete: &'static str,
    /// What is in it.
    pub value: String,
}

impl Field {
    /// The field, with its own error of these.
    pub fn show(self, errors: &[FieldError]) -> impl IntoView + use<> {
        let Self { name, label, help, kind, autocomplete, value } = self;
        let error = errors.iter().find(|error| error.field == name).map(|error| error.message.clone());
        let invalid = error.is_some();
        let help = (!help.is_empty()).then(|| view! { <p class="help" id=format!("{name}-help")>{help}</p> });
        // Names of people begin with a capital; nothing else here does.
        let capitals = if matches!(autocomplete, "given-name" | "family-name" | "organization") { "words" } else { "none" };
        let keyboard = (autocomplete == "one-time-code").then_some("numeric");
        let described = format!("{name}-help {name}-error");
        view! {
            <div class="field">
                <label for=name>{label}</label>
                {help}
                <div class="input" data-kind=if invalid { "refused" } else { "" }>
                    <input
                        type=kind
                        id=name
                        name=name
                        value=value
                        autocomplete=autocomplete
                        spellcheck="false"
                        autocapitalize=capitals
                        inputmode=keyboard
                        aria-describedby=described
                        aria-invalid=invalid.then_some("true")
                        // Safari's. Leptos does not know it.
                        {..custom_attribute("autocorrect", "off")}
                    />
                </div>
                {error.map(|message| error_of(name, message))}
            </div>
        }
    }
}

/// What is wrong with a field, below it.
pub fn error_of(name: &str, message: String) -> impl IntoView + use<> {
    view! { <p class="verdict" data-kind="refused" id=format!("{name}-error")>{icon(WARNING)}<span>{message}</span></p> }
}
