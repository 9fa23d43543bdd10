//! `portal-redirects signing-keys`: makes new keys for the tokens of applications, straight in a database that is already running.

use std::process::ExitCode;

use anyhow::Context;
use app::{
    credentials::secret_key::SecretKey,
    database::begin_on,
    portal::oidc::{
        key_ring::PUBLISHED_BEFORE_MINUTES,
        signing_key::NewKey,
        store::keys::{self, Rotation},
    },
};
use clap::Subcommand;
use sqlx::PgConnection;

use crate::{config::Config, database, process::stdout::print_line, secret_key_file::encrypted::Encrypted};

/// The subcommands of `signing-keys`.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Make a new signing key for each instance that has one. Servers also do that by themselves, every 90 days.
    ///
    /// The new key is published at once and signs after 5 minutes. The old one is published until its last token has ended. The command
    /// needs the file of --secret-key-file.
    Rotate {
        /// The slug of the one instance that gets a new key.
        instance: Option<String>,
        /// Somebody may have read the old keys: they are deleted, and the new one signs at once. Tokens that the old ones have signed
        /// are refused once applications read the keys again.
        #[arg(long)]
        leaked: bool,
    },
}

/// Runs a subcommand and prints its result on standard output.
///
/// # Errors
/// The database or the secret key can't be read, or there is no such instance.
pub(crate) fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    let Command::Rotate { instance, leaked } = command;
    let rotation = if *leaked { Rotation::Leaked } else { Rotation::Now };
    let done = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection = database::connect(config).await?;
        rotate(&mut connection, instance.as_deref(), rotation, config).await
    })?;
    print_line(&done);
    Ok(ExitCode::SUCCESS)
}

async fn rotate(connection: &mut PgConnection, slug: Option<&str>, rotation: Rotation, config: &Config) -> anyhow::Result<String> {
    let mut transaction = begin_on(connection).await?;
    let instances = keys::instances(&mut transaction, slug).await?;
    if let (Some(slug), true) = (slug, instances.is_empty()) {
        anyhow::bail!("there is no instance with the slug {slug}");
    }
    let mut secret: Option<SecretKey> = None;
    let mut rotated = Vec::new();
    for (instance, slug) in instances {
        // The first use of one makes its key.
        if !keys::has_one(&mut transaction, instance).await? {
            continue;
        }
        let secret = match &secret {
            Some(secret) => secret,
            None => secret.insert(fitting(&mut transaction, config).await?),
        };
        // Another one that does not sign yet is new enough.
        if keys::add_in(&mut transaction, instance, &NewKey::new(instance, secret)?, rotation).await? {
            keys::record_rotation(&mut transaction, instance).await?;
            rotated.push(slug);
        }
    }
    transaction.commit().await?;
    if rotated.is_empty() {
        return Ok("Nothing to do: no instance has a key that is older than its next one.".to_owned());
    }
    let when = match rotation {
        Rotation::Leaked => "They sign as soon as the servers have read them, within 30 seconds.".to_owned(),
        Rotation::Now | Rotation::IfDue => format!("They sign in {PUBLISHED_BEFORE_MINUTES} minutes."),
    };
    Ok(format!("Made new signing keys for {}. {when}", rotated.join(", ")))
}

/// The secret key, if it is the one that the servers have: keys that they can't read would stop them.
async fn fitting(connection: &mut PgConnection, config: &Config) -> anyhow::Result<SecretKey> {
    let file = config.second_factor().key_file;
    let secret = file.read()?;
    for secrets in Encrypted::find(connection).await? {
        secrets.check(&file).with_context(|| format!("{} is not the key of this database", file.path().display()))?;
    }
    Ok(secret)
}
