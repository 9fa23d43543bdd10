//! API tokens in a database, each test with its own.

use sqlx::PgPool;

use super::{
    Scope, Secret,
    form::ApiTokenForm,
    store::{FoundToken, Place, Validity, access, find, issue, list, revoke},
};
use crate::{
    admins::Role,
    database::StoreError,
    fallbacks::{self, form::FallbackForm},
    fixtures,
    history::{
        Actor, Kind,
        filter::Criteria,
        store::{self, last::last_changes},
    },
    members,
    redirects::Flow,
};

const MY_APP: Place<'_> = Place::Instance("my-app");

fn form(name: &str) -> ApiTokenForm {
    ApiTokenForm { name: name.into(), scope: "redirects".into(), ..ApiTokenForm::default() }
}

/// An instance with an owner, and a token that the owner has made for it.
async fn issued(pool: &PgPool) -> (Actor, Secret) {
    let owner = fixtures::owner(pool).await;
    fixtures::create_owned(pool, &owner, &fixtures::my_app()).await;
    let secret = issue(pool, &owner, MY_APP, &form("CI").check().unwrap()).await.unwrap();
    (owner, secret)
}

async fn found(pool: &PgPool, secret: &Secret) -> FoundToken {
    find(pool, secret, Some([192, 0, 2, 7].into())).await.unwrap().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_found_by_itself_alone_and_its_use_is_noted(pool: PgPool) {
    let (owner, secret) = issued(&pool).await;
    let token = found(&pool, &secret).await;
    assert_eq!((token.validity, token.scope, token.instance.as_deref()), (Validity::Valid, Scope::Redirects, Some("my-app")));
    assert_eq!((token.actor.admin, token.actor.name), (owner.admin, owner.name.clone()));
    assert_eq!(token.actor.token.unwrap().name, "CI");
    assert!(find(&pool, &Secret::new().unwrap(), None).await.unwrap().is_none());
    let [listed] = &list(&pool, MY_APP, owner.admin.unwrap(), true).await.unwrap()[..] else { panic!() };
    assert_eq!((listed.last_address.as_deref(), listed.is_own, listed.has_expired), (Some("192.0.2.7"), true, false));
    assert!(listed.last_used_at.is_some());
    let stored: Vec<u8> = sqlx::query_scalar("select token_hash from api_tokens").fetch_one(&pool).await.unwrap();
    assert_eq!(stored, secret.hash(), "the token itself is stored nowhere");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_has_ended_or_was_revoked_says_so_and_changes_nothing(pool: PgPool) {
    let (owner, secret) = issued(&pool).await;
    let token = found(&pool, &secret).await;
    sqlx::query("update api_tokens set expires_at = now() - interval '1 second'").execute(&pool).await.unwrap();
    assert!(matches!(found(&pool, &secret).await.validity, Validity::Expired(_)));
    assert!(matches!(save(&pool, &token.actor).await, Err(StoreError::Forbidden)));
    sqlx::query("update api_tokens set expires_at = now() + interval '1 day'").execute(&pool).await.unwrap();
    save(&pool, &token.actor).await.unwrap();
    revoke(&pool, &owner, MY_APP, token.id).await.unwrap();
    assert!(matches!(found(&pool, &secret).await.validity, Validity::Revoked(_)));
    assert!(matches!(save(&pool, &token.actor).await, Err(StoreError::Forbidden)));
    assert!(matches!(revoke(&pool, &owner, MY_APP, token.id).await, Err(StoreError::NotFound)));
    assert!(list(&pool, MY_APP, owner.admin.unwrap(), true).await.unwrap().is_empty());
}

/// Saves a fallback redirect that is not stored yet.
async fn save(pool: &PgPool, actor: &Actor) -> Result<i64, StoreError> {
    let version = fixtures::find(pool, "my-app").await.instance.version();
    let form = FallbackForm::of(&fixtures::fallbacks(&[(Flow::SignIn, &format!("/{version}"))]), version);
    fallbacks::store::save(pool, actor, "my-app", &form).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_is_recorded_under_the_token_and_its_maker(pool: PgPool) {
    let (owner, secret) = issued(&pool).await;
    save(&pool, &found(&pool, &secret).await.actor).await.unwrap();
    let stored = fixtures::find(&pool, "my-app").await;
    let scope = store::Scope::Instance { id: stored.id, role: Role::Owner };
    let changes = store::read_page(&pool, scope, &Criteria::default(), 10).await.unwrap().changes;
    assert_eq!((changes[0].kind, &*changes[0].who, changes[0].api_token.as_deref()), (Kind::Redirects, &*owner.name, Some("CI")));
    assert_eq!((changes[1].kind, changes[1].about.as_deref(), &changes[1].api_token), (Kind::ApiTokenIssued, Some("CI"), &None));
    assert_eq!(changes[1].after["scope"], "redirects");
    let last = last_changes(&pool, stored.id, stored.instance.version(), &["after_sign_in_url"]).await.unwrap();
    assert_eq!(last[0].1.who, format!("{} (API token CI)", owner.name));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_does_no_more_than_its_maker_may(pool: PgPool) {
    let (owner, secret) = issued(&pool).await;
    let other = fixtures::member(&pool, "ben@myapp.com", "my-app", Role::Owner).await;
    let token = found(&pool, &secret).await;
    let demoted = members::form::RoleForm { member: owner.admin.unwrap(), role: "viewer".into() };
    members::store::change_role(&pool, &other, "my-app", &demoted).await.unwrap();
    assert!(matches!(save(&pool, &token.actor).await, Err(StoreError::Forbidden)));
    members::store::remove(&pool, &other, "my-app", owner.admin.unwrap()).await.unwrap();
    assert!(matches!(save(&pool, &token.actor).await, Err(StoreError::NotFound)));
    sqlx::query("delete from admins where id = $1").bind(owner.admin).execute(&pool).await.unwrap();
    assert!(find(&pool, &secret, None).await.unwrap().is_none(), "it goes with its maker's account");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_of_one_instance_does_nothing_to_another(pool: PgPool) {
    let (owner, secret) = issued(&pool).await;
    fixtures::create_owned(&pool, &owner, &fixtures::other_app("other")).await;
    let token = found(&pool, &secret).await;
    let form = FallbackForm::of(&fixtures::fallbacks(&[(Flow::SignIn, "/x")]), 1);
    assert!(matches!(fallbacks::store::save(&pool, &token.actor, "other", &form).await, Err(StoreError::Forbidden)));
    assert!(access(&pool, &token, "other").await.unwrap().is_none());
    assert!(access(&pool, &token, "my-app").await.unwrap().is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_issue_and_revoke_and_others_revoke_their_own(pool: PgPool) {
    let (owner, secret) = issued(&pool).await;
    let id = found(&pool, &secret).await.id;
    let new = form("other").check().unwrap();
    let editor = fixtures::member(&pool, "ben@myapp.com", "my-app", Role::Editor).await;
    assert!(matches!(issue(&pool, &editor, MY_APP, &new).await, Err(StoreError::Forbidden)));
    assert!(matches!(revoke(&pool, &editor, MY_APP, id).await, Err(StoreError::Forbidden)));
    assert!(list(&pool, MY_APP, editor.admin.unwrap(), false).await.unwrap().is_empty());
    assert!(matches!(issue(&pool, &editor, Place::Server, &new).await, Err(StoreError::Forbidden)));
    assert!(matches!(revoke(&pool, &owner, Place::Server, id).await, Err(StoreError::NotFound)), "it is the instance's");
    issue(&pool, &owner, Place::Server, &new).await.unwrap();
    assert_eq!(list(&pool, Place::Server, owner.admin.unwrap(), true).await.unwrap().len(), 1);
    sqlx::query("update api_tokens set maker_id = $1 where id = $2").bind(editor.admin).bind(id).execute(&pool).await.unwrap();
    assert_eq!(list(&pool, MY_APP, editor.admin.unwrap(), false).await.unwrap().len(), 1);
    revoke(&pool, &editor, MY_APP, id).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_of_the_server_ends_with_its_makers_rights_also_in_the_middle_of_a_change(pool: PgPool) {
    let (owner, _) = issued(&pool).await;
    let secret = issue(&pool, &owner, Place::Server, &form("all").check().unwrap()).await.unwrap();
    let token = found(&pool, &secret).await;
    save(&pool, &token.actor).await.unwrap();
    sqlx::query("update admins set is_server_admin = false").execute(&pool).await.unwrap();
    assert!(matches!(save(&pool, &token.actor).await, Err(StoreError::Forbidden)), "the guard had let it through before");
}
