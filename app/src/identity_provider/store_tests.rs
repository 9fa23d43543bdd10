//! Tests of stored identity providers, each with its own PostgreSQL database.

use sqlx::PgPool;

use super::{
    ProviderSettings, StoredProvider,
    store::{self, NewSecret},
    tests_settings,
};
use crate::{
    credentials::secret_key::SecretKey,
    database::StoreError,
    fixtures::{create_owned, find, member, other_app, owner},
    history::Actor,
    members::role::Role,
};

const SECRET: &str = "s3cret-of-the-client";

async fn app(pool: &PgPool) -> (Actor, i64) {
    let owner = owner(pool).await;
    let id = create_owned(pool, &owner, &other_app("my-app")).await.id;
    (owner, id)
}

async fn stored(pool: &PgPool, id: i64) -> StoredProvider {
    store::find(pool, id).await.unwrap().unwrap()
}

fn fields(result: Result<(), StoreError>) -> Vec<String> {
    match result {
        Err(StoreError::Fields(errors)) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provider_is_read_as_it_was_saved_and_the_portal_pages_know_its_button(pool: PgPool) {
    let (owner, id) = app(&pool).await;
    let key = SecretKey::new().unwrap();
    let settings = ProviderSettings { email_domains: vec!["company.com".into()], replaces_accounts: true, ..tests_settings() };
    store::save(&pool, &owner, "my-app", &settings, NewSecret::Set(SECRET, &key), "").await.unwrap();
    let provider = stored(&pool, id).await;
    assert_eq!(provider.settings, settings);
    let secret = provider.client_secret.as_ref().unwrap();
    assert_eq!(secret.decrypt(&key, id, &settings.issuer, &settings.client_id).as_deref(), Ok(SECRET));
    let instance = find(&pool, "my-app").await;
    let button = instance.provider.unwrap();
    assert_eq!((button.text.as_str(), button.replaces_accounts, button.manages_names), ("Sign in with Company", true, false));
    assert_eq!(instance.instance.version(), 2);
    store::remove(&pool, &owner, "my-app", &provider.fingerprint()).await.unwrap();
    let instance = find(&pool, "my-app").await;
    assert!(instance.provider.is_none() && instance.instance.version() == 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_secret_is_in_no_row_and_no_history(pool: PgPool) {
    let (owner, id) = app(&pool).await;
    let key = SecretKey::new().unwrap();
    store::save(&pool, &owner, "my-app", &tests_settings(), NewSecret::Set(SECRET, &key), "").await.unwrap();
    let everything: String = sqlx::query_scalar(
        "select (select string_agg(c::text, '') from changes c) || (select string_agg(p::text, '') from identity_providers p)",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(!everything.contains(SECRET) && !everything.contains(&hex));
    let change: (String, serde_json::Value) =
        sqlx::query_as("select kind, after from changes where instance_id = $1 order by id desc limit 1")
            .bind(id)
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!((change.0.as_str(), &change.1["client_secret"]), ("identity_provider", &"Set".into()));
    assert_eq!(change.1["issuer"], "https://login.company.com");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_secret_is_never_sent_to_another_issuer(pool: PgPool) {
    let (owner, id) = app(&pool).await;
    let key = SecretKey::new().unwrap();
    store::save(&pool, &owner, "my-app", &tests_settings(), NewSecret::Set(SECRET, &key), "").await.unwrap();
    let seen = stored(&pool, id).await.fingerprint();
    let evil = ProviderSettings { issuer: "https://evil.example".into(), ..tests_settings() };
    assert_eq!(fields(store::save(&pool, &owner, "my-app", &evil, NewSecret::Same, &seen).await), ["client_secret"]);
    let renamed = ProviderSettings { button_text: "Log in".into(), ..tests_settings() };
    store::save(&pool, &owner, "my-app", &renamed, NewSecret::Same, &seen).await.unwrap();
    assert!(stored(&pool, id).await.client_secret.is_some());
    let seen = stored(&pool, id).await.fingerprint();
    store::save(&pool, &owner, "my-app", &evil, NewSecret::None, &seen).await.unwrap();
    assert!(stored(&pool, id).await.client_secret.is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_save_and_what_somebody_else_has_saved_meanwhile_stays(pool: PgPool) {
    let (owner, id) = app(&pool).await;
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let refused = store::save(&pool, &editor, "my-app", &tests_settings(), NewSecret::Same, "").await;
    assert!(matches!(refused, Err(StoreError::Forbidden)), "{refused:?}");
    store::save(&pool, &owner, "my-app", &tests_settings(), NewSecret::Same, "").await.unwrap();
    let version = find(&pool, "my-app").await.instance.version();
    let other = ProviderSettings { scopes: "openid".into(), ..tests_settings() };
    assert_eq!(fields(store::save(&pool, &owner, "my-app", &other, NewSecret::Same, "").await), [""]);
    assert_eq!(fields(store::remove(&pool, &owner, "my-app", "old").await), [""]);
    let seen = stored(&pool, id).await.fingerprint();
    store::save(&pool, &owner, "my-app", &tests_settings(), NewSecret::Same, &seen).await.unwrap();
    assert_eq!(find(&pool, "my-app").await.instance.version(), version, "nothing has changed");
}
