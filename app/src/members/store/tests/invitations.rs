//! Invitations, made and withdrawn.

use super::*;

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_is_a_link_for_one_address_and_replaces_an_earlier_one(pool: PgPool) {
    let (ana, _, app) = ana_and_ben(&pool, Role::Editor).await;
    let (_, first) = invite(&pool, &ana, "my-app", &invitation(" Carl@MyApp.com ", Role::Owner)).await.unwrap();
    let (_, second) = invite(&pool, &ana, "my-app", &invitation("carl@myapp.com", Role::Viewer)).await.unwrap();
    let (_, other) = invite(&pool, &ana, "my-app", &invitation("dora@myapp.com", Role::Editor)).await.unwrap();
    assert!(links::find(&pool, &first).await.unwrap().is_none());
    let Some(OneTimeLink { purpose: Purpose::Invite(made), created_by, .. }) = links::find(&pool, &second).await.unwrap() else { panic!() };
    assert_eq!((made.email.as_str(), made.membership, created_by.as_str()), ("carl@myapp.com", Some((app, Role::Viewer)), ANA));
    assert!(!made.server_admin && !made.owner_of_all);
    assert!(links::find(&pool, &other).await.unwrap().is_some());
    assert_eq!(
        records(&pool).await,
        [
            "ana@myapp.com invited carl@myapp.com > owner",
            "ana@myapp.com invitation_withdrawn carl@myapp.com >",
            "ana@myapp.com invited carl@myapp.com > viewer",
            "ana@myapp.com invited dora@myapp.com > editor",
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_with_a_wrong_field_or_of_a_member_is_an_error_of_its_field(pool: PgPool) {
    let (ana, _, app) = ana_and_ben(&pool, Role::Editor).await;
    let already = field_error(invite(&pool, &ana, "my-app", &invitation(" BEN@myapp.com", Role::Owner)).await);
    assert_eq!(already, ("email".into(), "ben@myapp.com is already a member. Change their role in the list.".into()));
    assert_eq!(field_error(invite(&pool, &ana, "my-app", &invitation("carl", Role::Owner)).await).0, "email");
    let nothing = InviteForm { email: "carl@myapp.com".into(), role: String::new() };
    assert_eq!(field_error(invite(&pool, &ana, "my-app", &nothing).await).0, "role");
    let Err(StoreError::Fields(both)) = invite(&pool, &ana, "my-app", &InviteForm::default()).await else { panic!() };
    assert_eq!(both.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["email", "role"]);
    assert_eq!((links::pending(&pool, app, "", 100).await.unwrap().len(), records(&pool).await.len()), (0, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_withdrawn_invitation_is_no_longer_valid(pool: PgPool) {
    let (ana, _, app) = ana_and_ben(&pool, Role::Editor).await;
    let (_, token) = invite(&pool, &ana, "my-app", &invitation("carl@myapp.com", Role::Viewer)).await.unwrap();
    let pending = links::pending(&pool, app, "", 100).await.unwrap();
    withdraw(&pool, &ana, "my-app", pending[0].id).await.unwrap();
    assert!(links::find(&pool, &token).await.unwrap().is_none());
    let again = withdraw(&pool, &ana, "my-app", pending[0].id).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    assert_eq!(records(&pool).await[1..], ["ana@myapp.com invitation_withdrawn carl@myapp.com >"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removed_member_can_not_come_back_with_an_earlier_link(pool: PgPool) {
    let ana = account(&pool, ANA).await;
    let app = instance(&pool, &ana, "my-app").await;
    let (made, token) = invite(&pool, &ana, "my-app", &invitation(BEN, Role::Owner)).await.unwrap();
    assert_eq!(made.email, BEN.parse::<Email>().unwrap());
    let ben = joined(&pool, BEN, app, Role::Viewer).await;
    remove(&pool, &ana, "my-app", id(&ben)).await.unwrap();
    assert!(links::find(&pool, &token).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_invitations_of_a_removed_owner_are_withdrawn(pool: PgPool) {
    let (ana, ben, instance) = ana_and_ben(&pool, Role::Owner).await;
    let form = |email: &str| InviteForm { email: email.into(), role: "owner".into() };
    invite(&pool, &ben, "my-app", &form("eve@evil.com")).await.unwrap();
    invite(&pool, &ana, "my-app", &form("cleo@myapp.com")).await.unwrap();
    remove(&pool, &ana, "my-app", id(&ben)).await.unwrap();
    let left: Vec<_> = links::pending(&pool, instance, "", 100).await.unwrap().into_iter().map(|pending| pending.email).collect();
    assert_eq!(left, ["cleo@myapp.com"]);
    assert!(records(&pool).await.iter().any(|record| record.starts_with("ana@myapp.com invitation_withdrawn eve@evil.com")));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_invitations_of_a_demoted_owner_are_withdrawn_and_those_of_others_stay(pool: PgPool) {
    let (ana, ben, instance) = ana_and_ben(&pool, Role::Owner).await;
    let (_, his) = invite(&pool, &ben, "my-app", &invitation("eve@evil.com", Role::Owner)).await.unwrap();
    let (_, hers) = invite(&pool, &ana, "my-app", &invitation("cleo@myapp.com", Role::Owner)).await.unwrap();
    change_role(&pool, &ana, "my-app", &to(&ben, Role::Editor)).await.unwrap();
    assert!(links::find(&pool, &his).await.unwrap().is_none());
    assert!(links::find(&pool, &hers).await.unwrap().is_some());
    let left: Vec<_> = links::pending(&pool, instance, "", 100).await.unwrap().into_iter().map(|pending| pending.email).collect();
    assert_eq!(left, ["cleo@myapp.com"]);
    assert!(records(&pool).await.iter().any(|record| record.starts_with("ana@myapp.com invitation_withdrawn eve@evil.com")));
}
