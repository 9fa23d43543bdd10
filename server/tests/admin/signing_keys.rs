//! `signing-keys rotate`: new keys for instances that have some, with the secret key that fits, and never another one.

use std::{fs, path::Path};

use app::{
    credentials::secret_key::SecretKey,
    fixtures::{create, other_app},
    portal::oidc::key_ring::KeyRing,
};
use sqlx::{ConnectOptions, PgPool};

use crate::run::{Run, program};

/// Runs `signing-keys rotate` with these words, and with the secret key in that file.
fn rotate(pool: &PgPool, file: &Path, words: &[&str]) -> Run {
    let database = pool.connect_options().to_url_lossy().to_string();
    let options = ["--database-url", database.as_str(), "--secret-key-file", file.to_str().unwrap()];
    program(&[&["signing-keys", "rotate"], words, &options].concat()).output().unwrap().into()
}

async fn keys(pool: &PgPool, instance: i64) -> i64 {
    sqlx::query_scalar("select count(*) from signing_keys where instance_id = $1").bind(instance).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn instances_that_have_a_key_get_another_one_and_a_wrong_secret_key_makes_none(pool: PgPool) {
    let (one, two) = (create(&pool, &other_app("one")).await.id, create(&pool, &other_app("two")).await.id);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret.key");
    let secret = SecretKey::new().unwrap();
    fs::write(&file, secret.to_file()).unwrap();
    assert!(rotate(&pool, &file, &[]).output.starts_with("Nothing to do"));
    KeyRing::load(&pool, one, |_| Some(secret.clone())).await.unwrap();

    let other = folder.path().join("other.key");
    fs::write(&other, SecretKey::new().unwrap().to_file()).unwrap();
    assert!(rotate(&pool, &other, &[]).refused().contains("is not the key of this database"));
    assert!(rotate(&pool, &folder.path().join("none.key"), &[]).refused().contains("there is no secret key file"));
    assert_eq!(keys(&pool, one).await, 1);

    assert_eq!(rotate(&pool, &file, &[]).output, "Made new signing keys for one. They sign in 5 minutes.\n");
    assert!(rotate(&pool, &file, &["one"]).output.starts_with("Nothing to do"), "the next one does not sign yet");
    assert_eq!((keys(&pool, one).await, keys(&pool, two).await), (2, 0));
    assert!(rotate(&pool, &file, &["one", "--leaked"]).output.starts_with("Made new signing keys for one."));
    assert_eq!(keys(&pool, one).await, 1, "the old ones are gone");
    KeyRing::load(&pool, one, |_| Some(secret.clone())).await.unwrap();
    assert!(rotate(&pool, &file, &["three"]).refused().contains("no instance with the slug three"));
    let recorded: i64 =
        sqlx::query_scalar("select count(*) from changes where kind = 'signing_key_rotated'").fetch_one(&pool).await.unwrap();
    assert_eq!(recorded, 2);
}
