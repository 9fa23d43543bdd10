//! Tests of visitors' accounts, each with its own PostgreSQL database.

mod races;
mod sessions;
mod settings;
mod sign_in;

use std::sync::Arc;

use sqlx::PgPool;

use crate::{
    credentials::{client::Client, token::Token},
    portal::{
        form::{SignInForm, SignUpForm},
        identity::{Identity, IdentityError, IdentityKind, Visitor},
        tests::fixtures::{count, instance, wrong_fields as fields},
    },
};

const PASSWORD: &str = "correct horse battery staple";
const OTHER_PASSWORD: &str = "seven tame ducks in a row";

/// Stores an instance with that slug and returns its accounts.
async fn portal(pool: &PgPool, slug: &str) -> Arc<dyn Identity> {
    crate::portal::identity(IdentityKind::Accounts, pool, instance(pool, slug).await)
}

/// A sign-up form with all three identifiers.
fn ana() -> SignUpForm {
    SignUpForm {
        email_address: " Ana@MyApp.com ".into(),
        phone_number: "+1 (415) 555-0123".into(),
        username: "Ana_1".into(),
        first_name: " Ana ".into(),
        last_name: "María".into(),
        password: PASSWORD.into(),
    }
}

fn with_email(email: &str) -> SignUpForm {
    SignUpForm { email_address: email.into(), password: PASSWORD.into(), ..SignUpForm::default() }
}

fn with(identifier: &str, password: &str) -> SignInForm {
    SignInForm { identifier: identifier.into(), password: password.into() }
}

fn token(recognised: Result<Token, IdentityError>) -> Token {
    match recognised {
        Ok(token) => token,
        other => panic!("{other:?}"),
    }
}

/// The errors, by field.
fn errors<T: std::fmt::Debug>(answer: Result<T, IdentityError>) -> Vec<(String, String)> {
    match answer {
        Err(IdentityError::Fields(errors)) => errors.into_iter().map(|error| (error.field, error.message)).collect(),
        other => panic!("{other:?}"),
    }
}

async fn signed_up(portal: &dyn Identity, form: &SignUpForm) -> (Token, Visitor) {
    let token = token(portal.sign_up(form, &Client::default()).await);
    let visitor = portal.visitor(&token).await.unwrap().unwrap();
    (token, visitor)
}
