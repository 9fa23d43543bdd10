//! Archiving: what it closes, for how long it can be undone, and what stays taken.

use sqlx::PgPool;

use super::{admin, created, field_errors, found, my_app, other_app, parsed};
use crate::{
    admins::{Caller, Role, guard},
    database::StoreError,
    error::AppError,
    history::Actor,
    instances::{
        archive::{ArchiveForm, ArchivedInstance, Restorable, archive, find, restorable, unarchive},
        list::ListFilter,
        store::{self, create, update},
    },
    redirects::Settings,
    ui::form::FieldError,
};

fn typed(slug: &str) -> ArchiveForm {
    ArchiveForm { slug: slug.to_owned() }
}

async fn archived(pool: &PgPool, actor: &Actor) {
    archive(pool, actor, "my-app", &typed("my-app")).await.unwrap();
}

/// The archived instances on an admin's list.
async fn list(pool: &PgPool, admin: &Actor) -> Vec<ArchivedInstance> {
    crate::instances::archive::list(pool, admin.admin.unwrap(), &ListFilter::read("")).await.unwrap()
}

/// As if it had been archived that long ago.
async fn since(pool: &PgPool, interval: &str) {
    let query = "update instances set archived_at = now() - $1::text::interval where slug = 'my-app'";
    sqlx::query(query).bind(interval).execute(pool).await.unwrap();
}

/// Kind and version of what was recorded after the instance was made.
async fn records(pool: &PgPool) -> Vec<(String, Option<i64>)> {
    sqlx::query_as("select kind, version from changes where kind not in ('created', 'joined') order by id").fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_instance_is_on_the_list_of_those_and_raises_its_version(pool: PgPool) {
    let ana = admin(&pool, "ana@myapp.com").await;
    create(&pool, &ana, &parsed(&my_app(), 0), "myapp.com").await.unwrap();
    archived(&pool, &ana).await;
    let stored = found(&pool, "my-app").await;
    assert_eq!((stored.instance.version(), stored.settings), (2, my_app()));
    let at = stored.archived_at.unwrap();
    assert_eq!(store::list(&pool, ana.admin.unwrap()).await.unwrap(), []);
    let listed = list(&pool, &ana).await;
    assert_eq!((listed.len(), listed[0].slug.as_str(), listed[0].is_owned), (1, "my-app", true));
    assert_eq!(listed[0].until - at, time::Duration::days(30));
    let expected = Restorable { slug: "my-app".into(), until: Some(listed[0].until), is_owned: false };
    assert_eq!(restorable(&pool, "my-app", None).await.unwrap(), Some(expected.clone()));
    assert_eq!(restorable(&pool, "my-app", ana.admin).await.unwrap(), Some(Restorable { is_owned: true, ..expected }));
    assert_eq!(records(&pool).await, [("archived".into(), Some(2))]);
    let nobody = admin(&pool, "ben@myapp.com").await;
    assert!(list(&pool, &nobody).await.is_empty());
    let found = |admin: Actor| find(&pool, admin.admin.unwrap(), "my-app");
    assert!(found(ana).await.unwrap().is_some() && found(nobody).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_typed_to_archive_is_the_slug_to_the_letter(pool: PgPool) {
    created(&pool, &my_app()).await;
    for text in ["", "My-App", "my-ap", "my-app2", "MyApp", "my-app\0", "other-app"] {
        let refused = field_errors(archive(&pool, &Actor::server(), "my-app", &typed(text)).await);
        assert_eq!(refused, [FieldError::new("slug", "That is not the slug. Type my-app.")], "{text:?}");
    }
    assert_eq!((found(&pool, "my-app").await.archived_at, records(&pool).await), (None, Vec::new()));
    archive(&pool, &Actor::server(), "my-app", &typed(" my-app ")).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_saved_in_an_archived_instance_and_nobody_gets_in(pool: PgPool) {
    let ana = admin(&pool, "ana@myapp.com").await;
    create(&pool, &ana, &parsed(&my_app(), 0), "myapp.com").await.unwrap();
    archived(&pool, &ana).await;
    let renamed = Settings { name: "Renamed".into(), ..my_app() };
    for version in [1, 2] {
        let saved = update(&pool, &ana, &parsed(&renamed, version), "myapp.com", "", None).await;
        assert!(matches!(saved, Err(StoreError::Archived)), "{saved:?}");
    }
    let again = archive(&pool, &ana, "my-app", &typed("my-app")).await;
    assert!(matches!(again, Err(StoreError::Archived)), "{again:?}");
    let email = "ana@myapp.com".parse().unwrap();
    let caller = Caller {
        id: ana.admin.unwrap(),
        email,
        is_server_admin: true,
        has_second_factor: false,
        has_provider_factor: false,
        session: 0,
        actor: ana,
    };
    for role in Role::ALL {
        assert_eq!(guard::admit(&pool, &caller, "my-app", role).await, Err(AppError::Archived));
    }
    assert_eq!(guard::admit_to_restore(&pool, &caller, "my-app").await, Ok(()));
    let nobody = Caller { id: 0, ..caller };
    assert_eq!(guard::admit(&pool, &nobody, "my-app", Role::Viewer).await, Err(AppError::NotFound));
    assert_eq!(guard::admit_to_restore(&pool, &nobody, "my-app").await, Err(AppError::NotFound));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_instance_comes_back_as_it_was_at_the_next_version(pool: PgPool) {
    created(&pool, &my_app()).await;
    archived(&pool, &Actor::server()).await;
    since(&pool, "29 days 23 hours").await;
    unarchive(&pool, &Actor::server(), "my-app").await.unwrap();
    let stored = found(&pool, "my-app").await;
    assert_eq!((stored.archived_at, stored.instance.version(), stored.settings), (None, 3, my_app()));
    assert_eq!(restorable(&pool, "my-app", None).await.unwrap(), None);
    unarchive(&pool, &Actor::server(), "my-app").await.unwrap();
    assert_eq!(found(&pool, "my-app").await.instance.version(), 3);
    assert_eq!(records(&pool).await, [("archived".into(), Some(2)), ("unarchived".into(), Some(3))]);
    for slug in ["none", "MY-APP", "\0"] {
        assert!(matches!(unarchive(&pool, &Actor::server(), slug).await, Err(StoreError::NotFound)), "{slug:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_who_restore_at_once_one_is_recorded(pool: PgPool) {
    created(&pool, &my_app()).await;
    for version in [3, 5, 7] {
        archived(&pool, &Actor::server()).await;
        let server = Actor::server();
        let (left, right) = tokio::join!(unarchive(&pool, &server, "my-app"), unarchive(&pool, &server, "my-app"));
        assert!(left.is_ok() && right.is_ok(), "{left:?} {right:?}");
        assert_eq!(found(&pool, "my-app").await.instance.version(), version);
    }
    assert_eq!(records(&pool).await.len(), 6);
}

#[sqlx::test(migrations = "../migrations")]
async fn after_30_days_an_archived_instance_is_gone_for_good_and_its_names_stay_taken(pool: PgPool) {
    let ana = admin(&pool, "ana@myapp.com").await;
    create(&pool, &ana, &parsed(&my_app(), 0), "myapp.com").await.unwrap();
    archived(&pool, &ana).await;
    since(&pool, "720 hours 1 second").await;
    assert!(list(&pool, &ana).await.is_empty());
    let over = Restorable { slug: "my-app".into(), until: None, is_owned: false };
    assert_eq!(restorable(&pool, "my-app", None).await.unwrap(), Some(over));
    let restored = unarchive(&pool, &ana, "my-app").await;
    assert!(matches!(restored, Err(StoreError::Archived)), "{restored:?}");
    assert_eq!(records(&pool).await, [("archived".into(), Some(2))]);
    let same_slug = Settings { slug: "my-app".into(), ..other_app() };
    let same_portal = Settings { portal_origin: my_app().portal_origin, ..other_app() };
    for (settings, field) in [(same_slug, "slug"), (same_portal, "portal_origin")] {
        let taken = field_errors(create(&pool, &ana, &parsed(&settings, 0), "other.com").await);
        assert_eq!(taken[0].field, field);
    }
}
