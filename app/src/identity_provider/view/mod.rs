//! The Sign-in page of an instance: its identity provider, for its owners. Others read what is set.

mod tested;

use leptos::prelude::*;

use super::{AllowedProviders, ClaimUse, StoredProvider, form::ProviderForm, store};
use crate::{
    admins::Role,
    database::timed,
    instances::confirmed_email::view as confirmed_email,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    mail::SendsMail,
    paths,
    saving::form_element::INVALID,
    ui::{
        field::{Field, error_of},
        form::{FieldError, summary},
        icon::{TICK, icon},
        text::Escaped,
    },
};

pub use tested::Tested;
use tested::{tested_banner, tested_section};

/// A form that was posted and not saved, or only tested. The page finds it in its context.
#[derive(Clone)]
pub struct PostedProvider {
    /// As typed. The page never shows the secret again.
    pub form: ProviderForm,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// What the test has found, if it was one.
    pub tested: Option<Tested>,
}

/// What the server says about providers. The page finds it in its context.
#[derive(Clone, Copy, Debug)]
pub struct ProviderConfig {
    /// Which providers the server asks.
    pub allowed: AllowedProviders,
}

/// The Sign-in page.
#[component]
pub fn SignInSettingsPage() -> impl IntoView {
    let slug = loading::slug();
    let query = loading::query();
    let posted = use_context::<PostedProvider>();
    let config = use_context::<ProviderConfig>();
    let dashboard = use_context::<crate::snippets::DashboardOrigin>();
    let sends_mail = use_context::<SendsMail>().unwrap_or_default().0;
    let refused = confirmed_email::refused_banner();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let is_owner = loading::role(&slug).await? == Role::Owner;
        let provider = store::find(timed(&loading::pool()?), stored.id).await.map_err(loading::unavailable)?;
        let dashboard = dashboard.unwrap_or_default().0;
        let uris = super::at_portal(stored.instance.portal_origin().as_str(), &slug, &dashboard, super::CALLBACK);
        let confirmed = confirmed_email::section(&slug, stored.requires_confirmed_email, sends_mail, is_owner);
        let off = config.is_some_and(|config| config.allowed == AllowedProviders::Off).then(off_note);
        let body = if is_owner {
            owners_page(&slug, provider.as_ref(), posted, &query, uris).into_any()
        } else {
            values(provider.as_ref()).into_any()
        };
        Ok(view! { <InstanceFrame stored place=Place::SignIn>{refused}{off}{body}{confirmed}</InstanceFrame> })
    })
}

fn off_note() -> impl IntoView {
    view! { <p class="banner note" role="note">"This server asks no identity providers. Start it with --identity-providers public, or private for those in private networks."</p> }
}

/// What is set, for those who may not change it.
fn values(provider: Option<&StoredProvider>) -> impl IntoView + use<> {
    let Some(StoredProvider { settings, .. }) = provider else {
        return view! { <p class="card field">"Visitors sign in with a password. Owners of this instance can add an identity provider."</p> }
            .into_any();
    };
    let accounts = if settings.replaces_accounts { "Nobody signs in with a password" } else { "Visitors may also sign in with a password" };
    let rows = [("Issuer", settings.issuer.clone()), ("Button", settings.button_text.clone()), ("Accounts", accounts.to_owned())];
    let rows = rows.map(|(label, value)| view! { <div><dt>{label}</dt><dd>{Escaped(&value).to_string()}</dd></div> }).collect_view();
    view! { <dl class="card values">{rows}</dl> }.into_any()
}

fn owners_page(
    slug: &str,
    provider: Option<&StoredProvider>,
    posted: Option<PostedProvider>,
    query: &str,
    uris: [String; 2],
) -> impl IntoView + use<> {
    let done = match query {
        "saved" => Some("Saved. The portal pages show the button from now on."),
        "removed" => Some("The identity provider is removed. Visitors sign in with a password."),
        "confirmation-on" => Some("From now on, an email address is confirmed before a session begins."),
        "confirmation-off" => Some("A confirmed email address is not required any more."),
        _ => None,
    };
    let done = done.filter(|_| posted.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
    let (form, errors, tested) = match posted {
        Some(PostedProvider { form, errors, tested }) => (form, errors, tested),
        None => (ProviderForm::of(provider), Vec::new(), None),
    };
    let wrong = (!errors.is_empty()).then(|| {
        let whole = errors.iter().find(|error| error.field.is_empty()).map(|error| error.message.clone());
        let named = errors.iter().filter(|error| !error.field.is_empty());
        let links = named.map(|error| (format!("#{}", error.field), error.message.clone())).collect();
        summary(INVALID, whole.unwrap_or_else(|| "What you typed is kept, except the secret. Fix these fields:".to_owned()), links)
    });
    let uris = uris.into_iter().map(|uri| view! { <li><code>{uri}</code></li> }).collect_view();
    let has_secret = provider.is_some_and(|provider| provider.client_secret.is_some());
    let is_stored = provider.is_some();
    view! {
        {wrong}
        {done}
        {tested.as_ref().map(tested_banner)}
        <form method="post" class="settings" action=paths::instance(slug).sign_in() autocomplete="off">
            <input type="hidden" name="seen" value=form.seen.clone() />
            {tested.and_then(tested_section)}
            <section class="group" aria-labelledby="register-title">
                <div>
                    <h2 id="register-title">"At the provider"</h2>
                    <p>"Register this portal as a web application (a confidential client) that uses the authorization code flow. Allow these redirect URIs. The second one is for the portal pages under the dashboard's address."</p>
                </div>
                <ul class="card field rows">{uris}</ul>
            </section>
            {client_section(&form, &errors, has_secret)}
            {people_section(&form, &errors)}
            {claims_section(&form, &errors)}
            <div class="end">
                <button class="button primary" name="action" value="save">"Save"</button>
                <button class="button" name="action" value="test">"Test connection"</button>
            </div>
        </form>
        {is_stored.then(|| remove_section(slug, &form.seen))}
    }
}

fn client_section(form: &ProviderForm, errors: &[FieldError], has_secret: bool) -> impl IntoView + use<> {
    let text = |name, label, help, value: &str| {
        Field { name, label, help, kind: "text", autocomplete: "off", value: value.to_owned() }.show(errors)
    };
    let secret_help = if has_secret {
        "One is stored, and never shown. Leave this empty to keep it."
    } else {
        "The secret that the provider issued. It is stored encrypted and never shown. Leave it empty for a client without a secret."
    };
    let secret = Field {
        name: "client_secret",
        label: "Client secret",
        help: secret_help,
        kind: "password",
        autocomplete: "new-password",
        value: String::new(),
    };
    let no_secret = has_secret.then(|| {
        checkbox("no_secret", "Delete the stored secret", "The provider knows this client without one.", form.no_secret.is_some())
    });
    view! {
        <section class="group" aria-labelledby="provider-title">
            <div>
                <h2 id="provider-title">"Identity provider"</h2>
                <p>"Any provider with OpenID Connect: Keycloak, Entra ID, Google, Okta and others."</p>
            </div>
            <div class="card">
                {text("issuer", "Issuer", "As the provider writes it, to the letter, like https://login.company.com/realms/staff.", &form.issuer)}
                {text("client_id", "Client id", "", &form.client_id)}
                {secret.show(errors)}
                {no_secret.map(|choice| view! { <div class="field">{choice}</div> })}
                {text("scopes", "Scopes", "Separated by spaces. openid is always one of them.", &form.scopes)}
                {text("button_text", "Button", "What the button on the sign-in page says.", &form.button_text)}
            </div>
        </section>
    }
}

fn people_section(form: &ProviderForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let instead = form.accounts == "instead";
    let domains_error =
        errors.iter().find(|error| error.field == "email_domains").map(|error| error_of("email_domains", error.message.clone()));
    let radio = |value: &'static str, label: &'static str, help: &'static str, checked: bool| {
        view! {
            <label class="choice"><input type="radio" name="accounts" value=value checked=checked /><span>{label} " " <small>{help}</small></span></label>
        }
    };
    view! {
        <section class="group" aria-labelledby="people-title">
            <div>
                <h2 id="people-title">"Who may sign in"</h2>
                <p>"An account belongs to a person of the provider, not to an email address. If somebody has an account with the same address already, its password links both."</p>
            </div>
            <div class="card">
                <fieldset class="field">
                    <legend>"Passwords"</legend>
                    {radio("beside", "Beside", "Visitors sign in at the provider or with a password.", !instead)}
                    {radio("instead", "Instead", "Nobody signs in or signs up with a password.", instead)}
                </fieldset>
                <div class="field">
                    {checkbox("allows_sign_up", "New people may sign up", "People who sign in at the provider for the first time get an account.", form.allows_sign_up.is_some())}
                </div>
                <div class="field">
                    <label for="email_domains">"Allowed email domains"</label>
                    <p class="help" id="email_domains-help">"Separated by commas, like company.com, company.de. Empty: everybody whom the provider signs in."</p>
                    <div class="input" data-kind=if domains_error.is_some() { "refused" } else { "" }>
                        <input
                            id="email_domains"
                            name="email_domains"
                            value=form.email_domains.replace('\n', ", ")
                            spellcheck="false"
                            autocapitalize="none"
                            aria-describedby="email_domains-help email_domains-error"
                            aria-invalid=domains_error.is_some().then_some("true")
                        />
                    </div>
                    {domains_error}
                </div>
                <div class="field">
                    {checkbox("trusts_email", "Every address of this provider counts as verified", "Only for a provider where people can't choose their own address, and that does not send email_verified.", form.trusts_email.is_some())}
                </div>
            </div>
        </section>
    }
}

fn claims_section(form: &ProviderForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let text = |name, label, value: &str| {
        Field { name, label, kind: "text", autocomplete: "off", value: value.to_owned(), ..Field::default() }.show(errors)
    };
    let email_error = errors.iter().find(|error| error.field == "email_use").map(|error| error_of("email_use", error.message.clone()));
    view! {
        <section class="group" aria-labelledby="claims-title">
            <div>
                <h2 id="claims-title">"Claims"</h2>
                <p>"Which claims fill an account. Once: when it is made. Always: at every sign-in, and visitors can't change it here. Only a verified email address is used."</p>
            </div>
            <div class="card">
                <div class="pair">
                    {text("email_claim", "Claim of the email address", &form.email_claim)}
                    {choose("email_use", "Email address", form.email_use)}
                </div>
                {email_error.map(|error| view! { <div class="field">{error}</div> })}
                <div class="pair">
                    {text("first_name_claim", "Claim of the first name", &form.first_name_claim)}
                    {text("last_name_claim", "Claim of the last name", &form.last_name_claim)}
                </div>
                {choose("names_use", "Names", form.names_use)}
                <div class="pair">
                    {text("username_claim", "Claim of the username", &form.username_claim)}
                    {choose("username_use", "Username", form.username_use)}
                </div>
            </div>
        </section>
    }
}

fn choose(name: &'static str, label: &'static str, chosen: ClaimUse) -> impl IntoView + use<> {
    let options = ClaimUse::ALL.map(|one| {
        let text = match one {
            ClaimUse::Ignore => "Not filled",
            ClaimUse::Suggest => "Filled once",
            ClaimUse::Force => "Filled always",
        };
        view! { <option value=one.name() selected=one == chosen>{text}</option> }
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <div class="input"><select id=name name=name>{options.collect_view()}</select></div>
        </div>
    }
}

fn checkbox(name: &'static str, label: &'static str, help: &'static str, checked: bool) -> impl IntoView + use<> {
    view! {
        <label class="choice"><input type="checkbox" id=name name=name checked=checked /><span>{label} " " <small>{help}</small></span></label>
    }
}

fn remove_section(slug: &str, seen: &str) -> impl IntoView + use<> {
    view! {
        <section class="card apart" aria-labelledby="remove-title">
            <div>
                <h2 id="remove-title">"Remove"</h2>
                <p class="help">"Visitors without a password can't sign in any more. They can again if you add a provider with the same issuer."</p>
            </div>
            <details class="sure">
                <summary class="button">"Remove…"<span class="unseen">" the identity provider"</span></summary>
                <form method="post" class="below" action=paths::instance(slug).sign_in()>
                    <p>"From this moment on, nobody signs in at the identity provider."</p>
                    <input type="hidden" name="seen" value=seen.to_owned() />
                    <a class="button small" href=paths::instance(slug).sign_in()>"Cancel"</a>
                    <button class="button small danger" name="action" value="remove">"Remove identity provider"</button>
                </form>
            </details>
        </section>
    }
}
