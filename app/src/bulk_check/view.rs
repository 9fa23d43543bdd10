//! The page of the bulk check: the list to check, and the results.

use std::sync::Arc;

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{
    check,
    form::BulkCheckForm,
    results::{CheckedList, results},
    selection::Selection,
    upload::UploadProgress,
};
use crate::{
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    members::role::Role,
    preview::tabs::PreviewTabs,
    ui::{
        copy_button::CopyButtons,
        icon::{WARNING, icon},
    },
};

/// The form for a list, and the results of the posted list.
#[component]
pub fn BulkCheckPage() -> impl IntoView {
    let slug = loading::slug();
    let selection = Selection::read(&loading::query());
    let form = use_context::<Arc<BulkCheckForm>>();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let is_editor = loading::role(&slug).await? >= Role::Editor;
        let pasted = form.as_ref().map(|form| form.pasted.clone()).unwrap_or_default();
        let problem = form.as_ref().and_then(|form| Some(problem_view(form.field(), form.list.as_ref().err()?.to_string())));
        let results = form.as_ref().and_then(|form| {
            let lines = form.list.as_ref().ok()?;
            let now = Some(OffsetDateTime::now_utc().into());
            let checked = lines.iter().map(|line| check::check(&stored.instance, &stored.fallbacks, now, line)).collect();
            Some(results(&slug, CheckedList { form, lines, checked, is_editor }, selection))
        });
        Ok(view! {
            <InstanceFrame stored place=Place::Preview>
                <PreviewTabs slug many=true />
                <div id="problem">{problem}</div>
                <form class="links" method="post" enctype="multipart/form-data" autocomplete="off">
                    <div class="card">
                        <div class="field">
                            <label for="links">"Links"</label>
                            <p class="help" id="links-help">"One on each line, up to 10,000."</p>
                            <div class="input"><PastedText pasted /></div>
                        </div>
                        <div class="field">
                            <label for="file">"Or a file"</label>
                            <p class="help" id="file-help">
                                "Text with a link on each line, or CSV with a column named link or url. Up to 2 MiB. If you paste links too, only the file is checked."
                            </p>
                            <input type="file" id="file" name="file" accept=".csv,.txt,text/csv,text/plain" aria-describedby="file-help" />
                        </div>
                        <div class="end">
                            <UploadProgress />
                            <CopyButtons />
                            <button class="button primary">"Check links"</button>
                        </div>
                    </div>
                </form>
                <div id="results">{results}</div>
            </InstanceFrame>
        })
    })
}

/// The field for a pasted list. Leptos 0.8 does not escape the children of a `textarea`, so this component does. The parser drops one
/// line end at the beginning, so the text gets an extra one.
#[component]
fn PastedText(pasted: String) -> impl IntoView {
    let text = format!("\n{}", pasted.replace('&', "&amp;").replace('<', "&lt;"));
    view! {
        <textarea
            id="links"
            name="links"
            rows="8"
            wrap="off"
            spellcheck="false"
            autocapitalize="none"
            aria-describedby="links-help"
            inner_html=text
        ></textarea>
    }
}

/// Says why a list was not checked. It takes the focus and links to the field.
fn problem_view(field: &'static str, problem: String) -> impl IntoView {
    view! {
        <section class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="problem-title">
            {icon(WARNING)}
            <div>
                <h2 id="problem-title">"Not checked yet"</h2>
                <p><a href=format!("#{field}")>{problem}</a></p>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_text_stays_inside_its_field() {
        let html = |pasted: &str| view! { <PastedText pasted=pasted.to_owned() /> }.to_html();
        let hostile = html("\n</textarea><script>alert(1)</script>&lt;b&gt;\"");
        assert!(hostile.ends_with(">\n\n&lt;/textarea>&lt;script>alert(1)&lt;/script>&amp;lt;b&amp;gt;\"</textarea>"), "{hostile}");
        assert!(html("").ends_with(">\n</textarea>"), "{}", html(""));
    }
}
