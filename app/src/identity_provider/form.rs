//! The form of an instance's identity provider, as typed, and what it means.

use serde::Deserialize;

use super::{AllowedProviders, ClaimRule, ClaimUse, Issuer, ProviderSettings, StoredProvider};
use crate::{
    redirects::{Domain, Environment, Invisible, trim_invisible},
    ui::form::FieldError,
};

/// The most allowed email domains.
const MAX_DOMAINS: usize = 50;

/// The longest client id, client secret, claim and button text, in characters.
const MAX_CLIENT_ID_CHARS: usize = 512;
const MAX_SECRET_BYTES: usize = 2048;
const MAX_CLAIM_CHARS: usize = 128;
const MAX_BUTTON_CHARS: usize = 60;
const MAX_SCOPES_CHARS: usize = 512;

/// The form, as typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProviderForm {
    /// The issuer.
    pub issuer: String,
    /// The client id.
    pub client_id: String,
    /// A new secret; the stored one stays if it is empty.
    pub client_secret: String,
    /// Whether the stored secret is deleted: the client is a public one.
    pub no_secret: Option<String>,
    /// The scopes.
    pub scopes: String,
    /// The text of the button.
    pub button_text: String,
    /// The claims.
    pub email_claim: String,
    /// What becomes of the email address.
    pub email_use: ClaimUse,
    /// The claim of the first name.
    pub first_name_claim: String,
    /// The claim of the last name.
    pub last_name_claim: String,
    /// What becomes of the names.
    pub names_use: ClaimUse,
    /// The claim of the username.
    pub username_claim: String,
    /// What becomes of the username.
    pub username_use: ClaimUse,
    /// Checked: addresses count as verified.
    pub trusts_email: Option<String>,
    /// Checked: people without an account get one.
    pub allows_sign_up: Option<String>,
    /// One domain a line.
    pub email_domains: String,
    /// `beside` or `instead`.
    pub accounts: String,
    /// The fingerprint of what the form was filled from; empty if nothing was stored.
    pub seen: String,
    /// `save`, `test` or `remove`, or one that switches another setting of the page.
    pub action: String,
}

impl ProviderForm {
    /// The form of a provider that is stored, or an empty one.
    pub fn of(stored: Option<&StoredProvider>) -> Self {
        let on = |is_on: bool| is_on.then(|| "on".to_owned());
        let Some(provider) = stored else {
            return Self {
                scopes: "openid email profile".to_owned(),
                button_text: "Continue with your company account".to_owned(),
                email_claim: "email".to_owned(),
                email_use: ClaimUse::Force,
                first_name_claim: "given_name".to_owned(),
                last_name_claim: "family_name".to_owned(),
                names_use: ClaimUse::Force,
                username_claim: "preferred_username".to_owned(),
                username_use: ClaimUse::Ignore,
                allows_sign_up: on(true),
                accounts: "beside".to_owned(),
                ..Self::default()
            };
        };
        let settings = provider.settings.clone();
        let [first_name_claim, last_name_claim] = settings.names;
        Self {
            issuer: settings.issuer,
            client_id: settings.client_id,
            client_secret: String::new(),
            no_secret: None,
            scopes: settings.scopes,
            button_text: settings.button_text,
            email_claim: settings.email.claim,
            email_use: settings.email.usage,
            first_name_claim,
            last_name_claim,
            names_use: settings.names_use,
            username_claim: settings.username.claim,
            username_use: settings.username.usage,
            trusts_email: on(settings.trusts_email),
            allows_sign_up: on(settings.allows_sign_up),
            email_domains: settings.email_domains.join("\n"),
            accounts: if settings.replaces_accounts { "instead" } else { "beside" }.to_owned(),
            seen: provider.fingerprint(),
            action: String::new(),
        }
    }

    /// The settings that the form means.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn read(&self, environment: Environment, allowed: AllowedProviders) -> Result<ProviderSettings, Vec<FieldError>> {
        let mut errors = Vec::new();
        let issuer = Issuer::parse(&self.issuer, environment, allowed).map_err(|error| errors.push(FieldError::new("issuer", error)));
        let client_id =
            line(&self.client_id, "client_id", "Enter the client id that the provider has given you.", MAX_CLIENT_ID_CHARS, &mut errors);
        if self.client_secret.trim().len() > MAX_SECRET_BYTES {
            errors.push(FieldError::new("client_secret", format_args!("A client secret has at most {MAX_SECRET_BYTES} characters.")));
        }
        let scopes = scopes(&self.scopes).map_err(|message| errors.push(FieldError::new("scopes", message))).unwrap_or_default();
        let button_text = line(&self.button_text, "button_text", "Enter the text of the button.", MAX_BUTTON_CHARS, &mut errors);
        let mut claim = |field, text: &str| line(text, field, "Enter the claim's name.", MAX_CLAIM_CHARS, &mut errors);
        let email = ClaimRule { claim: claim("email_claim", &self.email_claim), usage: self.email_use };
        let names = [claim("first_name_claim", &self.first_name_claim), claim("last_name_claim", &self.last_name_claim)];
        let username = ClaimRule { claim: claim("username_claim", &self.username_claim), usage: self.username_use };
        let email_domains = domains(&self.email_domains).map_err(|message| errors.push(FieldError::new("email_domains", message)));
        if self.email_use == ClaimUse::Ignore && self.username_use == ClaimUse::Ignore {
            let message = "An account needs an email address or a username. Fill one of them from a claim.";
            errors.push(FieldError::new("email_use", message));
        }
        match (issuer, email_domains, errors.is_empty()) {
            (Ok(issuer), Ok(email_domains), true) => Ok(ProviderSettings {
                issuer: issuer.as_str().to_owned(),
                client_id,
                scopes,
                button_text,
                email,
                names,
                names_use: self.names_use,
                username,
                trusts_email: self.trusts_email.is_some(),
                allows_sign_up: self.allows_sign_up.is_some(),
                email_domains,
                replaces_accounts: self.accounts == "instead",
            }),
            _ => Err(errors),
        }
    }

    /// The new secret, if one was typed.
    pub fn new_secret(&self) -> Option<&str> {
        Some(self.client_secret.trim()).filter(|secret| !secret.is_empty())
    }
}

/// A line of text that must not be empty.
fn line(text: &str, field: &str, empty: &str, max: usize, errors: &mut Vec<FieldError>) -> String {
    let text = trim_invisible(text);
    if text.is_empty() {
        errors.push(FieldError::new(field, empty));
    } else if text.chars().count() > max {
        errors.push(FieldError::new(field, format_args!("Use at most {max} characters.")));
    } else if let Some(invisible) = Invisible::first(text) {
        errors.push(FieldError::new(field, invisible));
    }
    text.to_owned()
}

/// The scopes, with `openid` in front.
fn scopes(text: &str) -> Result<String, String> {
    let mut scopes = vec!["openid"];
    for scope in text.split_whitespace() {
        // RFC 6749, 3.3
        if !scope.bytes().all(|c| matches!(c, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
            return Err("Separate scopes with spaces, like openid email profile.".to_owned());
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    let scopes = scopes.join(" ");
    if scopes.len() > MAX_SCOPES_CHARS { Err(format!("Use at most {MAX_SCOPES_CHARS} characters.")) } else { Ok(scopes) }
}

/// The domains of email addresses, one a line.
fn domains(text: &str) -> Result<Vec<String>, String> {
    let mut domains = Vec::new();
    for typed in text.split([',', '\n', ' ', '\r', ';']).map(trim_invisible).filter(|typed| !typed.is_empty()) {
        let name = typed.strip_prefix('@').unwrap_or(typed);
        let domain = Domain::parse(name, Environment::Production)
            .map_err(|_| format!("{name} is not a domain. Enter one a line, like company.com."))?
            .to_string();
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    if domains.len() > MAX_DOMAINS { Err(format!("Enter at most {MAX_DOMAINS} domains.")) } else { Ok(domains) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid() -> ProviderForm {
        ProviderForm { issuer: "https://login.company.com".into(), client_id: "portal".into(), ..ProviderForm::of(None) }
    }

    fn read(form: &ProviderForm) -> Result<ProviderSettings, Vec<String>> {
        form.read(Environment::Production, AllowedProviders::Public).map_err(|errors| errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn a_form_needs_only_issuer_and_client_id() {
        let settings = read(&valid()).unwrap();
        assert_eq!((settings.scopes.as_str(), settings.allows_sign_up, settings.replaces_accounts), ("openid email profile", true, false));
        assert_eq!(read(&ProviderForm::of(None)).unwrap_err(), ["issuer", "client_id"]);
    }

    #[test]
    fn a_stored_provider_fills_a_form_that_means_the_same_and_holds_no_secret() {
        let settings = ProviderSettings {
            email_domains: vec!["company.com".into(), "company.de".into()],
            trusts_email: true,
            replaces_accounts: true,
            ..read(&valid()).unwrap()
        };
        let form = ProviderForm::of(Some(&StoredProvider { instance: 1, settings: settings.clone(), client_secret: None }));
        assert_eq!(read(&form).as_ref(), Ok(&settings));
        assert!(form.client_secret.is_empty());
    }

    #[test]
    fn every_mistake_is_named_beside_its_field() {
        let wrong = ProviderForm {
            issuer: "login".into(),
            client_id: " ".into(),
            client_secret: "x".repeat(3000),
            scopes: "email \"x\"".into(),
            button_text: "x".repeat(61),
            email_claim: String::new(),
            first_name_claim: "a\u{200b}b".into(),
            email_domains: "company.com\nhttps://company.com".into(),
            email_use: ClaimUse::Ignore,
            ..valid()
        };
        let fields = [
            "issuer",
            "client_id",
            "client_secret",
            "scopes",
            "button_text",
            "email_claim",
            "first_name_claim",
            "email_domains",
            "email_use",
        ];
        assert_eq!(read(&wrong).unwrap_err(), fields);
    }

    #[test]
    fn scopes_and_domains_are_read_however_they_are_separated() {
        let form = ProviderForm {
            scopes: " profile  openid\temail ".into(),
            email_domains: "@Company.com, company.de\r\nBücher.example".into(),
            ..valid()
        };
        let settings = read(&form).unwrap();
        assert_eq!(settings.scopes, "openid profile email");
        assert_eq!(settings.email_domains, ["company.com", "company.de", "xn--bcher-kva.example"]);
    }
}
