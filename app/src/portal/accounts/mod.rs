//! Visitors who sign in with a password: an instance's own accounts, in PostgreSQL.

mod form;
mod reset;
mod settings;
mod sign_in;
pub(super) mod store;
#[cfg(test)]
mod tests;

use sqlx::PgPool;

use super::{
    confirmation::{SignIn, Unconfirmed},
    form::{DeletionForm, NamesForm, PasswordForm, ResetForm, SignInForm, SignUpForm},
    identity::{ForgottenPassword, Identity, IdentityFuture, OwnSession, PasswordReset, Visitor},
    provider::{self, ProviderOutcome, ProviderPerson},
};
use crate::{
    credentials::{client::Client, password::Password, token::Token},
    database::begin,
    identity_provider::ProviderSettings,
};

pub(super) use crate::credentials::password::NO_PASSWORD;
pub(super) use form::{Identifiers, Names};
use store::sessions;
pub(super) use store::sessions::IDLE_HOURS;
pub use store::sessions::MAX_SESSION_HOURS;
pub(super) use store::{
    accounts::{delete, lock_row},
    codes,
};

/// The accounts of one instance.
pub(super) struct Accounts {
    pool: PgPool,
    /// The instance's key.
    instance: i64,
}

impl Accounts {
    pub(super) fn new(pool: PgPool, instance: i64) -> Self {
        Self { pool, instance }
    }
}

impl Identity for Accounts {
    fn visitor<'a>(&'a self, token: &'a Token) -> IdentityFuture<'a, Option<Visitor>> {
        Box::pin(async move { Ok(sessions::find(&self.pool, self.instance, token).await?) })
    }

    fn sign_in<'a>(&'a self, form: &'a SignInForm, client: &'a Client) -> IdentityFuture<'a, Token> {
        Box::pin(sign_in::sign_in(&self.pool, self.instance, form, client))
    }

    fn sign_up<'a>(&'a self, form: &'a SignUpForm, client: &'a Client) -> IdentityFuture<'a, Token> {
        Box::pin(sign_in::sign_up(&self.pool, self.instance, form, client))
    }

    fn sign_in_confirmed<'a>(&'a self, form: &'a SignInForm, client: &'a Client) -> IdentityFuture<'a, SignIn> {
        Box::pin(sign_in::sign_in_confirmed(&self.pool, self.instance, form, client))
    }

    fn check_sign_up<'a>(&'a self, form: &'a SignUpForm) -> IdentityFuture<'a, Unconfirmed> {
        Box::pin(sign_in::check_sign_up(&self.pool, self.instance, form))
    }

    fn sign_in_at_provider<'a>(
        &'a self,
        person: &'a ProviderPerson,
        settings: &'a ProviderSettings,
        client: &'a Client,
    ) -> IdentityFuture<'a, ProviderOutcome> {
        Box::pin(provider::sign_in(&self.pool, self.instance, person, settings, client))
    }

    fn link<'a>(
        &'a self,
        pending: (&'a Token, &'a ProviderPerson),
        settings: &'a ProviderSettings,
        password: &'a Password,
        client: &'a Client,
    ) -> IdentityFuture<'a, Token> {
        Box::pin(provider::link(&self.pool, self.instance, pending, settings, password, client))
    }

    fn sign_out<'a>(&'a self, visitor: &'a Visitor) -> IdentityFuture<'a, ()> {
        self.end_session(visitor, visitor.session)
    }

    fn sessions<'a>(&'a self, visitor: &'a Visitor) -> IdentityFuture<'a, Vec<OwnSession>> {
        Box::pin(async move { Ok(sessions::list(&self.pool, self.instance, visitor.id).await?) })
    }

    fn end_session<'a>(&'a self, visitor: &'a Visitor, session: i64) -> IdentityFuture<'a, ()> {
        Box::pin(async move { Ok(sessions::end(&self.pool, self.instance, visitor.id, session).await?) })
    }

    fn end_other_sessions<'a>(&'a self, visitor: &'a Visitor) -> IdentityFuture<'a, ()> {
        Box::pin(async move {
            let mut transaction = begin(&self.pool).await?;
            if lock_row(&mut transaction, self.instance, visitor.id).await?.is_some() {
                sessions::end_others(&mut transaction, visitor.id, visitor.session).await?;
            }
            transaction.commit().await?;
            Ok(())
        })
    }

    fn rename<'a>(&'a self, visitor: &'a Visitor, form: &'a NamesForm) -> IdentityFuture<'a, ()> {
        Box::pin(settings::rename(&self.pool, self.instance, visitor, form))
    }

    fn change_password<'a>(&'a self, visitor: &'a Visitor, form: &'a PasswordForm) -> IdentityFuture<'a, Token> {
        Box::pin(settings::change_password(&self.pool, self.instance, visitor, form))
    }

    fn delete<'a>(&'a self, visitor: &'a Visitor, form: &'a DeletionForm) -> IdentityFuture<'a, ()> {
        Box::pin(settings::delete(&self.pool, self.instance, visitor, form))
    }

    fn forgot_password<'a>(&'a self, forgotten: ForgottenPassword<'a>) -> IdentityFuture<'a, ()> {
        Box::pin(reset::ask(&self.pool, self.instance, forgotten))
    }

    fn reset_password<'a>(&'a self, form: &'a ResetForm, client: &'a Client, page: &'a str) -> IdentityFuture<'a, PasswordReset> {
        Box::pin(reset::reset(&self.pool, self.instance, form, client, page))
    }
}
