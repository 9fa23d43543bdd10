//! The form that issues an API token, and the token that it has issued: shown once, with where a program takes it from.

use leptos::prelude::*;
use strum::VariantArray;

use super::{
    super::{
        Scope,
        form::{ApiTokenForm, DEFAULT_DAYS, MAX_DAYS},
        store::ListedToken,
    },
    IssuedToken,
};
use crate::{
    paths,
    ui::{
        copy_button::copy_button,
        field::{Field, error_of},
        form::FieldError,
        text::Escaped,
    },
};

/// The environment variable that programs read a token from.
const VARIABLE: &str = "PORTAL_REDIRECTS_TOKEN";

/// A token that was just issued. Only this page has it.
pub(super) fn new_token(IssuedToken { secret, dashboard }: IssuedToken, token: &ListedToken, slug: Option<&str>) -> impl IntoView + use<> {
    let said = format!("Copy {} now. It is not shown again: this server stores only its hash.", Escaped(&token.name));
    let call = example(&dashboard, token, slug);
    view! {
        <section class="group" aria-labelledby="new-token-title">
            <div>
                <h2 id="new-token-title">"New token"</h2>
                <p>"Keep it where your pipeline keeps its secrets, under the name " <code>{VARIABLE}</code> ". The commands of Portal Redirects read it from there."</p>
            </div>
            <div class="new-token">
                <div class="below" data-kind="made">
                    <p role="status">{said}</p>
                    <code id="api-token">{secret.text().to_owned()}</code>
                    {copy_button("api-token", "the token")}
                </div>
                <figure class="card snippet">
                    <figcaption>"Try it"{copy_button("api-token-use", "the command")}</figcaption>
                    <pre tabindex="0" role="region" aria-label="Command that tries the token"><code id="api-token-use">{call}</code></pre>
                </figure>
            </div>
        </section>
    }
}

/// A call that the token's scope allows. The token itself is not in it: a shell keeps what is typed.
fn example(dashboard: &str, token: &ListedToken, slug: Option<&str>) -> String {
    let header = format!("-H \"Authorization: Bearer ${VARIABLE}\"");
    let instances = format!("{dashboard}/management/v1/instances");
    match (&token.host_pattern, slug) {
        (None, None) => format!("curl {header} \\\n  {instances}"),
        (None, Some(slug)) => format!("curl {header} \\\n  {instances}/{slug}"),
        (Some(hosts), slug) => {
            let (slug, host) = (slug.unwrap_or("INSTANCE"), hosts.replace('*', "1"));
            format!("curl -X PUT {header} \\\n  \"{instances}/{slug}/allowed-origins?origin=https://{host}&expires_in=7d\"")
        }
    }
}

/// The form that issues a token.
pub(super) fn issue_form(slug: Option<&str>, form: ApiTokenForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let action = slug.map_or_else(|| paths::SERVER_API_TOKENS.to_owned(), |slug| paths::instance(slug).api_tokens());
    let choices = Scope::VARIANTS
        .iter()
        .map(|scope| {
            // The link of the error summary leads to the first choice.
            let id = (*scope == Scope::Read).then_some("scope");
            view! {
                <label class="choice">
                    <input type="radio" id=id name="scope" value=scope.name() checked=scope.name() == form.scope />
                    <span>{scope.name()} " " <small>{scope.help()}</small></span>
                </label>
            }
        })
        .collect_view();
    let error = errors.iter().find(|error| error.field == "scope").map(|error| error_of("scope", error.message.clone()));
    let (text, off) = ("text", "off");
    let name = Field {
        name: "name",
        label: "Name",
        help: "What uses it, like deploy pipeline. History names it with each change.",
        kind: text,
        autocomplete: off,
        value: form.name,
    };
    let hosts = Field {
        name: "host_pattern",
        label: "Hosts",
        help: "Only for preview-origins. A * stands for letters, digits and hyphens between two dots, like my-app-*-my-team.vercel.app.",
        kind: text,
        autocomplete: off,
        value: form.host_pattern,
    };
    let days = Field {
        name: "days",
        label: "Days until it ends",
        help: "Nothing renews a token: issue another one before it ends.",
        kind: text,
        autocomplete: off,
        value: form.days,
    };
    view! {
        <section class="group" aria-labelledby="issue-title">
            <div>
                <h2 id="issue-title">"Issue a token"</h2>
                <p>{format!("It lasts {DEFAULT_DAYS} days unless you choose otherwise, and {MAX_DAYS} days at most.")}</p>
            </div>
            <form method="post" class="card issue-token" action=action>
                {name.show(errors)}
                <fieldset class="field">
                    <legend>"Scope"</legend>
                    {choices}
                    {error}
                </fieldset>
                <div class="hosts">{hosts.show(errors)}</div>
                {days.show(errors)}
                <div class="end"><button class="button primary">"Issue token"</button></div>
            </form>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    #[test]
    fn the_example_is_what_the_scope_allows_and_has_no_token_in_it() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let token = |host_pattern: Option<&str>| ListedToken {
            id: 1,
            name: "CI".into(),
            scope: Scope::Read,
            host_pattern: host_pattern.map(str::to_owned),
            maker: "ana@myapp.com".into(),
            is_own: true,
            created_at: now,
            expires_at: now,
            has_expired: false,
            last_used_at: None,
            last_address: None,
        };
        let of = |token: &ListedToken, slug| example("https://d.myapp.com", token, slug);
        let curl = "curl -H \"Authorization: Bearer $PORTAL_REDIRECTS_TOKEN\" \\\n  https://d.myapp.com/management/v1/instances";
        assert_eq!(of(&token(None), None), curl);
        assert_eq!(of(&token(None), Some("my-app")), format!("{curl}/my-app"));
        let preview = of(&token(Some("my-app-*-my-team.vercel.app")), Some("my-app"));
        assert!(preview.starts_with("curl -X PUT -H "), "{preview}");
        assert!(preview.ends_with("/my-app/allowed-origins?origin=https://my-app-1-my-team.vercel.app&expires_in=7d\""), "{preview}");
    }
}
