//! Creating, listing and leaving organizations.

use sqlx::PgPool;

use super::fixtures::{count, instance, until_waiting, wrong_fields};
use crate::portal::{
    form::OrganizationForm,
    identity::IdentityError,
    organizations::{self, MAX_LISTED, MAX_ORGANIZATIONS, Organization, leave, list},
};

async fn create(pool: &PgPool, instance: i64, visitor: i64, form: &OrganizationForm) -> Result<i64, IdentityError> {
    organizations::create(pool, instance, visitor, form, None).await
}

fn named(name: &str) -> OrganizationForm {
    OrganizationForm { name: name.into() }
}

/// Stores a visitor with these names and returns their key.
async fn visitor(pool: &PgPool, instance: i64, username: &str, first_name: &str, last_name: &str) -> i64 {
    sqlx::query_scalar(
        "insert into visitors (instance_id, username, email_address, first_name, last_name, password_hash)
        values ($1, $2, $2 || '@myapp.com', $3, $4, '$argon2id$none') returning id",
    )
    .bind(instance)
    .bind(username)
    .bind(first_name)
    .bind(last_name)
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Makes a visitor a member.
async fn add_member(pool: &PgPool, organization: i64, visitor: i64) {
    sqlx::query("insert into organization_members (organization_id, visitor_id) values ($1, $2)")
        .bind(organization)
        .bind(visitor)
        .execute(pool)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn an_organization_is_listed_for_its_members_with_their_names(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    let ana = visitor(&pool, here, "ana", "Ana", "").await;
    let ben = visitor(&pool, here, "ben", "", "").await;
    let cleo = visitor(&pool, here, "cleo", "Cleo", "Lee").await;
    let rowers = create(&pool, here, ana, &named("  Rowers <b>'; --  ")).await.unwrap();
    let bakers = create(&pool, here, ana, &named("bäckers 李")).await.unwrap();
    add_member(&pool, rowers, ben).await;
    add_member(&pool, rowers, cleo).await;
    let organization = |id, name: &str, members: &[&str]| Organization {
        id,
        name: name.to_owned(),
        members: members.iter().map(ToString::to_string).collect(),
        count: i64::try_from(members.len()).unwrap(),
    };
    assert_eq!(
        list(&pool, here, ana).await.unwrap(),
        [organization(bakers, "bäckers 李", &["Ana"]), organization(rowers, "Rowers <b>'; --", &["Ana", "ben", "Cleo Lee"])]
    );
    assert_eq!(list(&pool, here, ben).await.unwrap(), [organization(rowers, "Rowers <b>'; --", &["ben", "Ana", "Cleo Lee"])]);
    assert!(list(&pool, here, i64::MAX).await.unwrap().is_empty());
    assert!(!format!("{:?}", list(&pool, here, ana).await.unwrap()).contains("Ana"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_name_is_an_error_of_its_field(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    let ana = visitor(&pool, here, "ana", "", "").await;
    for name in ["", " \n\u{a0} ", "a\0b", "a\nb", "a\u{202e}b", &"x".repeat(101), &"ü".repeat(10_000)] {
        assert_eq!(wrong_fields(create(&pool, here, ana, &named(name)).await), ["name"], "{name:?}");
    }
    assert_eq!(count(&pool, "organizations").await, 0);
    create(&pool, here, ana, &named(&"ü".repeat(100))).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_reaches_another_instance(pool: PgPool) {
    let (here, there) = (instance(&pool, "my-app").await, instance(&pool, "other-app").await);
    let ana = visitor(&pool, here, "ana", "", "").await;
    let ben = visitor(&pool, here, "ben", "", "").await;
    let id = create(&pool, here, ana, &named("Rowers")).await.unwrap();
    assert_eq!(wrong_fields(create(&pool, there, ana, &named("Rowers")).await), [""]);
    assert!(list(&pool, there, ana).await.unwrap().is_empty());
    for (instance, visitor, organization) in [(there, ana, id), (here, ben, id), (here, ana, id + 1), (here, ana, i64::MIN)] {
        assert!(!leave(&pool, instance, visitor, organization).await.unwrap());
    }
    assert_eq!(list(&pool, here, ana).await.unwrap().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_organization_is_deleted_when_the_last_member_leaves(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    let ana = visitor(&pool, here, "ana", "", "").await;
    let ben = visitor(&pool, here, "ben", "", "").await;
    let id = create(&pool, here, ana, &named("Rowers")).await.unwrap();
    add_member(&pool, id, ben).await;
    assert!(leave(&pool, here, ana, id).await.unwrap());
    assert!(!leave(&pool, here, ana, id).await.unwrap());
    assert!(list(&pool, here, ana).await.unwrap().is_empty());
    assert_eq!(list(&pool, here, ben).await.unwrap().len(), 1);
    assert!(leave(&pool, here, ben, id).await.unwrap());
    assert_eq!(count(&pool, "organizations").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_members_who_leave_at_once_leave_nothing_behind(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    let ana = visitor(&pool, here, "ana", "", "").await;
    let ben = visitor(&pool, here, "ben", "", "").await;
    for _ in 0..20 {
        let id = create(&pool, here, ana, &named("Rowers")).await.unwrap();
        add_member(&pool, id, ben).await;
        // Ana's other window sends the form as well.
        let (one, two, again) = tokio::join!(leave(&pool, here, ana, id), leave(&pool, here, ben, id), leave(&pool, here, ana, id));
        assert!(two.unwrap());
        assert_ne!(one.unwrap(), again.unwrap());
        assert_eq!((count(&pool, "organizations").await, count(&pool, "organization_members").await), (0, 0));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_member_who_leaves_while_the_other_is_leaving_is_the_last(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    let ana = visitor(&pool, here, "ana", "", "").await;
    let ben = visitor(&pool, here, "ben", "", "").await;
    let id = create(&pool, here, ana, &named("Rowers")).await.unwrap();
    add_member(&pool, id, ben).await;
    // Ana's request has begun and is not committed.
    let mut leaving = pool.begin().await.unwrap();
    sqlx::query("select id from organizations for update").execute(&mut *leaving).await.unwrap();
    sqlx::query("delete from organization_members where visitor_id = $1").bind(ana).execute(&mut *leaving).await.unwrap();
    let other = pool.clone();
    let other = tokio::spawn(async move { leave(&other, here, ben, id).await });
    until_waiting(&pool, &other).await;
    leaving.commit().await.unwrap();
    assert!(other.await.unwrap().unwrap());
    assert_eq!(count(&pool, "organizations").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_exceeds_the_limit_even_with_simultaneous_requests(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    let ana = visitor(&pool, here, "ana", "", "").await;
    sqlx::query(
        "with made as (insert into organizations (instance_id, name) select $1, n::text from generate_series(1, 95) n returning id)
        insert into organization_members (organization_id, visitor_id) select id, $2 from made",
    )
    .bind(here)
    .bind(ana)
    .execute(&pool)
    .await
    .unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { create(&pool, here, ana, &named("One more")).await })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        if let Err(error) = task.await.unwrap() {
            assert_eq!(wrong_fields::<i64>(Err(error)), ["name"]);
            refused += 1;
        }
    }
    assert_eq!((count(&pool, "organizations").await, refused), (MAX_ORGANIZATIONS, 15));
}

#[sqlx::test(migrations = "../migrations")]
async fn of_many_members_some_are_listed_and_all_are_counted(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    let ana = visitor(&pool, here, "ana", "", "").await;
    let id = create(&pool, here, ana, &named("Rowers")).await.unwrap();
    sqlx::query(
        "with made as (
            insert into visitors (instance_id, username, password_hash)
            select $1, 'rower' || n, '$argon2id$none' from generate_series(1, 200) n returning id
        )
        insert into organization_members (organization_id, visitor_id) select $2, id from made",
    )
    .bind(here)
    .bind(id)
    .execute(&pool)
    .await
    .unwrap();
    let last: i64 = sqlx::query_scalar("select max(id) from visitors").fetch_one(&pool).await.unwrap();
    for (who, called) in [(ana, "ana"), (last, "rower200")] {
        let [rowers] = &list(&pool, here, who).await.unwrap()[..] else { panic!("one organization") };
        assert_eq!((rowers.members.len(), rowers.count), (usize::try_from(MAX_LISTED).unwrap(), 201));
        assert_eq!(rowers.members[0], called);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_database_every_call_is_unavailable(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    pool.close().await;
    assert!(matches!(create(&pool, here, 1, &named("Rowers")).await, Err(IdentityError::Unavailable)));
    assert!(matches!(list(&pool, here, 1).await, Err(IdentityError::Unavailable)));
    assert!(matches!(leave(&pool, here, 1, 1).await, Err(IdentityError::Unavailable)));
}
