//! The settings of an instance's identity provider.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use strum::EnumCount;

use crate::credentials::secret_key::{NotDecrypted, SecretKey};

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimUse {
    /// It fills nothing.
    Ignore,
    /// It fills a new account.
    Suggest,
    /// It fills the account at every sign-in.
    #[default]
    Force,
}

impl ClaimUse {
    /// Every use.
    pub const ALL: [Self; Self::COUNT] = [Self::Ignore, Self::Suggest, Self::Force];

    /// The name in the database and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Suggest => "suggest",
            Self::Force => "force",
        }
    }
}

/// No use of a claim has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown use of a claim")]
pub struct UnknownUse;

impl FromStr for ClaimUse {
    type Err = UnknownUse;

    fn from_str(name: &str) -> Result<Self, UnknownUse> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or(UnknownUse)
    }
}

/// Which claim fills a field, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRule {
    /// The claim's name.
    pub claim: String,
    /// What becomes of it.
    pub usage: ClaimUse,
}

/// The settings, without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// The issuer, to the letter.
    pub issuer: String,
    /// The client id that the provider has given out.
    pub client_id: String,
    /// The scopes, separated by single spaces. `openid` is one of them.
    pub scopes: String,
    /// The text of the button.
    pub button_text: String,
    /// The claim for the email address.
    pub email: ClaimRule,
    /// The claims for the first and the last name.
    pub names: [String; 2],
    /// What becomes of the names.
    pub names_use: ClaimUse,
    /// The claim for the username.
    pub username: ClaimRule,
    /// Whether addresses count as verified without `email_verified`.
    pub trusts_email: bool,
    /// Whether people without an account get one.
    pub allows_sign_up: bool,
    /// The domains of which people need an address; anybody may sign in if there is none.
    pub email_domains: Vec<String>,
    /// Whether nobody signs in with a password.
    pub replaces_accounts: bool,
}

/// A client secret, encrypted with a key that is not in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptedSecret(pub(super) Vec<u8>);

impl fmt::Debug for EncryptedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedSecret")
    }
}

impl EncryptedSecret {
    /// Encrypts the secret of an instance's client. It can be read back only for that client of that issuer, so nobody who changes the
    /// issuer gets it sent to theirs.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn encrypt(secret: &str, key: &SecretKey, instance: i64, issuer: &str, client_id: &str) -> Result<Self, getrandom::Error> {
        key.encrypt(secret.as_bytes(), &purpose(instance, issuer, client_id)).map(Self)
    }

    /// Reads the secret back.
    ///
    /// # Errors
    /// It was encrypted with another key or for another client, or has been changed.
    pub fn decrypt(&self, key: &SecretKey, instance: i64, issuer: &str, client_id: &str) -> Result<String, NotDecrypted> {
        let secret = key.decrypt(&self.0, &purpose(instance, issuer, client_id))?;
        String::from_utf8(secret).map_err(|_| NotDecrypted)
    }
}

fn purpose(instance: i64, issuer: &str, client_id: &str) -> Vec<u8> {
    format!("identity provider of {instance}\n{issuer}\n{client_id}").into_bytes()
}

/// A provider as it is stored.
#[derive(Clone, Debug)]
pub struct StoredProvider {
    /// The key of its instance.
    pub instance: i64,
    /// The settings.
    pub settings: ProviderSettings,
    /// The secret; `None` for a public client.
    pub client_secret: Option<EncryptedSecret>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_for_its_own_client_only() {
        let key = SecretKey::new().unwrap();
        let encrypted = EncryptedSecret::encrypt("s3cret", &key, 7, "https://a.example", "app").unwrap();
        assert_eq!(encrypted.decrypt(&key, 7, "https://a.example", "app").as_deref(), Ok("s3cret"));
        for (instance, issuer, client) in [(8, "https://a.example", "app"), (7, "https://a.example/", "app"), (7, "https://a.example", "b")]
        {
            assert_eq!(encrypted.decrypt(&key, instance, issuer, client), Err(NotDecrypted));
        }
        assert_eq!(format!("{encrypted:?}"), "EncryptedSecret");
    }
}
