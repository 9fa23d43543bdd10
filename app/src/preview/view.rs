//! The Preview tab.

use axum::http::request::Parts;
use leptos::prelude::*;

use super::{editor::PreviewEditor, form::PreviewForm, parts::Preview, ways::Ways};
use crate::{
    fallbacks::verdict::{UrlParts, Verdict},
    redirects::Instance,
    ui::{
        copy::CopyButton,
        frame::{InstanceFrame, Place},
        page,
    },
};

/// A form that was posted and is shown as it is; the page finds it in its context.
#[derive(Clone, Debug)]
pub struct Typed(pub PreviewForm);

/// Where any link of an instance would end, and why.
#[component]
pub fn PreviewPage() -> impl IntoView {
    let slug = page::slug();
    let form = match use_context::<Typed>() {
        Some(Typed(form)) => form,
        None => PreviewForm::read(use_context::<Parts>().as_ref().and_then(|parts| parts.uri.query()).unwrap_or_default()),
    };
    page::loaded(async move {
        let stored = page::instance(&slug).await?;
        let instances = page::instances().await?;
        let preview = Preview::new(stored.clone(), form);
        let unsaved = preview.unsaved();
        let banner = unsaved.is_some().then(|| what_if(&stored.instance, preview.form()));
        let (outcome, steps) = preview.outcome(None);
        let compared = unsaved.as_ref().map(|unsaved| {
            let (outcome, steps) = preview.outcome(Some(unsaved));
            view! {
                <section class="card outcome" data-kind="unsaved">
                    <div id="outcome-unsaved" aria-live="polite">{outcome}</div>
                    <CopyButton of="target-unsaved".to_owned() label="the target with the unsaved values".to_owned() />
                    <div id="steps-unsaved">{steps}</div>
                </section>
            }
        });
        let (built, qr) = preview.built();
        let hidden =
            preview.form().unsaved.iter().map(|(flow, value)| view! { <input type="hidden" name=flow.field() value=value.clone() /> });
        let hidden = hidden.collect_view();
        let refused = preview.is_link_refused();
        let (link, link_note, fields) = (preview.form().link.clone(), preview.link_note(), preview.fields());
        Ok(view! {
            <InstanceFrame instances stored place=Place::Preview>
                <Ways slug=slug.clone() />
                {banner}
                <PreviewEditor slug />
                <div class="preview">
                    <form method="post" class="card" id="preview" autocomplete="off">
                        <div class="field">
                            <label for="link">"Paste a link"</label>
                            <p class="help" id="link-help">"Fills the form below."</p>
                            <div class="input" data-kind=if refused { "refused" } else { "" }>
                                <input type="text" inputmode="url" id="link" name="link" value=link placeholder="https://accounts.myapp.com/…" spellcheck="false" autocapitalize="none" autofocus=refused aria-invalid=refused.then_some("true") aria-describedby="link-help link-note" />
                            </div>
                            <div id="link-note" aria-live="polite">{link_note}</div>
                        </div>
                        <div id="fields">{fields}</div>
                        {hidden}
                        <div class="end"><button class="button primary">"Preview"</button></div>
                    </form>
                    <div class="results">
                        <section class="card outcome">
                            <div id="outcome" aria-live="polite">{outcome}</div>
                            <CopyButton of="target".to_owned() label="the target".to_owned() />
                            <div id="steps">{steps}</div>
                        </section>
                        {compared}
                        <section class="card built" aria-labelledby="built-title">
                            <h2 id="built-title">"The link"</h2>
                            <div id="built">{built}</div>
                            <CopyButton of="link-built".to_owned() label="the link".to_owned() />
                            <details><summary>"QR code"</summary><div id="qr">{qr}</div></details>
                        </section>
                    </div>
                </div>
            </InstanceFrame>
        })
    })
}

/// Says which values are compared with the stored ones, which of them can't be saved, and leads back to them.
fn what_if(instance: &Instance, form: &PreviewForm) -> impl IntoView + use<> {
    let slug = instance.slug();
    let values = form.unsaved.iter().map(|(flow, value)| {
        let shown = if value.is_empty() { view! { "empty" }.into_any() } else { view! { <code>{value.clone()}</code> }.into_any() };
        let refused = match Verdict::of(instance, *flow, value) {
            Verdict::Refused(UrlParts { before, host, after }) => Some(view! { " can't be saved. " {before}<b>{host}</b>{after} }),
            Verdict::Empty(_) | Verdict::Allowed(_) => None,
        };
        view! { <li>{flow.label()} ": " {shown} {refused}</li> }
    });
    let values = values.collect_view();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (flow, value) in &form.unsaved {
        query.append_pair(flow.field(), value);
    }
    let edit = format!("/instances/{slug}/redirects?{}", query.finish());
    let stored = PreviewForm { unsaved: Vec::new(), ..form.clone() }.write();
    view! {
        <section class="banner what-if" aria-labelledby="what-if-title">
            <div>
                <h2 id="what-if-title">"What if these were saved?"</h2>
                <ul>{values}</ul>
                <p><a href=edit>"Back to these values, to save them"</a> <a href=format!("/instances/{slug}/preview?{stored}")>"Only the stored ones"</a></p>
            </div>
        </section>
    }
}
