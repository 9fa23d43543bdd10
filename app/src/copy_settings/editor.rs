//! Copies in the browser: the form calls the server function itself.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::prelude::*;

use super::{api::copy_settings, form::CopyForm};
use crate::{
    paths,
    saving::{form_element::Fields, outcome::Saved, submit::submits},
};

/// Belongs into the form with the class `copy-settings`. `slug` is the instance that is copied to.
#[island]
pub fn CopyEditor(slug: String) -> impl IntoView {
    let to = StoredValue::new(paths::instance(&slug).redirects());
    let call = move |form| copy_settings(slug.clone(), checked(&form));
    let page = move |saved: &Saved| {
        let left_out: Vec<String> = saved.left_out.iter().map(|field| format!("&left_out={field}")).collect();
        format!("{}?copied{}", to.get_value(), left_out.concat())
    };
    submits("copy-settings", call, page)
}

/// What is checked in the form.
fn checked(form: &web_sys::HtmlFormElement) -> CopyForm {
    let Some(fields) = Fields::of(form) else { return CopyForm::default() };
    CopyForm {
        from: fields.get("from"),
        from_version: fields.get("from_version").parse().unwrap_or_default(),
        version: fields.get("version").parse().unwrap_or_default(),
        origin: fields.get_all("origin"),
        flow: fields.get_all("flow"),
    }
}
