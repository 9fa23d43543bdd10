//! An instance's waitlist: addresses of people who want to hear of it.

use sqlx::PgPool;

use super::{form::WaitlistForm, identity::IdentityError};
use crate::admins::Email;

/// Puts an address on the waitlist. The answer is the same where it is there already.
///
/// # Errors
/// It is no address, or the database can't be asked.
pub async fn join(pool: &PgPool, instance: i64, form: &WaitlistForm) -> Result<(), IdentityError> {
    let email: Email = form.email_address.parse().map_err(|error| IdentityError::field("email_address", error))?;
    sqlx::query!(
        "insert into waitlist_entries (instance_id, email_address) values ($1, $2) on conflict (instance_id, email_address) do nothing",
        instance,
        email.as_str()
    )
    .execute(pool)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::fixtures::{count, instance, wrong_fields};

    fn typed(email: &str) -> WaitlistForm {
        WaitlistForm { email_address: email.into() }
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn an_address_is_on_the_waitlist_once_however_often_it_joins(pool: PgPool) {
        let (here, there) = (instance(&pool, "my-app").await, instance(&pool, "other-app").await);
        for email in ["ana@myapp.com", " ANA@myapp.com ", "jürgen@bücher.example"] {
            join(&pool, here, &typed(email)).await.unwrap();
        }
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { join(&pool, here, &typed("ben@myapp.com")).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(count(&pool, "waitlist_entries").await, 3);
        join(&pool, there, &typed("ana@myapp.com")).await.unwrap();
        assert_eq!(count(&pool, "waitlist_entries").await, 4);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn what_is_no_address_is_an_error_of_the_field(pool: PgPool) {
        let here = instance(&pool, "my-app").await;
        for email in ["", " ", "ana", "a\0@myapp.com", "a\u{202e}@myapp.com", &format!("{}@myapp.com", "ü".repeat(5_000))] {
            assert_eq!(wrong_fields(join(&pool, here, &typed(email)).await), ["email_address"], "{email:?}");
        }
        assert_eq!(count(&pool, "waitlist_entries").await, 0);
        pool.close().await;
        assert!(matches!(join(&pool, here, &typed("ana@myapp.com")).await, Err(IdentityError::Unavailable)));
    }
}
