//! Switches the hosted pages in the browser: the form calls the server function itself.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::ServerFn};
use web_sys::js_sys::Reflect;

use super::PortalPages;
use crate::{
    instances::api::SetPortalPages,
    paths,
    saving::{api_call::arguments, submit::submits},
};

/// Belongs into the form with the class `switch-pages`. `to` is what becomes of the pages.
#[island]
pub fn PortalPagesSwitch(slug: String, to: PortalPages) -> impl IntoView {
    let slug = StoredValue::new(slug);
    let call = move |form: &_| {
        let arguments = slug.with_value(|slug| arguments(slug, form));
        let _ = Reflect::set(&arguments, &"pages".into(), &to.name().into());
        arguments
    };
    let page = move |_: &_| slug.with_value(|slug| format!("{}?portal-{}", paths::instance(slug).settings(), to.name()));
    submits("switch-pages", SetPortalPages::PATH, call, page)
}
