//! The Snippets tab.

use crate::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    framework::Framework,
    snippet::{Block, Note, snippets},
};
use crate::{
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    ui::copy_button::CopyButton,
};

/// An instance's fallback redirects as code, for the framework in the page's address.
#[component]
pub fn SnippetsPage() -> impl IntoView {
    let slug = loading::slug();
    let framework = Framework::from_name(&use_query_map().read_untracked().get("framework").unwrap_or_default());
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let snippets = snippets(&stored.instance, &stored.fallbacks, framework);
        let frameworks = Framework::ALL.map(|other| {
            let here = (other == framework).then_some("page");
            let path = format!("{}?framework={}", paths::instance(&slug).snippets(), other.name());
            view! { <li><a href=path aria-current=here>{other.label()}</a></li> }
        });
        let blocks = snippets.blocks.into_iter().enumerate().map(|(index, block)| block_view(index, block)).collect_view();
        Ok(view! {
            <InstanceFrame stored place=Place::Snippets>
                <div class="use">
                    <h2>"Use in your app"</h2>
                    <p>"For applications that host the components themselves: the portal's redirects as settings of the components. The URLs are absolute, because a path like " <code>"/welcome"</code> " means a page at the home URL, and the components may be somewhere else."</p>
                </div>
                <nav class="sub-tabs" aria-label="Framework"><ul>{frameworks.collect_view()}</ul></nav>
                {blocks}
                {notes_view(snippets.notes)}
            </InstanceFrame>
        })
    })
}

fn block_view(index: usize, Block { title, about, file, code }: Block) -> impl IntoView {
    let (heading, id) = (format!("block-{index}"), format!("code-{index}"));
    let label = format!("{title}, {file}");
    view! {
        <section class="group" aria-labelledby=heading>
            <div>
                <h2 id=heading.clone()>{title}</h2>
                <p>{with_code(&about)}</p>
            </div>
            <figure class="card snippet">
                <figcaption>{file}<CopyButton of=id.clone() label=label.clone() /></figcaption>
                <pre tabindex="0" role="region" aria-label=label><code id=id>{code}</code></pre>
            </figure>
        </section>
    }
}

fn notes_view(notes: Vec<Note>) -> impl IntoView {
    let rows = notes
        .into_iter()
        .map(|Note { title, text, url }| {
            let url = url.map(|url| view! { <code>{url}</code> });
            view! { <li><h3>{title}</h3><p>{with_code(&text)}</p>{url}</li> }
        })
        .collect_view();
    view! {
        <section class="group" aria-labelledby="notes">
            <div>
                <h2 id="notes">"Differences"</h2>
                <p>"What has no equivalent or behaves differently if you host the components yourself."</p>
            </div>
            <ul class="card notes">{rows}</ul>
        </section>
    }
}

/// A text whose parts between backticks are code.
fn with_code(text: &str) -> impl IntoView + use<> {
    text.split('`')
        .enumerate()
        .map(|(index, part)| {
            let part = part.to_owned();
            if index % 2 == 0 { part.into_any() } else { view! { <code>{part}</code> }.into_any() }
        })
        .collect_view()
}
