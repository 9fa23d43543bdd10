//! The Snippets tab.

use crate::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    DashboardOrigin,
    framework::Framework,
    pipeline::{self, PIPELINE},
    sessions::{self, SESSIONS},
    snippet::{Block, Note, snippets},
};
use crate::{
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    ui::copy_button::copy_button,
};

/// An instance's fallback redirects as code for the framework in the page's address, or its settings for a pipeline.
#[component]
pub fn SnippetsPage() -> impl IntoView {
    let slug = loading::slug();
    let asked = use_query_map().read_untracked().get("framework").unwrap_or_default();
    let framework = (asked != PIPELINE && asked != SESSIONS).then(|| Framework::from_name(&asked));
    let DashboardOrigin(dashboard) = use_context().unwrap_or_default();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let (blocks, notes) = match framework {
            Some(framework) => {
                let snippets = snippets(&stored.instance, &stored.fallbacks, framework);
                (snippets.blocks, Some(notes_view(snippets.notes)))
            }
            None if asked == SESSIONS => (sessions::blocks(&stored), None),
            None => (pipeline::blocks(&stored, &dashboard), None),
        };
        let others = Framework::ALL.map(|other| (other.name(), other.label(), framework == Some(other)));
        let page = paths::instance(&slug).snippets();
        let tabs = others
            .into_iter()
            .chain([(SESSIONS, "Who is signed in", asked == SESSIONS), (PIPELINE, "Pipeline", asked == PIPELINE)])
            .map(move |(name, label, is_here)| {
                let path = format!("{page}?framework={name}");
                view! { <li><a href=path aria-current=is_here.then_some("page")>{label}</a></li> }
            });
        let (heading, about) = match framework {
            Some(_) => ("Use in your app", view! { <p>"For applications that host the components themselves: the portal's redirects as settings of the components. The URLs are absolute, because a path like " <code>"/welcome"</code> " means a page at the home URL, and the components may be somewhere else."</p> }.into_any()),
            None if asked == SESSIONS => ("Who is signed in", view! { <p>"For applications that use the hosted pages: their pages ask the portal who is signed in, and their servers check the token. Or use any OpenID Connect library, with the portal as issuer and the origin as client ID. See "<a href=paths::instance(&slug).applications()>"Applications"</a>"."</p> }.into_any()),
            None => ("Use in a pipeline", view! { <p>"For pipelines that keep settings in git: this instance's settings as a file, a call of the management API, and a job. The call and the job need an "<a href=paths::instance(&slug).api_tokens()>"API token"</a>" in " <code>"PORTAL_REDIRECTS_TOKEN"</code> "."</p> }.into_any()),
        };
        let blocks = blocks.into_iter().enumerate().map(|(index, block)| block_view(index, block)).collect_view();
        Ok(view! {
            <InstanceFrame stored place=Place::Snippets>
                <div class="use">
                    <h2>{heading}</h2>
                    {about}
                </div>
                <nav class="sub-tabs" aria-label="Where to use the settings"><ul>{tabs.collect_view()}</ul></nav>
                {blocks}
                {notes}
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
                <figcaption>{file}{copy_button(id.clone(), label.clone())}</figcaption>
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
