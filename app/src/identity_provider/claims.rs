//! What a provider's claims say of a person, by an instance's rules.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ClaimRule, ClaimUse, ProviderSettings};
use crate::redirects::{Domain, Environment};

const EMAIL: &str = "email";
/// The claim that says whether the address in `email` is verified (`OpenID` Connect Core 1.0, 5.1).
const EMAIL_VERIFIED: &str = "email_verified";

/// What an account is filled with. Personal data: not for logs.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Profile {
    /// A verified address.
    pub email_address: Option<String>,
    /// A username.
    pub username: Option<String>,
    /// A first name.
    pub first_name: Option<String>,
    /// A last name.
    pub last_name: Option<String>,
}

/// A log must not hold it.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile")
    }
}

/// Why nobody with these claims may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// The instance is for some domains, and there is no address.
    NoEmail,
    /// The instance is for some domains, and the provider has not verified the address.
    UnverifiedEmail,
    /// The address is of another domain.
    OtherDomain,
}

impl ProviderSettings {
    /// Reads a person's claims.
    ///
    /// # Errors
    /// Nobody with these claims may sign in.
    pub fn read(&self, claims: &Map<String, Value>) -> Result<Profile, ProfileError> {
        let email = text(claims, &self.email.claim);
        let is_verified = self.trusts_email || self.email.claim == EMAIL && is_true(claims.get(EMAIL_VERIFIED));
        if !self.email_domains.is_empty() {
            let address = email.as_deref().ok_or(ProfileError::NoEmail)?;
            if !is_verified {
                return Err(ProfileError::UnverifiedEmail);
            }
            let domain = address.rsplit_once('@').and_then(|(_, domain)| Domain::parse(domain, Environment::Production).ok());
            if !domain.is_some_and(|domain| self.email_domains.contains(&domain.to_string())) {
                return Err(ProfileError::OtherDomain);
            }
        }
        let used = |rule: &ClaimRule| if rule.usage == ClaimUse::Ignore { None } else { text(claims, &rule.claim) };
        let [first_name, last_name] =
            self.names.each_ref().map(|claim| if self.names_use == ClaimUse::Ignore { None } else { text(claims, claim) });
        Ok(Profile { email_address: used(&self.email).filter(|_| is_verified), username: used(&self.username), first_name, last_name })
    }
}

/// A claim's text; `None` if it is absent, blank or no text.
fn text(claims: &Map<String, Value>, claim: &str) -> Option<String> {
    claims.get(claim)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Some providers write the claim as a text.
fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true))) || value.and_then(Value::as_str) == Some("true")
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn settings() -> ProviderSettings {
        ProviderSettings {
            issuer: "https://login.company.com".into(),
            client_id: "portal".into(),
            scopes: "openid email profile".into(),
            button_text: "Sign in with Company".into(),
            email: ClaimRule { claim: "email".into(), usage: ClaimUse::Force },
            names: ["given_name".into(), "family_name".into()],
            names_use: ClaimUse::Suggest,
            username: ClaimRule { claim: "preferred_username".into(), usage: ClaimUse::Ignore },
            trusts_email: false,
            allows_sign_up: true,
            email_domains: Vec::new(),
            replaces_accounts: false,
        }
    }

    fn claims(value: Value) -> Map<String, Value> {
        let Value::Object(claims) = value else { panic!("no object") };
        claims
    }

    #[test]
    fn claims_fill_what_the_rules_say() {
        let given = claims(json!({
            "email": "ana@company.com", "email_verified": true, "given_name": " Ana ", "family_name": "", "preferred_username": "ana"
        }));
        let profile = settings().read(&given).ok().unwrap();
        assert_eq!(profile.email_address.as_deref(), Some("ana@company.com"));
        assert_eq!((profile.first_name.as_deref(), profile.last_name, profile.username), (Some("Ana"), None, None));
    }

    #[test]
    fn an_address_counts_only_if_it_is_verified() {
        for (given, trusts_email, counts) in [
            (json!({"email": "ana@company.com", "email_verified": true}), false, true),
            (json!({"email": "ana@company.com", "email_verified": "true"}), false, true),
            (json!({"email": "ana@company.com", "email_verified": false}), false, false),
            (json!({"email": "ana@company.com"}), false, false),
            (json!({"email": "ana@company.com", "email_verified": 1}), false, false),
            (json!({"email": "ana@company.com"}), true, true),
        ] {
            let settings = ProviderSettings { trusts_email, ..settings() };
            assert_eq!(settings.read(&claims(given.clone())).ok().unwrap().email_address.is_some(), counts, "{given}");
        }
        // `email_verified` says nothing about an address in another claim.
        let other = ProviderSettings { email: ClaimRule { claim: "upn".into(), usage: ClaimUse::Force }, ..settings() };
        let given = claims(json!({"upn": "ceo@company.com", "email": "ana@company.com", "email_verified": true}));
        assert!(other.read(&given).ok().unwrap().email_address.is_none());
    }

    #[test]
    fn an_instance_for_some_domains_lets_nobody_else_in() {
        let settings = ProviderSettings { email_domains: vec!["company.com".into()], ..settings() };
        for (given, expected) in [
            (json!({"email": "ana@Company.com", "email_verified": true}), None),
            (json!({"email": "ana@company.com"}), Some(ProfileError::UnverifiedEmail)),
            (json!({"email_verified": true}), Some(ProfileError::NoEmail)),
            (json!({"email": "ana@evil.com", "email_verified": true}), Some(ProfileError::OtherDomain)),
            (json!({"email": "ana@evilcompany.com", "email_verified": true}), Some(ProfileError::OtherDomain)),
            (json!({"email": "ana@sub.company.com", "email_verified": true}), Some(ProfileError::OtherDomain)),
            (json!({"email": "ana@company.com@evil.com", "email_verified": true}), Some(ProfileError::OtherDomain)),
        ] {
            assert_eq!(settings.read(&claims(given.clone())).err(), expected, "{given}");
        }
    }
}
