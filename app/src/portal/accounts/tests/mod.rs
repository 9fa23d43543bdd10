//! Tests of visitors' accounts, each against a PostgreSQL database of its own.

mod entry;
mod races;
mod sessions;
mod settings;

use std::sync::Arc;

use sqlx::PgPool;

use crate::{
    history::Actor,
    instances::store,
    portal::{
        form::{SignInForm, SignUpForm},
        identity::{Identity, IdentityError, IdentityKind, Recognised, Visitor},
    },
    redirects::{Instance, Settings},
    session::{Token, entry::Client},
};

const PASSWORD: &str = "correct horse battery staple";
const OTHER_PASSWORD: &str = "seven tame ducks in a row";

/// An instance of that slug, by what recognises its visitors.
async fn portal(pool: &PgPool, slug: &str) -> Arc<dyn Identity> {
    let domain = format!("{slug}.com");
    let settings = Settings { slug: slug.into(), name: slug.into(), domain: domain.clone(), ..Settings::default() };
    store::create(pool, &Actor::server(), &Instance::parse(&settings, 0).unwrap(), &domain).await.unwrap();
    let stored = store::find(pool, slug).await.unwrap().unwrap();
    assert_eq!(stored.identity, IdentityKind::Accounts);
    crate::portal::identity(stored.identity, pool, stored.id)
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

fn fields<T: std::fmt::Debug>(answer: Result<T, IdentityError>) -> Vec<String> {
    errors(answer).into_iter().map(|(field, _)| field).collect()
}

async fn signed_up(portal: &dyn Identity, form: &SignUpForm) -> (Token, Visitor) {
    let token = token(portal.sign_up(form, &Client::default()).await);
    let visitor = portal.visitor(&token).await.unwrap().unwrap();
    (token, visitor)
}

async fn count(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(pool).await.unwrap()
}
