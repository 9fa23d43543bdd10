//! The file that says which provider signs admins in, and what its groups may do. It is a file, not a page of the
//! dashboard, so that a stolen session can't create lasting admins.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    credentials::email::Email,
    identity_provider::{AllowedProviders, Issuer, NotAnIssuer},
    members::role::Role,
    redirects::{Environment, is_slug},
};

/// Which provider signs admins in, and what its groups may do.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminProvider {
    /// The issuer, to the letter.
    pub issuer: String,
    /// The client id.
    pub client_id: String,
    /// The client secret; a public client has none.
    pub client_secret: Option<String>,
    /// The scopes, separated by spaces.
    #[serde(default = "scopes")]
    pub scopes: String,
    /// The text of the button.
    #[serde(default = "button_text")]
    pub button_text: String,
    /// The claim with the groups of a person: a list of texts, or one text.
    #[serde(default = "groups_claim")]
    groups_claim: String,
    /// The groups whose people are server-wide admins.
    #[serde(default)]
    server_admins: Vec<String>,
    /// The groups whose people are members of instances.
    #[serde(default)]
    members: Vec<MemberRule>,
    /// Whether addresses count as verified without `email_verified`.
    #[serde(default)]
    trusts_email: bool,
    /// What shows that the provider has checked a second factor.
    #[serde(default)]
    second_factor: SecondFactorRule,
    /// Whether passwords go on counting once somebody has signed in at the provider.
    #[serde(default = "yes")]
    pub password_sign_in: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberRule {
    group: String,
    instance: String,
    role: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecondFactorRule {
    #[serde(default)]
    amr: Vec<String>,
    #[serde(default)]
    acr: Vec<String>,
}

fn scopes() -> String {
    "openid email profile groups".to_owned()
}

fn button_text() -> String {
    "Continue with your company account".to_owned()
}

fn groups_claim() -> String {
    "groups".to_owned()
}

fn yes() -> bool {
    true
}

/// A log must not hold the secret.
impl fmt::Debug for AdminProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminProvider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Why a file does not say which provider signs admins in.
#[derive(Debug, thiserror::Error)]
pub enum NotAnAdminProvider {
    /// It is not JSON of that kind.
    #[error("it can't be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The issuer is not valid.
    #[error("`issuer` is wrong: {0}")]
    Issuer(#[from] NotAnIssuer),
    /// Nobody could do anything.
    #[error("no group may do anything. Name groups in `server_admins` or `members`")]
    NoGroup,
    /// An instance or a role is not valid.
    #[error("`members` names {0}, which is no {1}")]
    Member(String, &'static str),
    /// `openid` is missing.
    #[error("`scopes` must contain openid")]
    Scopes,
    /// The button has no text, or too much.
    #[error("`button_text` must have 1 to 60 characters")]
    ButtonText,
}

/// What the groups of a person let them do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Whether they are a server-wide admin.
    pub server_admin: bool,
    /// Their role by the slugs of instances.
    pub roles: BTreeMap<String, Role>,
}

impl Grants {
    /// Whether they may do nothing.
    pub fn is_empty(&self) -> bool {
        !self.server_admin && self.roles.is_empty()
    }
}

impl AdminProvider {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, allowed: AllowedProviders) -> Result<Self, NotAnAdminProvider> {
        let mut provider: Self = serde_json::from_str(text)?;
        // Without TLS only where the server asks providers in private networks.
        Issuer::parse(&provider.issuer, Environment::Development, allowed)?.as_str().clone_into(&mut provider.issuer);
        for rule in &provider.members {
            if !is_slug(&rule.instance) {
                return Err(NotAnAdminProvider::Member(rule.instance.clone(), "slug of an instance"));
            }
            if rule.role.parse::<Role>().is_err() {
                return Err(NotAnAdminProvider::Member(rule.role.clone(), "role (owner, editor or viewer)"));
            }
        }
        if provider.server_admins.is_empty() && provider.members.is_empty() {
            return Err(NotAnAdminProvider::NoGroup);
        }
        if !provider.scopes.split_whitespace().any(|scope| scope == "openid") {
            return Err(NotAnAdminProvider::Scopes);
        }
        if !(1..=60).contains(&provider.button_text.trim().chars().count()) {
            return Err(NotAnAdminProvider::ButtonText);
        }
        Ok(provider)
    }

    /// What a person's groups let them do.
    pub fn grants(&self, claims: &Map<String, Value>) -> Grants {
        let groups = texts(claims.get(&self.groups_claim));
        let mut grants =
            Grants { server_admin: self.server_admins.iter().any(|group| groups.contains(&group.as_str())), ..Grants::default() };
        for rule in self.members.iter().filter(|rule| groups.contains(&rule.group.as_str())) {
            let Ok(role) = rule.role.parse::<Role>() else { continue };
            let highest = grants.roles.entry(rule.instance.clone()).or_insert(role);
            *highest = role.max(*highest);
        }
        grants
    }

    /// A person's verified address.
    pub(super) fn email(&self, claims: &Map<String, Value>) -> Option<Email> {
        let is_verified = self.trusts_email || claims.get("email_verified") == Some(&Value::Bool(true));
        claims.get("email")?.as_str().filter(|_| is_verified)?.parse().ok()
    }

    /// Whether the provider says that it has checked a second factor.
    pub(super) fn has_second_factor(&self, claims: &Map<String, Value>) -> bool {
        let one_of = |names: &[String], claim: &str| texts(claims.get(claim)).iter().any(|text| names.iter().any(|name| name == text));
        one_of(&self.second_factor.amr, "amr") || one_of(&self.second_factor.acr, "acr")
    }
}

/// The texts of a claim.
fn texts(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<AdminProvider, NotAnAdminProvider> {
        AdminProvider::parse(&value.to_string(), AllowedProviders::Public)
    }

    #[test]
    fn groups_say_what_a_person_may_do() {
        let provider = parse(&json!({
            "issuer": "https://login.company.com", "client_id": "dashboard", "server_admins": ["admins"],
            "members": [
                {"group": "app", "instance": "my-app", "role": "viewer"}, {"group": "leads", "instance": "my-app", "role": "owner"},
                {"group": "app", "instance": "other", "role": "editor"}
            ],
            "second_factor": {"amr": ["mfa"], "acr": ["gold"]}
        }))
        .unwrap();
        let grants = |groups: Value| provider.grants(json!({"groups": groups}).as_object().unwrap());
        assert!(grants(json!([])).is_empty() && grants(json!(null)).is_empty() && grants(json!(["Admins", 1])).is_empty());
        assert!(grants(json!("admins")).server_admin);
        assert_eq!(grants(json!(["app", "leads"])).roles, BTreeMap::from([("my-app".into(), Role::Owner), ("other".into(), Role::Editor)]));
        let factor = |claims: Value| provider.has_second_factor(claims.as_object().unwrap());
        assert!(factor(json!({"amr": ["pwd", "mfa"]})) && factor(json!({"acr": "gold"})));
        assert!(!factor(json!({"amr": ["pwd"], "acr": "mfa"})) && !factor(json!({})));
        assert!(!format!("{provider:?}").contains("secret"));
    }

    #[test]
    fn an_error_names_the_mistake() {
        let valid = json!({"issuer": "https://login.company.com", "client_id": "dashboard", "server_admins": ["admins"]});
        parse(&valid).unwrap();
        for (name, value, expected) in [
            ("issuer", json!("http://login.company.com"), "`issuer` is wrong: The issuer must begin with https://"),
            ("server_admins", json!([]), "no group may do anything"),
            ("members", json!([{"group": "a", "instance": "My App", "role": "owner"}]), "`members` names My App, which is no slug"),
            ("members", json!([{"group": "a", "instance": "my-app", "role": "king"}]), "`members` names king, which is no role"),
            ("scopes", json!("email"), "`scopes` must contain openid"),
            ("button_text", json!(""), "`button_text` must have"),
            ("secret", json!("x"), "it can't be read: unknown field `secret`"),
        ] {
            let mut wrong = valid.clone();
            wrong[name] = value;
            let error = parse(&wrong).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
