//! The Preview tab.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{editor::PreviewEditor, form::PreviewForm, sections::Preview, tabs::PreviewTabs};
use crate::{
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    members::role::Role,
    saving::form_element::ALLOW,
    ui::copy_button::copy_button,
};

/// A posted form, to show it again as it is. The page finds it in its context.
#[derive(Clone, Debug)]
pub struct PostedPreview(pub PreviewForm);

/// Shows where a link of an instance leads, and why.
#[component]
pub fn PreviewPage() -> impl IntoView {
    let slug = loading::slug();
    let form = match use_context::<PostedPreview>() {
        Some(PostedPreview(form)) => form,
        None => PreviewForm::read(&loading::query()),
    };
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let is_editor = loading::role(&slug).await? >= Role::Editor;
        let preview = Preview::new(stored.clone(), form, is_editor, Some(OffsetDateTime::now_utc().into()));
        let (what_if, filled_from) = (preview.what_if(), preview.filled_from());
        let (outcome, steps) = preview.outcome(None);
        let compared = preview.unsaved().map(|unsaved| {
            let (outcome, steps) = preview.outcome(Some(unsaved));
            view! {
                <section class="card outcome" data-kind="unsaved">
                    <div id="outcome-unsaved" aria-live="polite">{outcome}</div>
                    {copy_button("target-unsaved", "the target with the unsaved values")}
                    <div id="steps-unsaved">{steps}</div>
                </section>
            }
        });
        let (generated_link, qr) = preview.generated_link();
        let hidden =
            preview.form().unsaved.iter().map(|(flow, value)| view! { <input type="hidden" name=flow.field() value=value.clone() /> });
        let hidden = hidden.collect_view();
        let allow =
            preview.form().allow.iter().map(|origin| view! { <input type="hidden" name=ALLOW value=origin.clone() /> }).collect_view();
        let refused = preview.is_link_refused();
        let (link, link_note, fields) = (preview.form().link.clone(), preview.link_note(), preview.fields());
        Ok(view! {
            <InstanceFrame stored place=Place::Preview>
                <PreviewTabs slug=slug.clone() />
                <div id="what-if">{what_if}</div>
                <form method="post" class="preview" id="preview" data-slug=slug autocomplete="off">
                    <div class="card pasted">
                        <div class="field">
                            <label for="link">"Paste a link"</label>
                            <p class="help" id="link-help">"Fills the form below."</p>
                            <div class="input">
                                <input type="text" inputmode="url" id="link" name="link" value=link placeholder="https://accounts.myapp.com/…" spellcheck="false" autocapitalize="none" autofocus=refused aria-invalid=refused.to_string() aria-describedby="link-help link-note" />
                            </div>
                            <div id="link-note" aria-live="polite">{link_note}</div>
                        </div>
                        <div id="filled-from">{filled_from}</div>
                        {hidden}
                        {allow}
                    </div>
                    // After the link, so that on a phone the outcome is the next thing.
                    <div class="results" id="preview-results" data-refused=refused.to_string()>
                        <section class="card outcome">
                            <div id="outcome" aria-live="polite">{outcome}</div>
                            <PreviewEditor />
                            {copy_button("target", "the target")}
                            <div id="steps">{steps}</div>
                        </section>
                        {compared}
                        <section class="card generated-link" aria-labelledby="generated-link-title">
                            <h2 id="generated-link-title">"The link"</h2>
                            <div id="generated-link">{generated_link}</div>
                            {copy_button("generated-link-url", "the link")}
                            <details><summary>"QR code"</summary><div id="qr">{qr}</div></details>
                        </section>
                    </div>
                    <div class="card typed">
                        <div id="fields">{fields}</div>
                        <div class="end"><button class="button primary">"Preview"</button></div>
                    </div>
                </form>
            </InstanceFrame>
        })
    })
}
