//! A forgotten password: asking for a mail with a code, and replacing the password with that code.

use sqlx::PgPool;

use super::{
    form::check,
    store::{accounts, codes, sessions},
};
use crate::{
    credentials::{client::Client, code::Code, email::Email, password::Password, token::Token},
    database::{begin, timed},
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
    portal::{
        codes::{Purpose, wrong_code},
        form::ResetForm,
        identity::{ForgottenPassword, IdentityError, PasswordReset},
    },
};

/// Adds a mail to the outbox. Whether there is an account is looked up when it is sent.
pub(super) async fn ask(pool: &PgPool, instance: i64, forgotten: ForgottenPassword<'_>) -> Result<(), IdentityError> {
    let ForgottenPassword { email, page } = forgotten;
    let mut transaction = begin(pool).await?;
    let mail = NewMail::to_visitor(MailKind::VisitorReset, instance, email, page);
    let is_added = outbox::add(&mut transaction, mail).await?;
    transaction.commit().await?;
    if is_added { Ok(()) } else { Err(IdentityError::Unavailable) }
}

/// Replaces a visitor's password, ends their sessions, and begins one. `page` is where a forgotten password is replaced.
pub(super) async fn reset(
    pool: &PgPool,
    instance: i64,
    form: &ResetForm,
    client: &Client,
    page: &str,
) -> Result<PasswordReset, IdentityError> {
    let code = Code::parse(&form.code).ok_or_else(wrong_code)?;
    let owner = codes::find(timed(pool), instance, Purpose::Reset, &code).await?.ok_or_else(wrong_code)?;
    if form.new == Password::default() {
        return Err(IdentityError::field("new", "Enter a new password."));
    }
    let (email, phone, username) = (owner.email_address.as_deref(), owner.phone_number.as_deref(), owner.username.as_deref());
    if let Err(weak) = check(&form.new, [email, phone, username, Some(&owner.first_name), Some(&owner.last_name)]).await? {
        return Err(IdentityError::field("new", weak));
    }
    let (hash, token) = (form.new.hash().await?, Token::new()?);
    let mut transaction = begin(pool).await?;
    accounts::lock_row(&mut transaction, instance, owner.visitor).await?.ok_or_else(wrong_code)?;
    if !codes::use_up(&mut transaction, owner.visitor, Purpose::Reset, &code).await? {
        return Err(wrong_code());
    }
    accounts::set_password(&mut transaction, owner.visitor, &hash).await?;
    codes::confirm_email(&mut transaction, owner.visitor, &owner.sent_to).await?;
    sessions::end_all(&mut transaction, owner.visitor).await?;
    sessions::begin(&mut transaction, owner.visitor, &token, client).await?;
    if let Some(Ok(recipient)) = owner.email_address.as_deref().map(str::parse::<Email>) {
        // If the outbox has no room for it, the password is replaced nevertheless.
        outbox::add(&mut transaction, NewMail::to_visitor(MailKind::VisitorPasswordChanged, instance, &recipient, page)).await?;
    }
    transaction.commit().await?;
    Ok(PasswordReset { visitor: owner.visitor, token })
}
