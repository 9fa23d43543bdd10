//! A forgotten password of an admin: a mail with a link to choose a new one.

use sqlx::PgPool;

use super::Email;
use crate::{
    database::begin,
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
};

/// Adds a mail to the outbox. Whether there is an account is looked up when it is sent, so nobody learns it here. Returns whether there
/// was room. `page` is the page that the mail's link leads to.
///
/// # Errors
/// The query fails.
pub async fn ask(pool: &PgPool, email: &Email, page: &str) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let is_added = outbox::add(&mut transaction, NewMail::to_admin(MailKind::AdminReset, email, page)).await?;
    transaction.commit().await?;
    Ok(is_added)
}
