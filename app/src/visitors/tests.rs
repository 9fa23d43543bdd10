//! What admins see of visitors, and what deleting one leaves.

use sqlx::PgPool;

use super::{
    search,
    store::{Counts, count, delete_visitor, delete_waitlist_entry, waitlist},
};
use crate::{
    admins::Role,
    database::StoreError,
    fixtures::{create_owned, member, other_app, owner},
    portal::{
        form::{OrganizationForm, WaitlistForm},
        organizations,
        waitlist::join,
    },
};

/// Two instances with the same visitor each, of whom the first one has an organization of their own and one with Ben.
async fn store_visitors(pool: &PgPool) -> (i64, i64) {
    let me = owner(pool).await;
    for slug in ["my-shop", "other"] {
        create_owned(pool, &me, &other_app(slug)).await;
    }
    let ids: Vec<i64> = sqlx::query_scalar("select id from instances order by id").fetch_all(pool).await.unwrap();
    let visitors = "insert into visitors (instance_id, username, email_address, password_hash)
        select i.id, who, who || '@myapp.com', '$argon2id$none' from instances i cross join unnest(array['ana', 'ben']) who";
    sqlx::query(visitors).execute(pool).await.unwrap();
    for instance in &ids {
        for email in ["ana@myapp.com", "zoe@myapp.com"] {
            join(pool, *instance, &WaitlistForm { email_address: email.into() }, None).await.unwrap();
        }
    }
    let ana = search(pool, ids[0], "ana").await.unwrap().visitor.unwrap().id;
    for name in ["Alone", "Both"] {
        organizations::create(pool, ids[0], ana, &OrganizationForm { name: name.into() }, None).await.unwrap();
    }
    let join_both = "insert into organization_members (organization_id, visitor_id)
        select o.id, v.id from organizations o join visitors v on v.instance_id = o.instance_id and v.username = 'ben' where o.name = 'Both'";
    sqlx::query(join_both).execute(pool).await.unwrap();
    (ids[0], ids[1])
}

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_is_found_by_the_whole_identifier_in_their_instance(pool: PgPool) {
    let (here, _) = store_visitors(&pool).await;
    let found = search(&pool, here, " ANA@myapp.com ").await.unwrap();
    assert_eq!(found.visitor.as_ref().map(|visitor| visitor.organizations), Some(2));
    assert_eq!(found.waiting.map(|(email, _)| email).as_deref(), Some("ana@myapp.com"));
    assert!(search(&pool, here, "zoe@myapp.com").await.unwrap().visitor.is_none());
    for part in ["an", "ana@", "%", ""] {
        assert!(search(&pool, here, part).await.unwrap().visitor.is_none(), "{part:?}");
    }
    assert_eq!(search(&pool, here, "").await.unwrap().errors.len(), 1);
    assert_eq!(count(&pool, here).await.unwrap(), Counts { visitors: 2, organizations: 2, waitlist: 2 });
    let first = waitlist(&pool, here, "", 1).await.unwrap().remove(0).0;
    let next = waitlist(&pool, here, &first, 5).await.unwrap();
    assert_eq!((first.as_str(), next.len(), next[0].0.as_str()), ("ana@myapp.com", 1, "zoe@myapp.com"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_visitor_leaves_no_personal_data_and_the_history_says_who_deleted_them(pool: PgPool) {
    let (here, there) = store_visitors(&pool).await;
    let me = owner(&pool).await;
    let ana = search(&pool, here, "ana").await.unwrap().visitor.unwrap().id;
    // It is not one of the other instance's.
    delete_visitor(&pool, &me, "other", ana).await.unwrap();
    assert!(search(&pool, here, "ana").await.unwrap().visitor.is_some());
    for _ in 0..2 {
        delete_visitor(&pool, &me, "my-shop", ana).await.unwrap();
        delete_waitlist_entry(&pool, &me, "my-shop", "ana@myapp.com").await.unwrap();
    }
    assert_eq!(count(&pool, here).await.unwrap(), Counts { visitors: 1, organizations: 1, waitlist: 1 });
    assert_eq!(count(&pool, there).await.unwrap(), Counts { visitors: 2, organizations: 0, waitlist: 2 });
    let records: Vec<(String, String, Option<String>)> =
        sqlx::query_as("select kind, who, about from changes where kind like '%deleted' order by id").fetch_all(&pool).await.unwrap();
    let who = me.name.clone();
    assert_eq!(records, [("visitor_deleted".into(), who.clone(), Some(ana.to_string())), ("waitlist_entry_deleted".into(), who, None)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_owners_delete(pool: PgPool) {
    let (here, _) = store_visitors(&pool).await;
    let ana = search(&pool, here, "ana").await.unwrap().visitor.unwrap().id;
    for role in [Role::Viewer, Role::Editor] {
        let other = member(&pool, &format!("{role}@myapp.com"), "my-shop", role).await;
        assert!(matches!(delete_visitor(&pool, &other, "my-shop", ana).await, Err(StoreError::Forbidden)));
        assert!(matches!(delete_waitlist_entry(&pool, &other, "my-shop", "ana@myapp.com").await, Err(StoreError::Forbidden)));
    }
    assert_eq!(count(&pool, here).await.unwrap(), Counts { visitors: 2, organizations: 2, waitlist: 2 });
}
