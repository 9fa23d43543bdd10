//! The fallback redirects of earlier versions.

use super::*;
use crate::{
    fallbacks::proposal::Proposal,
    history::store::{fallbacks_at, newest_change},
    preview_origins::store::{add, remove},
    redirects::Timestamp,
};

/// The fallback redirects of an instance at each of its versions.
const VERSIONS: [&[(Flow, &str)]; 5] = [
    &[],
    &[(Flow::SignIn, "/a"), (Flow::SignUp, "/up")],
    &[(Flow::SignIn, "/b"), (Flow::SignUp, "/up"), (Flow::Logo, "/")],
    &[(Flow::SignUp, "/up")],
    &[(Flow::SignIn, "/b"), (Flow::SignUp, "/up"), (Flow::Waitlist, "/thanks")],
];

#[sqlx::test(migrations = "../migrations")]
async fn every_version_is_found_whatever_changed_after_it(pool: PgPool) {
    create(&pool, "my-app").await;
    create(&pool, "other").await;
    for (before, values) in (1..).zip(&VERSIONS[1..]) {
        put(&pool, before, values).await;
    }
    // A change of settings makes a version too, and leaves the redirects as they are.
    let renamed = Instance::parse(&Settings { name: "Renamed".into(), ..settings("my-app") }, 5).unwrap();
    store::update(&pool, &Actor::server(), &renamed, "myapp.com", "", None).await.unwrap();
    let now = find(&pool, "my-app").await;
    for (version, values) in (1..).zip(VERSIONS.iter().chain([&VERSIONS[4]])) {
        assert_eq!(fallbacks_at(&pool, &now, version).await.unwrap(), Some(fallbacks(values)), "{version}");
    }
    for never in [0, -1, 7, i64::MAX, i64::MIN] {
        assert_eq!(fallbacks_at(&pool, &now, never).await.unwrap(), None, "{never}");
    }
    assert_eq!(fallbacks_at(&pool, &find(&pool, "other").await, 2).await.unwrap(), None);

    // A restored version can be undone like any other change.
    let restored = Proposal::new(&now, &fallbacks(VERSIONS[2])).result();
    save(&pool, &Actor::server(), "my-app", &FallbackForm::of(&restored, 6)).await.unwrap();
    let later = find(&pool, "my-app").await;
    assert_eq!(later.fallbacks, fallbacks(VERSIONS[2]));
    for (version, values) in [(2, VERSIONS[1]), (4, VERSIONS[3]), (6, VERSIONS[4]), (7, VERSIONS[2])] {
        assert_eq!(fallbacks_at(&pool, &later, version).await.unwrap(), Some(fallbacks(values)), "{version}");
    }
    // A copy that was read before the save only knows the versions up to its own.
    assert_eq!(fallbacks_at(&pool, &now, 6).await.unwrap(), Some(fallbacks(VERSIONS[4])));
    assert_eq!(fallbacks_at(&pool, &now, 7).await.unwrap(), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_newest_change_is_none_where_preview_origins_alone_have_changed(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let newest = async |after| newest_change(&pool, id, after).await.unwrap().map(|change| (change.version, change.kind));
    assert_eq!(newest(0).await, Some((Some(1), Kind::Created)));
    assert_eq!(newest(1).await, None, "nothing has changed");
    put(&pool, 1, VERSIONS[1]).await;
    add(&pool, &Actor::server(), "my-app", "https://a.example", Timestamp::from_seconds(4_000_000_000)).await.unwrap();
    remove(&pool, &Actor::server(), "my-app", "https://a.example").await.unwrap();
    // A cleanup raises the version too, and is no change.
    sqlx::query("update instances set version = version + 1").execute(&pool).await.unwrap();
    for (after, expected) in [(0, Some(2)), (1, Some(2)), (2, None), (3, None), (5, None)] {
        assert_eq!(newest(after).await.map(|(version, _)| version), expected.map(Some), "{after}");
    }
    let change = newest_change(&pool, id, 1).await.unwrap().unwrap();
    assert_eq!((change.kind, change.instance.as_deref(), change.who.as_str()), (Kind::Redirects, Some("my-app"), "the server"));
    assert!(change.after.contains_key("after_sign_in_url"), "{:?}", change.after);
}
