//! `/instances/{slug}/history/{version}`: what restoring would change, and that it does just that.

use super::*;

#[sqlx::test(migrations = "../migrations")]
async fn restoring_shows_the_difference_first_and_makes_a_new_version(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get(&format!("{PATH}/2")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(rows(page.text()), [["After sign-in", "/second", "/first"], ["After logo click", "/logo", "Home URL"]]);
    assert_eq!(stored(&pool).await.1, 3, "looking changes nothing");

    let answer = site.edit(&page, &format!("{PATH}/2"), &[]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/history?restored"));
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::SignIn, "/first")]), 4));
    let tab = site.get(answer.header("location")).await;
    assert!(text(tab.text()).contains("Restored. Links follow it from now on."));
    assert!(changes(&tab)[0].starts_with("owner@myapp.com restored the redirects of version 2 Version 4, in force"), "{:?}", changes(&tab));
    let resolved = site.get("/portal/my-app/v1/resolve?flow=sign-in").await.json();
    assert_eq!((&resolved["target"], &resolved["version"]), (&"https://myapp.com/first".into(), &4.into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_restores_at_once_one_is_saved_and_the_other_sees_what_it_would_change_now(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let [first, second] = [site.get(&format!("{PATH}/1")).await, site.get(&format!("{PATH}/2")).await];
    let (first, second) =
        tokio::join!(site.edit(&first, "/instances/my-app/history/1", &[]), site.edit(&second, "/instances/my-app/history/2", &[]));
    let (saved, late) = if first.status == StatusCode::SEE_OTHER { (first, second) } else { (second, first) };
    assert_eq!((saved.status, late.status), (StatusCode::SEE_OTHER, StatusCode::CONFLICT));
    assert!(text(late.text()).contains("Somebody saved in between Nothing is restored yet."));
    assert_eq!((stored(&pool).await.1, value(late.text(), "version")), (4, "4".to_owned()));
    assert_eq!(rows(late.text()).len(), 1, "only sign-in is another one now");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_restore_from_a_version_that_is_not_in_force_saves_nothing(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    for version in ["1", "2", "4", "0", "-1", "9223372036854775807"] {
        let answer = site.post(&format!("{PATH}/1"), &[("version", version)]).await;
        assert_eq!((answer.status, value(answer.text(), "version")), (StatusCode::CONFLICT, "3".to_owned()), "{version}");
        assert_eq!(rows(answer.text()).len(), 2, "{version}");
    }
    for fields in [&[][..], &[("version", "x")], &[("version", "3"), ("version", "3")], &[("version", "3"), ("slug", "other")]] {
        assert_eq!(site.post(&format!("{PATH}/1"), fields).await.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    assert_eq!(stored(&pool).await.1, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_version_that_the_instance_never_had_is_not_there(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    for version in ["4", "0", "-1", "x", "03", "%2B3", "1e0", "9223372036854775808", "export", "%00"] {
        let path = format!("{PATH}/{version}");
        assert_eq!(site.get(&path).await.status, StatusCode::NOT_FOUND, "{version}");
        assert_eq!(site.post(&path, &[("version", "3")]).await.status, StatusCode::NOT_FOUND, "{version}");
    }
    assert_eq!(stored(&pool).await.1, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn where_restoring_changes_nothing_the_page_says_so(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get(&format!("{PATH}/3")).await;
    assert!(text(page.text()).contains("Nothing to change: the redirects are those of this version already."));
    assert!(!page.text().contains("name=\"version\""));
    let answer = site.post(&format!("{PATH}/3"), &[("version", "3")]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/history/3"));
    assert_eq!(stored(&pool).await.1, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_todays_rules_refuse_is_named_with_the_reason_and_left_out(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "https://myapp.com/old"), (Flow::SignOut, "/bye")]).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/now")]).await;
    sqlx::query("update instances set domain = 'moved.com', home_url = 'https://moved.com/'").execute(&pool).await.unwrap();
    let site = Site::new(&pool).await;
    let page = site.get(&format!("{PATH}/2")).await;
    let refused =
        "https://myapp.com/old Left out. myapp.com is not on moved.com. Use a URL on moved.com, or add this origin under Settings.";
    assert_eq!(rows(page.text()), [["After sign-in", "/now", refused], ["After sign-out", "Home URL", "/bye"]]);
    assert_eq!(site.edit(&page, &format!("{PATH}/2"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::SignIn, "/now"), (Flow::SignOut, "/bye")]), 4));

    let again = site.get(&format!("{PATH}/2")).await;
    assert!(text(again.text()).contains("Nothing to change: today's rules refuse what this version had, and the rest is the same."));
}
