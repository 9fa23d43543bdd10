//! Identity providers: whether each answers as it should.

use app::{
    database::timed_on,
    identity_provider::{AllowedProviders, store},
};
use sqlx::PgConnection;

use super::report::Report;
use crate::{config::Config, identity_provider::Providers, secret_key_file::is_exposed};

/// How many providers are checked.
const MAX_CHECKED: i64 = 50;

/// What the findings are called.
const NAME: &str = "identity provider";

/// Checks the provider that signs admins in.
async fn check_admins(config: &Config, report: &mut Report) {
    const ADMINS: &str = "admins' identity provider";
    match config.admin_provider() {
        Ok(None) => {}
        Ok(Some(provider)) => match Providers::new(config.identity_providers) {
            Ok(providers) => match providers.discover(&provider.issuer).await {
                Ok(_) => report.ok(ADMINS, format!("it answers: {}", provider.issuer)),
                Err(error) => report.problem(ADMINS, format!("it does not work: {error}.")),
            },
            Err(error) => report.problem(ADMINS, error.to_string()),
        },
        Err(error) => report.problem(ADMINS, format!("{error:#}.")),
    }
    if let Some(file) = &config.admin_provider_file
        && is_exposed(file)
    {
        report.problem(
            ADMINS,
            format!("other users can read {}, which holds the client secret. Take that right away (chmod 600).", file.display()),
        );
    }
}

/// Checks the providers of all instances.
pub(super) async fn check(config: &Config, connection: &mut PgConnection, report: &mut Report) {
    check_admins(config, report).await;
    let stored = match store::issuers(timed_on(connection), MAX_CHECKED).await {
        Ok(stored) if stored.is_empty() => return,
        Ok(stored) => stored,
        Err(error) => return report.failed(NAME, error),
    };
    if config.identity_providers == AllowedProviders::Off {
        let text = "instances have identity providers, and this server asks none. Set --identity-providers to public or private.";
        return report.problem(NAME, text);
    }
    let providers = match Providers::new(config.identity_providers) {
        Ok(providers) => providers,
        Err(error) => return report.problem(NAME, error.to_string()),
    };
    for (slug, issuer) in &stored {
        match providers.discover(issuer).await {
            Ok(_) => report.ok(NAME, format!("that of {slug} answers: {issuer}")),
            Err(error) => report.problem(NAME, format!("that of {slug} does not work: {error}.")),
        }
    }
}
