//! The roles of members, and what they are allowed to change.

use super::*;

#[sqlx::test(migrations = "../migrations")]
async fn another_instances_members_and_invitations_are_not_found(pool: PgPool) {
    let (ana, _, _) = ana_and_ben(&pool, Role::Editor).await;
    let carl = account(&pool, "carl@myapp.com").await;
    let other = instance(&pool, &carl, "other-app").await;
    joined(&pool, "dora@myapp.com", other, Role::Owner).await;
    invite(&pool, &carl, "other-app", &invitation("erik@myapp.com", Role::Owner)).await.unwrap();
    let invited = links::pending(&pool, other, "", 100).await.unwrap()[0].id;
    let before = (roles(&pool, other).await, records(&pool).await);
    for member in [id(&carl), 0, -1, i64::MAX] {
        let form = RoleForm { member, role: "viewer".into() };
        assert!(matches!(change_role(&pool, &ana, "my-app", &form).await, Err(StoreError::NotFound)), "{member}");
        assert!(matches!(remove(&pool, &ana, "my-app", member).await, Err(StoreError::NotFound)), "{member}");
    }
    assert!(matches!(withdraw(&pool, &ana, "my-app", invited).await, Err(StoreError::NotFound)));
    for slug in ["none", "My-App", "my-app\0", ""] {
        assert!(matches!(remove(&pool, &ana, slug, id(&ana)).await, Err(StoreError::NotFound)), "{slug:?}");
    }
    assert_eq!((roles(&pool, other).await, records(&pool).await), before);
}

#[sqlx::test(migrations = "../migrations")]
async fn members_are_listed_owners_first_and_then_by_address(pool: PgPool) {
    let ana = account(&pool, ANA).await;
    let app = instance(&pool, &ana, "my-app").await;
    let expected = [("ana@", Role::Owner), ("zoe@", Role::Owner), ("ben@", Role::Editor), ("carl@", Role::Viewer), ("dora@", Role::Viewer)];
    for (name, role) in expected.iter().rev().take(4) {
        joined(&pool, &format!("{name}myapp.com"), app, *role).await;
    }
    assert_eq!(roles(&pool, app).await, expected.map(|(name, role)| (format!("{name}myapp.com"), role)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_role_is_stored_and_recorded_and_the_same_role_is_not(pool: PgPool) {
    let (ana, ben, app) = ana_and_ben(&pool, Role::Viewer).await;
    change_role(&pool, &ana, "my-app", &to(&ben, Role::Viewer)).await.unwrap();
    assert_eq!(records(&pool).await, [""; 0]);
    change_role(&pool, &ana, "my-app", &to(&ben, Role::Owner)).await.unwrap();
    change_role(&pool, &ana, "my-app", &to(&ana, Role::Editor)).await.unwrap();
    assert_eq!(roles(&pool, app).await, [(BEN.to_owned(), Role::Owner), (ANA.to_owned(), Role::Editor)]);
    assert_eq!(
        records(&pool).await,
        ["ana@myapp.com role ben@myapp.com viewer > owner", "ana@myapp.com role ana@myapp.com owner > editor"]
    );
    let form = RoleForm { member: id(&ben), role: "Owner".into() };
    assert_eq!(
        field_error(change_role(&pool, &ben, "my-app", &form).await),
        (format!("role-{}", id(&ben)), "Choose owner, editor or viewer.".into())
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_owner_can_neither_leave_nor_get_another_role(pool: PgPool) {
    let (ana, _, app) = ana_and_ben(&pool, Role::Editor).await;
    let before = roles(&pool, app).await;
    for role in [Role::Editor, Role::Viewer] {
        let (field, message) = field_error(change_role(&pool, &ana, "my-app", &to(&ana, role)).await);
        assert_eq!(field, format!("role-{}", id(&ana)));
        assert_eq!(message, "ana@myapp.com is the last owner. Make somebody else an owner first.");
    }
    let (_, message) = field_error(remove(&pool, &ana, "my-app", id(&ana)).await);
    assert_eq!(message, "ana@myapp.com is the last owner. Make somebody else an owner first.");
    assert_eq!((roles(&pool, app).await, records(&pool).await), (before, Vec::new()));
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_owners_who_remove_each_other_at_once_one_stays(pool: PgPool) {
    let (ana, ben, app) = ana_and_ben(&pool, Role::Owner).await;
    for _ in 0..10 {
        let removed = tokio::join!(remove(&pool, &ana, "my-app", id(&ben)), remove(&pool, &ben, "my-app", id(&ana)));
        let (gone, refused) = match removed {
            (Ok(()), refused @ Err(_)) => (&ben, refused),
            (refused @ Err(_), Ok(())) => (&ana, refused),
            both => panic!("{both:?}"),
        };
        // The second one is no longer a member.
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
        assert_eq!(roles(&pool, app).await.len(), 1);
        join(&mut pool.acquire().await.unwrap(), gone, app, Role::Owner).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_owners_who_give_up_their_role_at_once_one_stays(pool: PgPool) {
    let (ana, ben, app) = ana_and_ben(&pool, Role::Owner).await;
    for _ in 0..10 {
        let (as_viewer, as_editor) = (to(&ana, Role::Viewer), to(&ben, Role::Editor));
        let done = tokio::join!(change_role(&pool, &ana, "my-app", &as_viewer), change_role(&pool, &ben, "my-app", &as_editor));
        assert!(done.0.is_ok() != done.1.is_ok(), "{done:?}");
        let owners = roles(&pool, app).await.into_iter().filter(|(_, role)| *role == Role::Owner).count();
        assert_eq!(owners, 1);
        for who in [&ana, &ben] {
            change_role(&pool, &Actor::server(), "my-app", &to(who, Role::Owner)).await.unwrap();
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_member_who_leaves_or_is_removed_is_recorded(pool: PgPool) {
    let (ana, ben, app) = ana_and_ben(&pool, Role::Editor).await;
    let carl = joined(&pool, "carl@myapp.com", app, Role::Viewer).await;
    remove(&pool, &ana, "my-app", id(&ben)).await.unwrap();
    remove(&pool, &carl, "my-app", id(&carl)).await.unwrap();
    assert_eq!(roles(&pool, app).await, [(ANA.to_owned(), Role::Owner)]);
    assert_eq!(records(&pool).await, ["ana@myapp.com removed ben@myapp.com editor >", "carl@myapp.com removed carl@myapp.com viewer >"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_members_of_an_archived_instance_can_not_be_changed(pool: PgPool) {
    let (ana, ben, _) = ana_and_ben(&pool, Role::Editor).await;
    archive(&pool, &ana, "my-app", &ArchiveForm { slug: "my-app".into() }).await.unwrap();
    let results = [
        change_role(&pool, &ana, "my-app", &to(&ben, Role::Owner)).await.map(drop),
        remove(&pool, &ana, "my-app", id(&ben)).await,
        invite(&pool, &ana, "my-app", &invitation("carl@myapp.com", Role::Viewer)).await.map(|_| ()),
        withdraw(&pool, &ana, "my-app", 1).await,
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Archived)), "{result:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admin_who_has_lost_their_role_can_change_nothing(pool: PgPool) {
    let (ana, ben, instance) = ana_and_ben(&pool, Role::Owner).await;
    let form = InviteForm { email: "eve@evil.com".into(), role: "owner".into() };
    change_role(&pool, &ana, "my-app", &to(&ben, Role::Viewer)).await.unwrap();
    assert!(matches!(invite(&pool, &ben, "my-app", &form).await, Err(StoreError::Forbidden)));
    assert!(matches!(change_role(&pool, &ben, "my-app", &to(&ben, Role::Owner)).await, Err(StoreError::Forbidden)));
    assert!(matches!(remove(&pool, &ben, "my-app", id(&ana)).await, Err(StoreError::Forbidden)));
    let redirects = FallbackForm { version: 1, ..FallbackForm::default() };
    assert!(matches!(fallbacks::store::save(&pool, &ben, "my-app", &redirects).await, Err(StoreError::Forbidden)));
    remove(&pool, &ana, "my-app", id(&ben)).await.unwrap();
    assert!(matches!(invite(&pool, &ben, "my-app", &form).await, Err(StoreError::NotFound)));
    let archived = archive(&pool, &ben, "my-app", &ArchiveForm { slug: "my-app".into() }).await;
    assert!(matches!(archived, Err(StoreError::NotFound)));
    assert!(links::pending(&pool, instance, "", 100).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_of_members_have_no_gaps_and_no_repeats_and_a_search_finds_parts_of_addresses(pool: PgPool) {
    let owner = account(&pool, "2@myapp.com").await;
    let instance = instance(&pool, &owner, "my-app").await;
    for number in [0, 1, 3, 4, 5, 6] {
        joined(&pool, &format!("{number}@myapp.com"), instance, [Role::Viewer, Role::Editor, Role::Owner][number % 3]).await;
    }
    let read = async |search: &str, limit: i64| {
        let (mut filter, mut seen) = (MembersFilter { search: search.into(), after: None }, Vec::new());
        loop {
            let page = read_page(&pool, instance, &filter, limit).await.unwrap();
            assert!(page.members.len() <= usize::try_from(limit).unwrap());
            seen.extend(page.members.into_iter().map(|member| member.email.replace("@myapp.com", "")));
            let Some(next) = page.next else { return seen.concat() };
            filter = filter.at(Some(next.to_string().parse().unwrap()));
        }
    };
    for limit in 1..=8 {
        assert_eq!(read("", limit).await, "2514036", "owners, editors, viewers: {limit} at a time");
    }
    assert_eq!((read("4@my", 2).await, read("nobody", 2).await), ("4".into(), String::new()));
    assert_eq!(count(&pool, instance, "4@my").await.unwrap(), MemberCount { all: 7, found: 1 });
}

#[sqlx::test(migrations = "../migrations")]
async fn the_next_page_is_the_same_after_the_account_at_its_position_was_deleted(pool: PgPool) {
    let owner = account(&pool, "owner@myapp.com").await;
    let instance = instance(&pool, &owner, "my-app").await;
    for number in 0..6 {
        joined(&pool, &format!("{number}@myapp.com"), instance, Role::Viewer).await;
    }
    let first = read_page(&pool, instance, &MembersFilter::default(), 4).await.unwrap();
    let after = first.next.unwrap();
    assert_eq!(after, Position { role: Role::Viewer, email: "2@myapp.com".into() });
    sqlx::query("delete from admins where email = $1").bind(&after.email).execute(&pool).await.unwrap();
    let next = read_page(&pool, instance, &MembersFilter::default().at(Some(after)), 4).await.unwrap();
    let addresses: Vec<_> = next.members.iter().map(|member| member.email.as_str()).collect();
    assert_eq!((addresses, next.next), (vec!["3@myapp.com", "4@myapp.com", "5@myapp.com"], None));
}
