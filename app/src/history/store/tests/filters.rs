//! What each filter finds, and what each reader sees.

use super::*;

#[sqlx::test(migrations = "../migrations")]
async fn a_part_of_a_name_finds_the_changes_by_that_person_and_about_them(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let ana = account(&pool, "ana@myapp.com").await;
    note(&pool, &ana, Kind::Invited, Entry::of(id).about("ben_1@myapp.com")).await;
    note(&pool, &ana, Kind::Removed, Entry::of(id).about("benx1@myapp.com")).await;
    let scope = Scope::Instance { id, role: Role::Editor };
    for (query, expected) in [
        ("person=ANA", of(&[(Kind::Removed, "benx1@myapp.com"), (Kind::Invited, "ben_1@myapp.com")])),
        ("person=ben_1", of(&[(Kind::Invited, "ben_1@myapp.com")])),
        ("person=%25", of(&[])),
        ("person='%22%5C", of(&[])),
        ("person=the+server", of(&[(Kind::Created, "the server")])),
    ] {
        assert_eq!(found(&pool, scope, query).await, expected, "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_field_finds_the_changes_that_set_changed_or_cleared_it(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    put(&pool, 1, &[(Flow::SignIn, "/in"), (Flow::Logo, "/")]).await;
    put(&pool, 2, &[(Flow::SignIn, "/in"), (Flow::Logo, "/logo")]).await;
    put(&pool, 3, &[(Flow::Logo, "/logo")]).await;
    let scope = Scope::Instance { id, role: Role::Viewer };
    for (field, expected) in [
        ("after_sign_in_url", vec![Some(4), Some(2)]),
        ("logo_link_url", vec![Some(3), Some(2)]),
        ("domain", vec![Some(1)]),
        ("role", vec![]),
    ] {
        let versions: Vec<_> = all(&pool, scope, &format!("field={field}")).await.into_iter().map(|change| change.version).collect();
        assert_eq!(versions, expected, "{field}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn days_begin_and_end_at_midnight_in_utc_and_filters_combine(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    for at in ["2020-02-27 23:59:59.9Z", "2020-02-28 00:00Z", "2020-02-29 23:59:59.9Z", "2020-03-01 01:00+02"] {
        sqlx::query("insert into changes (kind, instance_id, who, about, at) values ('invited', $1, 'ana', $2, $2::timestamptz)")
            .bind(id)
            .bind(at)
            .execute(&pool)
            .await
            .unwrap();
    }
    let scope = Scope::Instance { id, role: Role::Viewer };
    let days = async |query: &str| all(&pool, scope, query).await.into_iter().filter_map(|change| change.about).collect::<Vec<_>>();
    assert_eq!(days("from=2020-02-28&to=2020-02-29").await, ["2020-03-01 01:00+02", "2020-02-29 23:59:59.9Z", "2020-02-28 00:00Z"]);
    assert_eq!(days("to=2020-02-27").await, ["2020-02-27 23:59:59.9Z"]);
    assert_eq!(days("from=2020-03-01").await, [""; 0]);
    assert_eq!(days("to=2020-02-29&person=ana&field=role").await, [""; 0]);
    assert_eq!(days("to=2020-02-28&person=ana").await.len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_owners_see_what_members_did_with_their_accounts_and_from_which_address(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let ben = member(&pool, "my-app", "ben@myapp.com", Role::Viewer).await;
    let stranger = account(&pool, "eve@myapp.com").await;
    for kind in [Kind::SignedIn, Kind::SignInFailed, Kind::AccountCreated, Kind::PasswordReset, Kind::PasswordChanged] {
        note(&pool, &ben, kind, Entry::default()).await;
        note(&pool, &stranger, kind, Entry::default()).await;
    }
    for about in ["ben@myapp.com", "eve@myapp.com"] {
        note(&pool, &Actor::command_line(), Kind::ResetIssued, Entry::default().about(about)).await;
    }
    let of_members = of(&[
        (Kind::ResetIssued, "ben@myapp.com"),
        (Kind::PasswordChanged, "ben@myapp.com"),
        (Kind::PasswordReset, "ben@myapp.com"),
        (Kind::SignInFailed, "ben@myapp.com"),
        (Kind::SignedIn, "ben@myapp.com"),
    ]);
    let of_instance = of(&[(Kind::Joined, "ben@myapp.com"), (Kind::Created, "the server")]);
    for role in [Role::Viewer, Role::Editor] {
        let scope = Scope::Instance { id, role };
        assert_eq!(found(&pool, scope, "").await, of_instance, "{role}");
        assert!(all(&pool, scope, "").await.iter().all(|change| change.address.is_none()), "{role}");
    }
    let owner = Scope::Instance { id, role: Role::Owner };
    assert_eq!(found(&pool, owner, "").await, [of_members, of_instance].concat());
    assert_eq!(all(&pool, owner, "field=role").await[0].address.as_deref(), Some("192.0.2.1"));

    let server = all(&pool, Scope::Server, "").await;
    assert_eq!(server.len(), 12);
    assert!(server.iter().all(|change| change.instance.is_none()));
    assert_eq!(server[11].address.as_deref(), Some("192.0.2.1"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_history_has_no_changes_of_another_instance(pool: PgPool) {
    let (mine, other) = (create(&pool, "my-app").await, create(&pool, "other").await);
    put(&pool, 1, &[(Flow::SignIn, "/in")]).await;
    let slugs = async |id| {
        let changes = all(&pool, Scope::Instance { id, role: Role::Owner }, "").await;
        changes.into_iter().filter_map(|change| change.instance).collect::<Vec<_>>()
    };
    assert_eq!(slugs(mine.id).await, ["my-app", "my-app"]);
    assert_eq!(slugs(other.id).await, ["other"]);
    assert_eq!(all(&pool, Scope::Instance { id: other.id + 1, role: Role::Owner }, "").await.len(), 0);
}
