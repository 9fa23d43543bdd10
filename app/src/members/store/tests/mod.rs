//! Tests of who may do what with an instance, each against a PostgreSQL database of its own.

use sqlx::PgPool;

use super::{change_role, invite, list, membership::join, remove, withdraw};
use crate::{
    admins::{
        Email, Role,
        store::links::{self, OneTimeLink, Purpose},
    },
    database::StoreError,
    fallbacks::{self, form::FallbackForm},
    fixtures::{self, create_owned, other_app},
    history::Actor,
    instances::archive::{ArchiveForm, archive},
    members::form::{InviteForm, RoleForm},
};

const ANA: &str = "ana@myapp.com";
const BEN: &str = "ben@myapp.com";

async fn account(pool: &PgPool, email: &str) -> Actor {
    fixtures::account(pool, email, false).await
}

/// Creates an instance with that slug and owner, and returns its key.
async fn instance(pool: &PgPool, owner: &Actor, slug: &str) -> i64 {
    create_owned(pool, owner, &other_app(slug)).await.id
}

async fn joined(pool: &PgPool, email: &str, instance: i64, role: Role) -> Actor {
    let actor = account(pool, email).await;
    join(&mut pool.acquire().await.unwrap(), &actor, instance, role).await.unwrap();
    actor
}

/// `my-app`, which Ana owns, and a second member.
async fn ana_and_ben(pool: &PgPool, role: Role) -> (Actor, Actor, i64) {
    let ana = account(pool, ANA).await;
    let id = instance(pool, &ana, "my-app").await;
    let ben = joined(pool, BEN, id, role).await;
    (ana, ben, id)
}

fn id(actor: &Actor) -> i64 {
    actor.admin.unwrap()
}

fn to(member: &Actor, role: Role) -> RoleForm {
    RoleForm { member: id(member), role: role.name().to_owned() }
}

fn invitation(email: &str, role: Role) -> InviteForm {
    InviteForm { email: email.to_owned(), role: role.name().to_owned() }
}

async fn roles(pool: &PgPool, instance: i64) -> Vec<(String, Role)> {
    list(pool, instance).await.unwrap().into_iter().map(|member| (member.email, member.role)).collect()
}

/// The records of what was done since the instance was made and joined: who, what, about whom, before and after.
async fn records(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', who, kind, about, before->>'role', '>', after->>'role') from changes
        where kind not in ('created', 'joined') order by id",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[track_caller]
fn field_error(result: Result<impl std::fmt::Debug, StoreError>) -> (String, String) {
    match result {
        Err(StoreError::Fields(errors)) if errors.len() == 1 => (errors[0].field.clone(), errors[0].message.clone()),
        other => panic!("no field is wrong, or several are: {other:?}"),
    }
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
async fn another_role_is_stored_and_recorded_and_the_same_one_is_not(pool: PgPool) {
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
async fn the_last_owner_can_neither_go_nor_become_less(pool: PgPool) {
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
        // Whoever came second is no member any more.
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
        assert_eq!(roles(&pool, app).await.len(), 1);
        join(&mut pool.acquire().await.unwrap(), gone, app, Role::Owner).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_owners_who_make_themselves_less_at_once_one_stays(pool: PgPool) {
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
async fn who_is_removed_or_leaves_is_no_member_and_that_is_recorded(pool: PgPool) {
    let (ana, ben, app) = ana_and_ben(&pool, Role::Editor).await;
    let carl = joined(&pool, "carl@myapp.com", app, Role::Viewer).await;
    remove(&pool, &ana, "my-app", id(&ben)).await.unwrap();
    remove(&pool, &carl, "my-app", id(&carl)).await.unwrap();
    assert_eq!(roles(&pool, app).await, [(ANA.to_owned(), Role::Owner)]);
    assert_eq!(records(&pool).await, ["ana@myapp.com removed ben@myapp.com editor >", "carl@myapp.com removed carl@myapp.com viewer >"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_is_a_link_for_one_address_and_takes_the_place_of_an_earlier_one(pool: PgPool) {
    let (ana, _, app) = ana_and_ben(&pool, Role::Editor).await;
    let (_, first) = invite(&pool, &ana, "my-app", &invitation(" Carl@MyApp.com ", Role::Owner)).await.unwrap();
    let (_, second) = invite(&pool, &ana, "my-app", &invitation("carl@myapp.com", Role::Viewer)).await.unwrap();
    let (_, other) = invite(&pool, &ana, "my-app", &invitation("dora@myapp.com", Role::Editor)).await.unwrap();
    assert!(links::find(&pool, &first).await.unwrap().is_none());
    let Some(OneTimeLink { purpose: Purpose::Invite(made), created_by }) = links::find(&pool, &second).await.unwrap() else { panic!() };
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
async fn an_invitation_that_says_nothing_new_or_nothing_right_is_an_error_of_its_field(pool: PgPool) {
    let (ana, _, app) = ana_and_ben(&pool, Role::Editor).await;
    let already = field_error(invite(&pool, &ana, "my-app", &invitation(" BEN@myapp.com", Role::Owner)).await);
    assert_eq!(already, ("email".into(), "ben@myapp.com is already a member. Change their role in the list.".into()));
    assert_eq!(field_error(invite(&pool, &ana, "my-app", &invitation("carl", Role::Owner)).await).0, "email");
    let nothing = InviteForm { email: "carl@myapp.com".into(), role: String::new() };
    assert_eq!(field_error(invite(&pool, &ana, "my-app", &nothing).await).0, "role");
    let Err(StoreError::Fields(both)) = invite(&pool, &ana, "my-app", &InviteForm::default()).await else { panic!() };
    assert_eq!(both.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["email", "role"]);
    assert_eq!((links::pending(&pool, app).await.unwrap().len(), records(&pool).await.len()), (0, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_that_is_withdrawn_no_longer_holds(pool: PgPool) {
    let (ana, _, app) = ana_and_ben(&pool, Role::Editor).await;
    let (_, token) = invite(&pool, &ana, "my-app", &invitation("carl@myapp.com", Role::Viewer)).await.unwrap();
    let pending = links::pending(&pool, app).await.unwrap();
    withdraw(&pool, &ana, "my-app", pending[0].id).await.unwrap();
    assert!(links::find(&pool, &token).await.unwrap().is_none());
    let again = withdraw(&pool, &ana, "my-app", pending[0].id).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    assert_eq!(records(&pool).await[1..], ["ana@myapp.com invitation_withdrawn carl@myapp.com >"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_removed_does_not_come_back_by_a_link_that_was_made_before(pool: PgPool) {
    let ana = account(&pool, ANA).await;
    let app = instance(&pool, &ana, "my-app").await;
    let (made, token) = invite(&pool, &ana, "my-app", &invitation(BEN, Role::Owner)).await.unwrap();
    assert_eq!(made.email, BEN.parse::<Email>().unwrap());
    let ben = joined(&pool, BEN, app, Role::Viewer).await;
    remove(&pool, &ana, "my-app", id(&ben)).await.unwrap();
    assert!(links::find(&pool, &token).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn another_instances_members_and_invitations_are_not_found(pool: PgPool) {
    let (ana, _, _) = ana_and_ben(&pool, Role::Editor).await;
    let carl = account(&pool, "carl@myapp.com").await;
    let other = instance(&pool, &carl, "other-app").await;
    joined(&pool, "dora@myapp.com", other, Role::Owner).await;
    invite(&pool, &carl, "other-app", &invitation("erik@myapp.com", Role::Owner)).await.unwrap();
    let invited = links::pending(&pool, other).await.unwrap()[0].id;
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
async fn the_members_of_an_archived_instance_stay_as_they_are(pool: PgPool) {
    let (ana, ben, _) = ana_and_ben(&pool, Role::Editor).await;
    archive(&pool, &ana, "my-app", &ArchiveForm { slug: "my-app".into() }).await.unwrap();
    let results = [
        change_role(&pool, &ana, "my-app", &to(&ben, Role::Owner)).await,
        remove(&pool, &ana, "my-app", id(&ben)).await,
        invite(&pool, &ana, "my-app", &invitation("carl@myapp.com", Role::Viewer)).await.map(|_| ()),
        withdraw(&pool, &ana, "my-app", 1).await,
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Archived)), "{result:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_lost_their_role_meanwhile_changes_nothing_any_more(pool: PgPool) {
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
    assert!(links::pending(&pool, instance).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_removed_owner_has_invited_is_withdrawn(pool: PgPool) {
    let (ana, ben, instance) = ana_and_ben(&pool, Role::Owner).await;
    let form = |email: &str| InviteForm { email: email.into(), role: "owner".into() };
    invite(&pool, &ben, "my-app", &form("eve@evil.com")).await.unwrap();
    invite(&pool, &ana, "my-app", &form("cleo@myapp.com")).await.unwrap();
    remove(&pool, &ana, "my-app", id(&ben)).await.unwrap();
    let left: Vec<_> = links::pending(&pool, instance).await.unwrap().into_iter().map(|pending| pending.email).collect();
    assert_eq!(left, ["cleo@myapp.com"]);
    assert!(records(&pool).await.iter().any(|record| record.starts_with("ana@myapp.com invitation_withdrawn eve@evil.com")));
}
