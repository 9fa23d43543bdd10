//! Organizations of an instance's visitors: created, listed with their members, and left.

mod store;

use std::net::IpAddr;

use sqlx::{PgConnection, PgPool};

use super::{
    accounts,
    form::OrganizationForm,
    identity::IdentityError,
    name,
    quotas::{self, Quota},
};
use crate::{
    credentials::{code::Code, email::Email},
    database::{begin, timed},
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
};

/// The most organizations that a visitor may be in.
pub const MAX_ORGANIZATIONS: i64 = 100;

/// For how many days an invitation counts.
pub const INVITATION_DAYS: i32 = 7;

/// The most members of an organization that are listed.
pub const MAX_LISTED: i64 = 50;

/// An organization, as its members see it. Personal data: not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Organization {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The members' names, the visitor's first, then those of the longest membership; [`MAX_LISTED`] at most.
    pub members: Vec<String>,
    /// How many members there are.
    pub count: i64,
}

/// An invitation to an organization. Personal data: not for logs.
#[derive(Clone)]
pub struct Invitation {
    /// The organization's key.
    pub id: i64,
    /// The organization's name.
    pub organization: String,
    /// The name of who invites.
    pub inviter: String,
    /// Whom the mail was sent to.
    pub email_address: String,
}

/// Leaves out its name and its members, for logs.
impl std::fmt::Debug for Organization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Organization").field("id", &self.id).field("count", &self.count).finish_non_exhaustive()
    }
}

/// Creates an organization with the visitor as its first member, and returns its key.
///
/// # Errors
/// The name is wrong, the visitor is in too many organizations or not one of the instance's, too much was stored today from the client's
/// `address`, or the database does not answer.
pub async fn create(
    pool: &PgPool,
    instance: i64,
    visitor: i64,
    form: &OrganizationForm,
    address: Option<IpAddr>,
) -> Result<i64, IdentityError> {
    let name = name::parse(&form.name).map_err(|error| IdentityError::field("name", error))?;
    if name.is_empty() {
        return Err(IdentityError::field("name", "Enter a name, like Harbour Rowing Club."));
    }
    let mut transaction = begin(pool).await?;
    // Two requests of one visitor at the same time run one after the other, so that both are counted.
    accounts::lock_row(&mut transaction, instance, visitor).await?.ok_or_else(IdentityError::signed_out)?;
    if store::count(&mut transaction, visitor).await? >= MAX_ORGANIZATIONS {
        let message = format_args!("You are in {MAX_ORGANIZATIONS} organizations, which is the limit. Leave one first.");
        return Err(IdentityError::field("name", message));
    }
    let id = store::insert(&mut transaction, instance, visitor, &name).await?;
    quotas::take(&mut transaction, instance, Quota::Organization, address).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Has a mail sent that invites somebody to an organization of the visitor's. `page` is the absolute URL of the page that takes its code.
///
/// # Errors
/// The address is wrong, the visitor is not a member, or the database does not answer or has no room.
pub async fn invite(pool: &PgPool, instance: i64, visitor: i64, organization: i64, email: &Email, page: &str) -> Result<(), IdentityError> {
    let mut transaction = begin(pool).await?;
    if !store::lock_row(&mut transaction, instance, visitor, organization).await? {
        return Err(IdentityError::field("", "You are not in this organization any more."));
    }
    let mail = NewMail {
        organization: Some((organization, visitor)),
        ..NewMail::to_visitor(MailKind::OrganizationInvitation, instance, email, page)
    };
    if !outbox::add(&mut transaction, mail).await? {
        return Err(IdentityError::Unavailable);
    }
    transaction.commit().await?;
    Ok(())
}

/// Stores an invitation whose mail is being sent; `None` if the inviter is not a member any more.
pub(crate) async fn store_invitation(
    connection: &mut PgConnection,
    organization: i64,
    inviter: i64,
    email: &Email,
    code: &Code,
) -> sqlx::Result<Option<Invitation>> {
    store::insert_invitation(connection, organization, inviter, email.as_str(), code).await
}

/// What a code invites to; `None` if it does not count.
///
/// # Errors
/// The database does not answer.
pub async fn invitation(pool: &PgPool, instance: i64, typed: &str) -> Result<Option<Invitation>, IdentityError> {
    match Code::parse(typed) {
        Some(code) => Ok(store::find_invitation(timed(pool), instance, &code).await?),
        None => Ok(None),
    }
}

/// Makes the visitor a member of the organization that a code invites to, and uses the code up.
///
/// # Errors
/// The code does not count, the visitor is in too many organizations, or the database does not answer.
pub async fn join(pool: &PgPool, instance: i64, visitor: i64, typed: &str) -> Result<(), IdentityError> {
    let ended = || IdentityError::field("", "This invitation was used already, or has expired. Ask for another one.");
    let code = Code::parse(typed).ok_or_else(ended)?;
    let found = store::find_invitation(timed(pool), instance, &code).await?.ok_or_else(ended)?;
    let mut transaction = begin(pool).await?;
    accounts::lock_row(&mut transaction, instance, visitor).await?.ok_or_else(IdentityError::signed_out)?;
    if store::count(&mut transaction, visitor).await? >= MAX_ORGANIZATIONS {
        return Err(IdentityError::field(
            "",
            format_args!("You are in {MAX_ORGANIZATIONS} organizations, which is the limit. Leave one first."),
        ));
    }
    // The organization is locked first, as by a member who leaves and takes their invitations along.
    match store::insert_member(&mut transaction, visitor, found.id).await {
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => return Err(ended()),
        inserted => inserted?,
    }
    if !store::use_invitation(&mut transaction, &code).await? {
        return Err(ended());
    }
    transaction.commit().await?;
    Ok(())
}

/// A visitor's organizations, by name.
///
/// # Errors
/// The database does not answer.
pub async fn list(pool: &PgPool, instance: i64, visitor: i64) -> Result<Vec<Organization>, IdentityError> {
    Ok(store::list(pool, instance, visitor).await?)
}

/// Removes a visitor from an organization, and deletes the organization if nobody is left in it. Returns whether the visitor was a
/// member.
///
/// # Errors
/// The database does not answer.
pub async fn leave(pool: &PgPool, instance: i64, visitor: i64, organization: i64) -> Result<bool, IdentityError> {
    let mut transaction = begin(pool).await?;
    // If the last two members leave at the same time, the second one waits here and then is the last.
    if !store::lock_row(&mut transaction, instance, visitor, organization).await? {
        return Ok(false);
    }
    let was_member = store::delete_member(&mut transaction, visitor, organization).await?;
    store::delete_if_empty(&mut transaction, organization).await?;
    transaction.commit().await?;
    Ok(was_member)
}
