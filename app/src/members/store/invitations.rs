//! Invitations to an instance, made and withdrawn by its owners.

use sqlx::{PgConnection, PgPool};

use super::membership::is_member;
use crate::{
    admins::{
        Email, Role, Token,
        store::links::{self, Invitation, Purpose},
    },
    database::{StoreError, begin, lock_row},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
    members::form::InviteForm,
    ui::form::FieldError,
};

/// Invites somebody. Returns the invitation and the token of its link, which is not stored. An earlier invitation for the same
/// address ends. Nothing is sent by mail.
///
/// # Errors
/// As [`invite_by_mail`].
pub async fn invite(pool: &PgPool, actor: &Actor, slug: &str, form: &InviteForm) -> Result<(Invitation, Token), StoreError> {
    invite_by_mail(pool, actor, slug, form, None).await
}

/// Invites somebody, and has a mail sent with a link to that page, if there is one. The link of the returned token works as well.
///
/// # Errors
/// The instance is not found or archived, the actor is not an owner, fields are wrong, the address is a member's, or the query fails.
pub async fn invite_by_mail(
    pool: &PgPool,
    actor: &Actor,
    slug: &str,
    form: &InviteForm,
    page: Option<&str>,
) -> Result<(Invitation, Token), StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let (email, role) = (form.email.parse::<Email>(), form.role.parse::<Role>());
    let mut errors: Vec<_> = email.as_ref().err().map(|error| FieldError::new("email", error)).into_iter().collect();
    errors.extend(role.as_ref().err().map(|error| FieldError::new("role", error)));
    let (Ok(email), Ok(role)) = (email, role) else { return Err(StoreError::Fields(errors)) };
    if is_member(&mut *transaction, instance, email.as_str()).await? {
        let message = format_args!("{email} is already a member. Change their role in the list.");
        return Err(StoreError::Fields(vec![FieldError::new("email", message)]));
    }
    withdraw_all(&mut transaction, actor, instance, email.as_str(), None).await?;
    let invitation = Invitation { email, membership: Some((instance, role)), server_admin: false, owner_of_all: false };
    let token = links::create(&mut transaction, &Purpose::Invite(invitation.clone()), actor).await?;
    let entry = Entry::of(instance).about(invitation.email.as_str()).field("role", None::<String>, role.name());
    record(&mut transaction, actor, Kind::Invited, entry).await?;
    if let Some(page) = page {
        let link = links::key(&mut transaction, &token).await?;
        let mail = NewMail { invitation: Some(link), ..NewMail::to_admin(MailKind::AdminInvitation, &invitation.email, page) };
        outbox::add(&mut transaction, mail).await?;
    }
    transaction.commit().await?;
    Ok((invitation, token))
}

/// Withdraws an invitation: its link stops working.
///
/// # Errors
/// The instance or the invitation is not found, the instance is archived, the actor is not an owner, or the query fails.
pub async fn withdraw(pool: &PgPool, actor: &Actor, slug: &str, invitation: i64) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let email = links::withdraw(&mut transaction, instance, invitation).await?.ok_or(StoreError::NotFound)?;
    record(&mut transaction, actor, Kind::InvitationWithdrawn, Entry::of(instance).about(email)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Withdraws the invitations to an instance for an address, and those that the given account of this address has made.
///
/// # Errors
/// The query fails.
pub(crate) async fn withdraw_all(
    connection: &mut PgConnection,
    actor: &Actor,
    instance: i64,
    email: &str,
    maker: Option<i64>,
) -> sqlx::Result<()> {
    for about in links::withdraw_all(connection, instance, email, maker).await? {
        record(connection, actor, Kind::InvitationWithdrawn, Entry::of(instance).about(about)).await?;
    }
    Ok(())
}
