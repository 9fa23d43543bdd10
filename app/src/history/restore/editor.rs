//! Restores in the browser: the form calls the server function itself.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::ServerFn};
use web_sys::js_sys::Reflect;

use super::api::RestoreVersion;
use crate::{
    paths,
    saving::{api_call::arguments, submit::submits},
};

/// Belongs into the form with the class `restore-end`. `at` is the version to restore.
#[island]
pub fn RestoreEditor(slug: String, at: i64) -> impl IntoView {
    let slug = StoredValue::new(slug);
    let call = move |form: &_| {
        let arguments = slug.with_value(|slug| arguments(slug, form));
        // The version is a number in the address, not a field.
        let _ = Reflect::set(&arguments, &"version".into(), &at.to_string().parse::<f64>().unwrap_or_default().into());
        arguments
    };
    let page = move |_: &_| slug.with_value(|slug| format!("{}?restored", paths::instance(slug).history()));
    submits("restore-end", RestoreVersion::PATH, call, page)
}
