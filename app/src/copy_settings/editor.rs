//! Copies in the browser: the form calls the server function itself.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::ServerFn, wasm_bindgen::JsValue};

use super::api::CopySettings;
use crate::{
    paths,
    saving::{
        api_call::{arguments, list},
        submit::submits,
    },
};

/// Belongs into the form with the class `copy-settings`. `slug` is the instance that is copied to.
#[island]
pub fn CopyEditor(slug: String) -> impl IntoView {
    let slug = StoredValue::new(slug);
    let call = move |form: &_| slug.with_value(|slug| arguments(slug, form));
    let page = move |saved: &JsValue| {
        let left_out: Vec<String> = list(saved, "left_out").iter().filter_map(|field| field.as_string()).collect();
        let query: Vec<String> = left_out.iter().map(|field| format!("&left_out={field}")).collect();
        slug.with_value(|slug| format!("{}?copied{}", paths::instance(slug).redirects(), query.concat()))
    };
    submits("copy-settings", CopySettings::PATH, call, page)
}
