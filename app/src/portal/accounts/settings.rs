//! What visitors change about themselves: their names, their password, and whether they have an account at all.

use sqlx::PgPool;

use super::{
    NO_PASSWORD,
    form::{check_new_password, read_rename},
    store::{accounts, sessions},
};
use crate::{
    credentials::{password::Password, token::Token},
    database::{begin, timed},
    portal::{
        form::{DeletionForm, NamesForm, PasswordForm},
        identity::{IdentityError, Visitor},
    },
    ui::form::FieldError,
};

/// Changes a visitor's names.
pub(super) async fn rename(pool: &PgPool, instance: i64, visitor: &Visitor, form: &NamesForm) -> Result<(), IdentityError> {
    let names = read_rename(form)?;
    if accounts::rename(timed(pool), instance, visitor.id, &names).await? { Ok(()) } else { Err(IdentityError::signed_out()) }
}

/// Changes a visitor's password and ends their other sessions. Returns the new token of this one.
pub(super) async fn change_password(pool: &PgPool, instance: i64, visitor: &Visitor, form: &PasswordForm) -> Result<Token, IdentityError> {
    let before = accounts::password_hash(timed(pool), instance, visitor.id).await?.ok_or_else(IdentityError::signed_out)?;
    if before == NO_PASSWORD {
        return Err(IdentityError::ManagedElsewhere);
    }
    let mut errors = Vec::new();
    if form.current == Password::default() {
        errors.push(FieldError::new("current", "Enter your current password."));
    } else if !form.current.matches(Some(before.clone())).await? {
        errors.push(FieldError::new("current", "That is not your password."));
    }
    if let Err(weak) = check_new_password(&form.new, visitor).await? {
        errors.push(FieldError::new("new", weak));
    }
    if !errors.is_empty() {
        return Err(IdentityError::Fields(errors));
    }
    let (after, token) = (form.new.hash().await?, Token::new()?);
    let mut transaction = begin(pool).await?;
    let is_unchanged = accounts::lock_row(&mut transaction, instance, visitor.id).await? == Some(before);
    if !is_unchanged || !sessions::rotate(&mut *transaction, visitor.session, &token).await? {
        let message = "Your password was changed in the meantime, or this session has ended. Sign in again.";
        return Err(IdentityError::field("current", message));
    }
    accounts::set_password(&mut transaction, visitor.id, &after).await?;
    sessions::end_others(&mut transaction, visitor.id, visitor.session).await?;
    transaction.commit().await?;
    Ok(token)
}

/// Deletes a visitor's account.
pub(super) async fn delete(pool: &PgPool, instance: i64, visitor: &Visitor, form: &DeletionForm) -> Result<(), IdentityError> {
    let stored = accounts::password_hash(timed(pool), instance, visitor.id).await?.ok_or_else(IdentityError::signed_out)?;
    if stored == NO_PASSWORD {
        if !sessions::is_new(timed(pool), visitor.session).await? {
            let message = format!("Sign out, sign in again, and delete your account within {} minutes.", sessions::NEW_MINUTES);
            return Err(IdentityError::field("password", message));
        }
    } else if form.password == Password::default() {
        return Err(IdentityError::field("password", "Enter your password."));
    } else if !form.password.matches(Some(stored.clone())).await? {
        return Err(IdentityError::field("password", "That is not your password."));
    }
    let mut transaction = begin(pool).await?;
    let is_unchanged = accounts::lock_row(&mut transaction, instance, visitor.id).await? == Some(stored);
    if !is_unchanged || !sessions::exists(&mut *transaction, visitor.session).await? {
        let message = "Your password was changed in the meantime, or this session has ended. Sign in again.";
        return Err(IdentityError::field("password", message));
    }
    accounts::delete(&mut transaction, instance, visitor.id).await?;
    transaction.commit().await?;
    Ok(())
}
