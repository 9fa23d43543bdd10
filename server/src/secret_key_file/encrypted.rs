//! What the database holds that is encrypted with the secret key, and whether a file has that key.

use anyhow::Context;
use app::{
    admins::{second_factor::TotpSecret, store::second_factors},
    identity_provider::store::{StoredSecret, secrets},
    portal::oidc::{signing_key, store::keys},
};
use sqlx::PgConnection;

use super::SecretKeyFile;

/// How many identity providers' client secrets are tried.
const MAX_CLIENT_SECRETS: i64 = 100;

/// One kind of secret that the database holds, with what is needed to try a key on it.
#[derive(Debug)]
pub(crate) enum Encrypted {
    /// An admin's second factor: their key and the secret.
    SecondFactor(i64, Vec<u8>),
    /// A signing key: its instance and its private half.
    SigningKey(i64, Vec<u8>),
    /// The client secrets of identity providers.
    ClientSecrets(Vec<StoredSecret>),
}

impl Encrypted {
    /// Finds the kinds that the database holds.
    ///
    /// # Errors
    /// A query fails.
    pub(crate) async fn find(connection: &mut PgConnection) -> sqlx::Result<Vec<Self>> {
        let factor = second_factors::any(&mut *connection).await?.map(|(admin, secret)| Self::SecondFactor(admin, secret));
        let key = keys::any(connection).await?.map(|(instance, private_key)| Self::SigningKey(instance, private_key));
        let secrets = Some(secrets(connection, MAX_CLIENT_SECRETS).await?).filter(|secrets| !secrets.is_empty());
        Ok([factor, key, secrets.map(Self::ClientSecrets)].into_iter().flatten().collect())
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::SecondFactor(..) => "second factors",
            Self::SigningKey(..) => "signing keys",
            Self::ClientSecrets(_) => "identity providers' client secrets",
        }
    }

    /// Checks that the file has its key.
    ///
    /// # Errors
    /// The file can't be read, or has another key. The message begins with what does not work.
    pub(crate) fn check(&self, file: &SecretKeyFile) -> anyhow::Result<()> {
        self.decrypt(file).context(match self {
            Self::SecondFactor(..) => "codes of second factors can't be checked, and admins who have one need a recovery code",
            Self::SigningKey(..) => "tokens for applications can't be signed",
            Self::ClientSecrets(_) => "visitors can't sign in at an identity provider",
        })
    }

    fn decrypt(&self, file: &SecretKeyFile) -> anyhow::Result<()> {
        let key = file.read()?;
        match self {
            Self::SecondFactor(admin, secret) => {
                TotpSecret::decrypt(secret, &key, *admin)?;
            }
            Self::SigningKey(instance, private_key) => signing_key::check(private_key, *instance, &key)?,
            Self::ClientSecrets(secrets) => {
                for secret in secrets {
                    secret.check(&key).with_context(|| format!("that of {}", secret.slug))?;
                }
            }
        }
        Ok(())
    }
}
