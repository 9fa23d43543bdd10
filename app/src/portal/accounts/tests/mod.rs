//! Tests of visitors' accounts, each against a PostgreSQL database of its own.

mod sign_in;
mod races;
mod sessions;
mod settings;

use std::sync::Arc;

use sqlx::PgPool;

use crate::{
    admins::{Token, entry::Client},
    portal::{
        fixtures::{count, instance, wrong_fields as fields},
        form::{SignInForm, SignUpForm},
        identity::{Identity, IdentityError, IdentityKind, Recognised, Visitor},
    },
};

const PASSWORD: &str = "correct horse battery staple";
const OTHER_PASSWORD: &str = "seven tame ducks in a row";

/// An instance of that slug, by what recognises its visitors.
async fn portal(pool: &PgPool, slug: &str) -> Arc<dyn Identity> {
    crate::portal::identity(IdentityKind::Accounts, pool, instance(pool, slug).await)
}

/// What somebody with all three identifiers types.
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

fn token(recognised: Result<Recognised, IdentityError>) -> Token {
    match recognised {
        Ok(Recognised::Now(token)) => token,
        other => panic!("{other:?}"),
    }
}

/// What was wrong, by field.
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
