//! The pages of API tokens, one for each instance and one for the whole server. People who may issue tokens see all of them; others see only
//! their own.

mod new_token;
mod rows;

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use new_token::{issue_form, new_token};
use rows::token_row;

use super::{
    Secret,
    form::ApiTokenForm,
    store::{self, ListedToken, Place, makers},
};
use crate::{
    admins::Role,
    error::AppError,
    layout::{
        frame::{self, Frame, InstanceFrame, ServerPage},
        loading,
    },
    paths,
    ui::{
        form::{FieldError, summary},
        icon::{TICK, icon},
    },
};

/// With this many tokens or more, a link to the form also stands above the list.
const MANY: usize = 5;

/// A new token that was rejected. The page finds it in its context.
#[derive(Clone, Debug)]
pub struct RejectedToken {
    /// The form, as typed.
    pub form: ApiTokenForm,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// A token that was just issued. The page finds it in its request, which is the only one that has it.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token.
    pub secret: Secret,
    /// The dashboard's origin, where a program uses it.
    pub dashboard: String,
}

/// The API tokens of an instance.
#[component]
pub fn ApiTokensPage() -> impl IntoView {
    let slug = loading::slug();
    let page = Page::read();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let role = loading::role(&slug).await?;
        let tokens = page.show(Some(slug), role == Role::Owner).await?;
        Ok(view! { <InstanceFrame stored place=frame::Place::ApiTokens>{tokens}</InstanceFrame> })
    })
}

/// The API tokens of the whole server.
#[component]
pub fn ServerApiTokensPage() -> impl IntoView {
    let page = Page::read();
    loading::loaded(async move {
        if !loading::caller()?.is_server_admin {
            return Err(AppError::Forbidden);
        }
        let tokens = page.show(None, true).await?;
        Ok(view! {
            <Title text="Server API tokens" />
            <Frame page=ServerPage::ApiTokens>
                <header class="head">
                    <h1>"Server API tokens"</h1>
                    <p class="host">"A server token reaches every instance that its maker is a member of. Tokens for one instance are on that instance's page API tokens."</p>
                </header>
                {tokens}
            </Frame>
        })
    })
}

/// What the request of either page brings along.
struct Page {
    query: String,
    rejected: Option<RejectedToken>,
    new: Option<IssuedToken>,
}

impl Page {
    fn read() -> Self {
        let new = use_context::<Parts>().and_then(|parts| parts.extensions.get::<IssuedToken>().cloned());
        Self { query: loading::query(), rejected: use_context(), new }
    }

    /// The tokens of an instance, or of the server where there is no slug.
    async fn show(self, slug: Option<String>, may_issue: bool) -> Result<impl IntoView + use<>, AppError> {
        let Self { query, rejected, new } = self;
        let (caller, pool) = (loading::caller()?, loading::pool()?);
        let place = slug.as_deref().map_or(Place::Server, Place::Instance);
        let listed = store::list(&pool, place, caller.id, may_issue).await.map_err(loading::unavailable)?;
        let new = match new {
            Some(new) => {
                let id = makers::made(&pool, &new.secret, caller.id).await.map_err(loading::unavailable)?;
                listed.iter().find(|token| Some(token.id) == id).map(|token| new_token(new, token, slug.as_deref()))
            }
            None => None,
        };
        let done = (query == "revoked" && rejected.is_none()).then(|| {
            view! { <p class="banner" role="status">{icon(TICK)}"The token is revoked. Programs that send it are refused from now on."</p> }
        });
        let wrong = rejected.as_ref().map(|rejected| {
            let links = rejected.errors.iter().map(|error| (format!("#{}", error.field), error.message.clone()));
            summary("No token was issued", "Fix these fields, then try again:", links.collect())
        });
        let (form, errors) = rejected.map(|rejected| (rejected.form, rejected.errors)).unwrap_or_default();
        let is_many = may_issue && listed.len() >= MANY;
        let form = may_issue.then(|| issue_form(slug.as_deref(), form, &errors));
        Ok(view! {
            {wrong}
            {done}
            {new}
            {list(slug.as_deref(), listed, may_issue, is_many)}
            {form}
        })
    }
}

fn list(slug: Option<&str>, listed: Vec<ListedToken>, may_issue: bool, is_many: bool) -> impl IntoView + use<> {
    let help = if may_issue {
        "Programs sign in with these: a pipeline that applies settings, a job that opens a preview deployment. A token never does more than its maker may do at that moment."
    } else {
        "You see the tokens that you have made. Owners of this instance issue tokens, and see and revoke all of them."
    };
    let to_form = is_many.then(|| view! { <p><a href="#issue-title">"Issue a token"</a></p> });
    let rows = if listed.is_empty() {
        let (title, text) = match (may_issue, slug) {
            (true, Some(_)) => ("No tokens yet", "Issue one below for each program that reads or changes this instance."),
            (true, None) => ("No tokens yet", "Issue one below for each program that works on several instances."),
            (false, _) => ("You have no tokens here", "Ask an owner of this instance to issue one if a program of yours needs it."),
        };
        view! { <div class="card empty"><h3>{title}</h3><p>{text}</p></div> }.into_any()
    } else {
        let revoke = slug.map_or_else(|| paths::REVOKE_SERVER_API_TOKEN.to_owned(), |slug| paths::instance(slug).revoke_api_token());
        let page = slug.map_or_else(|| paths::SERVER_API_TOKENS.to_owned(), |slug| paths::instance(slug).api_tokens());
        let rows = listed.into_iter().map(|token| token_row(token, &revoke, &page)).collect_view();
        view! { <ul class="card people api-tokens">{rows}</ul> }.into_any()
    };
    view! {
        <section class="group" aria-labelledby="tokens-title">
            <div>
                <h2 id="tokens-title">"Tokens"</h2>
                <p>{help}</p>
                {to_form}
            </div>
            {rows}
        </section>
    }
}
