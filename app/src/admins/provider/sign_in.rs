//! Signs in a person whom the provider has signed in, with what their groups let them do.

use sqlx::{PgConnection, PgPool};

use super::{AdminProvider, Grants, ProviderAdmin, store};
use crate::{
    admins::{
        Caller, Token,
        sign_in::{SignInError, SignInStep, start_session},
        store::{
            accounts::{self, stored_email},
            pending_sign_ins, second_factors, sessions,
        },
    },
    credentials::{client::Client, password::NO_PASSWORD},
    database::begin,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    members::{role::Role, store::withdraw_all},
};

/// Signs a person in. `caller` is who is signed in already in the same browser: their own account is linked with the person.
///
/// # Errors
/// Their groups let them do nothing, there is another account with their address, or the query fails.
pub async fn sign_in(
    pool: &PgPool,
    provider: &AdminProvider,
    person: &ProviderAdmin,
    caller: Option<&Caller>,
    client: &Client,
) -> Result<SignInStep, SignInError> {
    let grants = provider.grants(&person.claims);
    let refused = |message: &str| SignInError::field("", message);
    let mut transaction = begin(pool).await?;
    let known = store::account_of(&mut transaction, &provider.issuer, &person.subject).await?;
    let (admin, email) = match known {
        Some((admin, email)) => (admin, stored_email(&email)?),
        None if grants.is_empty() => return Err(refused("None of your groups at the identity provider may use this dashboard.")),
        None => {
            let email = provider.email(&person.claims);
            let email = email.ok_or_else(|| refused("The identity provider has not verified your email address."))?;
            let admin = match (accounts::find(&mut *transaction, &email).await?, caller) {
                (Some(account), Some(caller)) if account.id == caller.id => {
                    accounts::lock(&mut transaction, account.id).await?;
                    account.id
                }
                (Some(_), _) => {
                    let message = "There is an account with your address already. Sign in to it with its password or a link of your \
                                   server's administrator, and link it on the Account page.";
                    return Err(refused(message));
                }
                (None, Some(caller)) => {
                    return Err(refused(&format!(
                        "The identity provider has another email address for you than {}. Nothing was linked.",
                        caller.email
                    )));
                }
                (None, None) => {
                    let created = accounts::create(&mut transaction, &email, NO_PASSWORD, false).await?.ok_or(SignInError::Expired)?;
                    let actor = actor(created, email.as_str(), client);
                    record(&mut transaction, &actor, Kind::AccountCreated, Entry::default()).await?;
                    created
                }
            };
            store::add_identity(&mut transaction, admin, &provider.issuer, &person.subject).await?;
            (admin, email)
        }
    };
    apply(&mut transaction, admin, email.as_str(), &grants, client).await?;
    if grants.is_empty() {
        sessions::end_all(&mut *transaction, admin, None).await?;
        pending_sign_ins::end_all(&mut transaction, admin).await?;
        transaction.commit().await?;
        return Err(refused("None of your groups at the identity provider may use this dashboard any more."));
    }
    let has_second_factor = provider.has_second_factor(&person.claims);
    let step = if !has_second_factor && second_factors::is_on(&mut *transaction, admin).await? {
        let token = Token::new()?;
        pending_sign_ins::create(&mut transaction, admin, &token).await?;
        SignInStep::NeedsCode(token)
    } else {
        let tokens = start_session(&mut transaction, admin, &email, client).await?;
        if has_second_factor {
            store::note_second_factor(&mut transaction, &tokens.session).await?;
        }
        SignInStep::SignedIn(tokens)
    };
    transaction.commit().await?;
    Ok(step)
}

/// Gives an account what its groups let it do, and takes what they no longer do. What was given in another way stays.
async fn apply(connection: &mut PgConnection, admin: i64, email: &str, grants: &Grants, client: &Client) -> sqlx::Result<()> {
    let actor = actor(admin, email, client);
    if store::set_server_admin(connection, admin, grants.server_admin).await? {
        let entry = Entry::default().about(email).field("server_admin", !grants.server_admin, grants.server_admin);
        record(connection, &actor, Kind::Role, entry).await?;
    }
    let slugs: Vec<String> = grants.roles.keys().cloned().collect();
    let roles: Vec<String> = grants.roles.values().map(|role| role.name().to_owned()).collect();
    for change in store::set_memberships(connection, admin, &slugs, &roles).await? {
        let kind = match (&change.before, &change.after) {
            (None, _) => Kind::Joined,
            (_, None) => Kind::Removed,
            _ => Kind::Role,
        };
        if change.after.is_none() || change.before.as_deref() == Some(Role::Owner.name()) {
            // A link that was made for them before, or by them for another address, would let them in again.
            withdraw_all(connection, &actor, change.instance, email, Some(admin)).await?;
        }
        let entry = Entry::of(change.instance).about(email).field("role", change.before, change.after);
        record(connection, &actor, kind, entry).await?;
    }
    Ok(())
}

fn actor(admin: i64, email: &str, client: &Client) -> Actor {
    Actor { admin: Some(admin), name: email.to_owned(), address: client.address, token: None }
}
