//! Preview origins in PostgreSQL.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{
    MAX_PREVIEW_ORIGINS,
    store::{Added, add, delete_expired, has_room, list, remove},
};
use crate::{
    database::StoreError,
    fixtures::{create, find, member, my_app, somebody},
    history::{Actor, Kind},
    members::role::Role,
    redirects::Timestamp,
};

const ORIGIN: &str = "https://my-app-git-x-my-team.vercel.app";

/// That many seconds from now.
fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(OffsetDateTime::now_utc().unix_timestamp() + seconds)
}

/// The history of the instances, the oldest first: kind, what it is about, version and values.
async fn history(pool: &PgPool) -> Vec<(String, Option<String>, Option<i64>, String)> {
    let rows = sqlx::query_as(
        "select kind, about, version, before || after from changes where instance_id is not null and kind like 'preview%' order by id",
    );
    let rows: Vec<(String, Option<String>, Option<i64>, serde_json::Value)> = rows.fetch_all(pool).await.unwrap();
    rows.into_iter().map(|(kind, about, version, values)| (kind, about, version, values.to_string())).collect()
}

/// Makes each origin expire that many hours earlier.
async fn age(pool: &PgPool, hours: i32) {
    sqlx::query("update preview_origins set expires_at = expires_at - make_interval(hours => $1)").bind(hours).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn adding_is_idempotent_and_another_end_moves_it(pool: PgPool) {
    let before = create(&pool, &my_app()).await;
    let (actor, end, later) = (somebody("ci"), in_seconds(60), in_seconds(3_600));
    let added = add(&pool, &actor, "my-app", "HTTPS://My-App-git-x-my-team.vercel.app/", end).await.unwrap();
    assert_eq!(added, Added { before: None, version: 2 });
    let again = add(&pool, &actor, "my-app", ORIGIN, end).await.unwrap();
    assert_eq!(again, Added { before: Some(end), version: 2 });
    let moved = add(&pool, &actor, "my-app", ORIGIN, later).await.unwrap();
    assert_eq!(moved, Added { before: Some(end), version: 3 });

    let stored = find(&pool, "my-app").await;
    assert!(stored.save_id != before.save_id, "every runtime must learn of it");
    let [expiring] = stored.instance.expiring_origins() else { panic!("{:?}", stored.instance.expiring_origins()) };
    assert_eq!((expiring.origin.as_str(), expiring.expires_at), (ORIGIN, later));
    assert_eq!(stored.settings, before.settings, "the settings stay as they are");
    let [listed] = &list(&pool, stored.id).await.unwrap()[..] else { panic!() };
    assert_eq!((listed.origin.as_str(), listed.expires_at, listed.added_by.as_str()), (ORIGIN, later, "ci"));
    let history = history(&pool).await;
    let versions: Vec<_> = history.iter().map(|(kind, about, version, _)| (kind.as_str(), about.as_deref(), *version)).collect();
    assert_eq!(versions, [("preview_origin_added", Some(ORIGIN), Some(2)), ("preview_origin_added", Some(ORIGIN), Some(3))]);
    assert!(history[0].3.contains("expires_at"), "{history:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn removing_is_idempotent_and_recorded_once(pool: PgPool) {
    create(&pool, &my_app()).await;
    let actor = somebody("ci");
    let end = in_seconds(60);
    add(&pool, &actor, "my-app", ORIGIN, end).await.unwrap();
    assert_eq!(remove(&pool, &actor, "my-app", &format!("{ORIGIN}:443/")).await.unwrap(), Some(end));
    for absent in [ORIGIN, "https://other.example", "nonsense", "", "\0"] {
        assert_eq!(remove(&pool, &actor, "my-app", absent).await.unwrap(), None, "{absent:?}");
    }
    let stored = find(&pool, "my-app").await;
    assert_eq!((stored.instance.version(), stored.instance.expiring_origins().len()), (3, 0));
    let kinds: Vec<_> = history(&pool).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [Kind::PreviewOriginAdded.name(), Kind::PreviewOriginRemoved.name()]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_can_not_be_a_preview_origin_is_refused_and_nothing_changes(pool: PgPool) {
    create(&pool, &my_app()).await;
    for origin in
        ["https://*.myapp.dev", "http://a.example", "https://a.example/x", "a.example", "", "https://a-.example", "http://localhost:*"]
    {
        let refused = add(&pool, &somebody("ci"), "my-app", origin, in_seconds(60)).await;
        assert!(matches!(&refused, Err(StoreError::Fields(errors)) if errors[0].field == "origin"), "{origin} {refused:?}");
    }
    assert_eq!((find(&pool, "my-app").await.instance.version(), history(&pool).await.len()), (1, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn editors_may_and_viewers_and_strangers_may_not(pool: PgPool) {
    create(&pool, &my_app()).await;
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    add(&pool, &editor, "my-app", ORIGIN, in_seconds(60)).await.unwrap();
    assert!(matches!(add(&pool, &viewer, "my-app", ORIGIN, in_seconds(90)).await, Err(StoreError::Forbidden)));
    assert!(matches!(remove(&pool, &viewer, "my-app", ORIGIN).await, Err(StoreError::Forbidden)));
    let stranger = Actor { admin: Some(editor.admin.unwrap() + 1_000), ..editor.clone() };
    assert!(matches!(remove(&pool, &stranger, "my-app", ORIGIN).await, Err(StoreError::NotFound)));
    assert!(matches!(add(&pool, &editor, "no-app", ORIGIN, in_seconds(60)).await, Err(StoreError::NotFound)));
    sqlx::query("update instances set archived_at = now()").execute(&pool).await.unwrap();
    assert!(matches!(add(&pool, &editor, "my-app", ORIGIN, in_seconds(90)).await, Err(StoreError::Archived)));
}

#[sqlx::test(migrations = "../migrations")]
async fn there_are_500_and_those_that_have_expired_make_room(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    sqlx::query(
        "insert into preview_origins (instance_id, origin, expires_at, added_by)
        select $1, 'https://p' || n || '.example', date_trunc('second', now()) + interval '1 hour', 'ci' from generate_series(1, $2) n",
    )
    .bind(stored.id)
    .bind(i32::try_from(MAX_PREVIEW_ORIGINS).unwrap())
    .execute(&pool)
    .await
    .unwrap();
    let refused = add(&pool, &somebody("ci"), "my-app", ORIGIN, in_seconds(60)).await;
    assert!(matches!(&refused, Err(StoreError::Fields(errors)) if errors[0].message.contains("500")), "{refused:?}");
    assert!(!has_room(&pool, stored.id).await.unwrap());
    let moved = add(&pool, &somebody("ci"), "my-app", "https://p7.example", in_seconds(60)).await.unwrap();
    assert!(moved.before.is_some_and(|before| before > in_seconds(60)), "one that is there can move");
    assert_eq!(find(&pool, "my-app").await.instance.expiring_origins().len(), MAX_PREVIEW_ORIGINS);
    age(&pool, 1).await;
    assert!(has_room(&pool, stored.id).await.unwrap());
    add(&pool, &somebody("ci"), "my-app", ORIGIN, in_seconds(60)).await.unwrap();
    assert_eq!(list(&pool, stored.id).await.unwrap().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_day_after_their_end_they_are_deleted_with_a_new_version_and_no_change(pool: PgPool) {
    let id = create(&pool, &my_app()).await.id;
    add(&pool, &somebody("ci"), "my-app", ORIGIN, in_seconds(60)).await.unwrap();
    add(&pool, &somebody("ci"), "my-app", "https://later.example", in_seconds(7_200)).await.unwrap();
    age(&pool, 24).await;
    assert_eq!(delete_expired(&pool).await.unwrap(), 0, "the first one ends in a minute, a day ago");
    age(&pool, 1).await;
    let (version, changes) = (find(&pool, "my-app").await.instance.version(), history(&pool).await.len());
    assert_eq!(delete_expired(&pool).await.unwrap(), 1);
    assert_eq!(list(&pool, id).await.unwrap()[0].origin, "https://later.example");
    assert_eq!((find(&pool, "my-app").await.instance.version(), history(&pool).await.len()), (version + 1, changes));
    assert_eq!(delete_expired(&pool).await.unwrap(), 0);
    assert_eq!(find(&pool, "my-app").await.instance.version(), version + 1, "nothing to do raises nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn two_that_add_at_once_both_succeed(pool: PgPool) {
    create(&pool, &my_app()).await;
    let (actor, end) = (somebody("ci"), in_seconds(60));
    let (one, other) = tokio::join!(add(&pool, &actor, "my-app", ORIGIN, end), add(&pool, &actor, "my-app", ORIGIN, end));
    // The second one sees what the first one stored.
    let mut before = [one.unwrap().before, other.unwrap().before];
    before.sort_unstable();
    assert_eq!((before, find(&pool, "my-app").await.instance.version()), ([None, Some(end)], 2));
}
