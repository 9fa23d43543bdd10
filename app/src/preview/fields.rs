//! The fields of the Preview tab, and the advice beside them.

use leptos::prelude::*;

use super::form::PreviewForm;
use crate::{
    redirects::{Flow, Instance, LinkParams, Prefill, RequestingOrigin, Timestamp, parameter_advice},
    ui::{
        icon::{WARNING, icon},
        text::Escaped,
    },
};

/// Every field except the pasted link.
pub(super) fn fields(form: &PreviewForm, instance: &Instance, now: Option<Timestamp>) -> impl IntoView + use<> {
    let chosen = form.flow();
    let flows =
        Flow::ALL.map(|flow| view! { <option value=flow.name() selected=flow == chosen>{flow.preview_label()}</option> }).collect_view();
    let given = |names: &[&str]| names.iter().any(|name| !form.value(name).is_empty());
    let redirects = LinkParams::REDIRECTS[1..].iter().map(|name| text_field(form, instance, now, name, name).into_any()).collect_view();
    let prefill = Prefill::NAMES.map(|name| text_field(form, instance, now, name, prefill_label(name)).into_any()).collect_view();
    view! {
        <div class="field">
            <label for="flow">"Portal page"</label>
            <div class="input"><select id="flow" name="flow" data-first=chosen.name()>{flows}</select></div>
        </div>
        {text_field(form, instance, now, "redirect_url", "redirect_url")}
        <div class="field">
            <label for="requesting_page">"Requesting page"</label>
            <p class="help" id="requesting_page-help">"Where the visitor comes from. Counts in development only."</p>
            <div class="input">
                <input type="text" inputmode="url" id="requesting_page" name="requesting_page" value=form.requesting_page.clone() spellcheck="false" autocapitalize="none" aria-describedby="requesting_page-help requesting_page-note" />
            </div>
            <div id="requesting_page-note" aria-live="polite">{advice(form, instance, now, "requesting_page")}</div>
        </div>
        <details class="field" open=given(&Prefill::NAMES)>
            <summary>"Prefill"</summary>
            {prefill}
        </details>
        <details class="field" open=given(&LinkParams::REDIRECTS[1..])>
            <summary>"Parameters of self-hosted components"</summary>
            <p class="help">"How they hand their own force and fallback settings to the portal."</p>
            {redirects}
        </details>
    }
}

fn text_field(
    form: &PreviewForm,
    instance: &Instance,
    now: Option<Timestamp>,
    name: &'static str,
    label: &'static str,
) -> impl IntoView + use<> {
    let redirect = LinkParams::REDIRECTS.contains(&name);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <div class="input">
                <input type="text" inputmode=redirect.then_some("url") id=name name=name value=form.value(name).to_owned() spellcheck="false" autocapitalize="none" autocomplete="off" aria-describedby=format!("{name}-note") />
            </div>
            <div id=format!("{name}-note") aria-live="polite">{advice(form, instance, now, name)}</div>
        </div>
    }
}

/// The names of the fields that may have advice beside them.
pub(super) fn advised() -> impl Iterator<Item = &'static str> {
    ["requesting_page"].into_iter().chain(LinkParams::REDIRECTS).chain(Prefill::NAMES)
}

/// The advice below a field, if a part of its value will not work.
pub(super) fn advice(form: &PreviewForm, instance: &Instance, now: Option<Timestamp>, name: &str) -> impl IntoView + use<> {
    let text = if name == "requesting_page" {
        requesting_page_advice(form, instance).map(str::to_owned)
    } else {
        parameter_advice(instance, form.flow(), now, name, form.value(name)).map(|advice| advice.text)
    };
    text.map(|text| view! { <p class="verdict" data-kind="warning">{icon(WARNING)}<span>{Escaped(&text).to_string()}</span></p> })
}

fn requesting_page_advice(form: &PreviewForm, instance: &Instance) -> Option<&'static str> {
    if form.requesting_page.trim().is_empty() {
        None
    } else if RequestingOrigin::of_page(&form.requesting_page).is_none() {
        Some("That is no page. Write its URL, like http://localhost:5173.")
    } else if !RequestingOrigin::referer_counts(instance.environment()) {
        Some("In production it does not count: anyone could link to the portal from a page of their own.")
    } else {
        None
    }
}

fn prefill_label(name: &str) -> &'static str {
    match name {
        "email_address" => "Email address",
        "phone_number" => "Phone number",
        "username" => "Username",
        "first_name" => "First name",
        _ => "Last name",
    }
}
