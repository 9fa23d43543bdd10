//! Restores in the browser: the form calls the server function itself.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::prelude::*;

use super::{RestoreForm, api::restore_version};
use crate::{paths, saving::submit::submits};

/// Belongs into the form with the class `restore-end`. `at` is the version to restore, `now` the one that the page was made from.
#[island]
pub fn RestoreEditor(slug: String, at: i64, now: i64) -> impl IntoView {
    let page = StoredValue::new(format!("{}?restored", paths::instance(&slug).history()));
    let call = move |_| restore_version(slug.clone(), at, RestoreForm { version: now });
    submits("restore-end", call, move |_| page.get_value())
}
