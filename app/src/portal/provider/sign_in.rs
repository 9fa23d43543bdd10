//! Signing in the person whom the provider has signed in, and linking them with an account that has a password.

use sqlx::{PgConnection, PgPool};

use super::{ProviderOutcome, ProviderPerson, SignUpRefusal, store};
use crate::{
    credentials::{client::Client, email::Email, password::Password, token::Token},
    database::{begin, timed},
    identity_provider::{ClaimUse, ProviderSettings},
    portal::{
        accounts::{
            Identifiers, NO_PASSWORD, Names,
            store::{accounts, sessions},
        },
        identity::IdentityError,
        name,
        quotas::{self, Quota},
    },
};

/// How often a sign-in starts over, if another one of the same person creates the account at the same moment.
const MAX_ATTEMPTS: usize = 3;

/// Signs a person in. Without an account, they get one where the settings let them.
pub(in crate::portal) async fn sign_in(
    pool: &PgPool,
    instance: i64,
    person: &ProviderPerson,
    settings: &ProviderSettings,
    client: &Client,
) -> Result<ProviderOutcome, IdentityError> {
    for _ in 0..MAX_ATTEMPTS {
        if let Some(visitor) = store::visitor_of(pool, instance, person).await? {
            let token = Token::new()?;
            let mut transaction = begin(pool).await?;
            // Deleted meanwhile: it starts over.
            if accounts::lock_row(&mut transaction, instance, visitor).await?.is_none() {
                continue;
            }
            fill(&mut transaction, visitor, person, settings).await?;
            sessions::begin_at_provider(&mut transaction, visitor, &token, client).await?;
            transaction.commit().await?;
            return Ok(ProviderOutcome::SignedIn { token, is_new: false });
        }
        if let Some(outcome) = sign_up(pool, instance, person, settings, client).await? {
            return Ok(outcome);
        }
    }
    Err(IdentityError::Unavailable)
}

/// Creates an account for a person. `None` if somebody else has created it meanwhile.
async fn sign_up(
    pool: &PgPool,
    instance: i64,
    person: &ProviderPerson,
    settings: &ProviderSettings,
    client: &Client,
) -> Result<Option<ProviderOutcome>, IdentityError> {
    let profile = &person.profile;
    let email_address = profile.email_address.as_deref().and_then(|text| text.parse::<Email>().ok());
    let mut identifiers =
        Identifiers { email_address, username: profile.username.as_deref().and_then(|text| text.parse().ok()), phone_number: None };
    let found = accounts::find(timed(pool), instance, &identifiers).await?;
    let email = identifiers.email_address();
    if let Some(account) = found.iter().find(|account| email.is_some() && account.email_address() == email) {
        // Without a password, it is another person's of the same provider, or was theirs before the provider gave them another key.
        let is_own = account.password_hash != NO_PASSWORD;
        return Ok(Some(if is_own { ProviderOutcome::LinkFirst } else { ProviderOutcome::Refused(SignUpRefusal::Taken) }));
    }
    if !settings.allows_sign_up {
        return Ok(Some(ProviderOutcome::Refused(SignUpRefusal::SignUpClosed)));
    }
    if !found.is_empty() {
        // Somebody has the username.
        identifiers.username = None;
        if identifiers.email_address.is_none() {
            return Ok(Some(ProviderOutcome::Refused(SignUpRefusal::Taken)));
        }
    }
    if identifiers.email_address.is_none() && identifiers.username.is_none() {
        return Ok(Some(ProviderOutcome::Refused(SignUpRefusal::NoIdentifier)));
    }
    let name = |text: &Option<String>| text.as_deref().and_then(|text| name::parse(text).ok()).unwrap_or_default();
    let names = Names { first: name(&profile.first_name), last: name(&profile.last_name) };
    let token = Token::new()?;
    let mut transaction = begin(pool).await?;
    let Some(visitor) = accounts::create(&mut transaction, instance, &identifiers, &names, NO_PASSWORD).await? else { return Ok(None) };
    if !store::add_identity(&mut transaction, instance, visitor, person).await? {
        return Ok(None);
    }
    sessions::begin_at_provider(&mut transaction, visitor, &token, client).await?;
    quotas::take(&mut transaction, instance, Quota::Account, client.address).await?;
    transaction.commit().await?;
    Ok(Some(ProviderOutcome::SignedIn { token, is_new: true }))
}

/// Links a person with the account that has their verified address, by that account's password.
pub(in crate::portal) async fn link(
    pool: &PgPool,
    instance: i64,
    (browser, person): (&Token, &ProviderPerson),
    settings: &ProviderSettings,
    password: &Password,
    client: &Client,
) -> Result<Token, IdentityError> {
    if *password == Password::default() {
        return Err(IdentityError::field("password", "Enter your password."));
    }
    let email_address = person.profile.email_address.as_deref().and_then(|text| text.parse::<Email>().ok());
    let identifiers = Identifiers { email_address, ..Identifiers::default() };
    let account = match identifiers.email_address() {
        Some(_) => accounts::find(timed(pool), instance, &identifiers).await?.pop(),
        None => None,
    };
    let is_right = password.matches(account.as_ref().map(|account| account.password_hash.clone())).await?;
    let Some(account) = account.filter(|_| is_right) else {
        return Err(IdentityError::field("password", "That is not the password of this account."));
    };
    let token = Token::new()?;
    let mut transaction = begin(pool).await?;
    let is_unchanged = accounts::lock_row(&mut transaction, instance, account.id).await?.as_ref() == Some(&account.password_hash);
    if !is_unchanged || !store::delete_pending(&mut transaction, instance, browser).await? {
        return Err(IdentityError::field("", "This has ended, or the password was changed in the meantime. Sign in again."));
    }
    // The provider may have given the same person another key.
    store::remove_identity(&mut transaction, account.id, &person.issuer).await?;
    if !store::add_identity(&mut transaction, instance, account.id, person).await? {
        return Err(IdentityError::field("", "Another account here is linked with this person already. Sign in again."));
    }
    fill(&mut transaction, account.id, person, settings).await?;
    sessions::begin_at_provider(&mut transaction, account.id, &token, client).await?;
    transaction.commit().await?;
    Ok(token)
}

/// Fills an account whose row is locked with the claims that are forced.
async fn fill(connection: &mut PgConnection, visitor: i64, person: &ProviderPerson, settings: &ProviderSettings) -> sqlx::Result<()> {
    let profile = &person.profile;
    let forced = |usage: ClaimUse, text: &Option<String>| text.clone().filter(|_| usage == ClaimUse::Force);
    let email = forced(settings.email.usage, &profile.email_address).and_then(|text| text.parse::<Email>().ok());
    let username = forced(settings.username.usage, &profile.username);
    let username = Identifiers { username: username.and_then(|text| text.parse().ok()), ..Identifiers::default() };
    let name = |text: &Option<String>| forced(settings.names_use, text).and_then(|text| name::parse(&text).ok());
    let (first, last) = (name(&profile.first_name), name(&profile.last_name));
    if email.is_none() && username.username().is_none() && first.is_none() && last.is_none() {
        return Ok(());
    }
    store::fill(connection, visitor, email.as_ref().map(Email::as_str), username.username(), first.as_deref(), last.as_deref()).await
}
