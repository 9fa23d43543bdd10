//! Invisible characters are spelled out wherever a page shows a value that has some.

use app::redirects::{Environment, Flow};
use sqlx::PgPool;

use crate::{
    common::{Site, store_fallbacks, store_my_app},
    html::text,
};

/// Whether the page shows the zero width space, and shows it spelled out.
async fn assert_spelled_out(site: &Site, path: &str, shown: &str) {
    let page = site.get(path).await;
    let text = text(page.text());
    assert!(text.contains(shown), "{path}: {text}");
    assert!(!text.contains('\u{200b}'), "{path}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unsaved_value_and_the_advice_on_one_are_spelled_out_in_preview(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    assert_spelled_out(&site, "/instances/my-app/preview?after_sign_in_url=/hello%E2%80%8Byou", r"/hello\u{200b}you").await;
    assert_spelled_out(&site, "/instances/my-app/preview?redirect_url=my%E2%80%8Bapp.com/x", r"\u{200b}").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_value_that_was_stored_by_older_rules_is_spelled_out_in_overview_and_named_in_settings(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/hello")]).await;
    sqlx::query("update fallback_redirects set value = $1").bind("/hello\u{200b}you").execute(&pool).await.unwrap();
    sqlx::query("update instances set allowed_origins = $1").bind(["https://exa\u{200b}mple.org"]).execute(&pool).await.unwrap();
    // There it can be edited, and the error names the character.
    assert!(text(site.get("/instances/my-app/settings").await.text()).contains("U+200B"));
    for (path, shown) in [
        ("/instances/my-app", r"https://exa\u{200b}mple.org is skipped. It contains an invisible character, U+200B."),
        ("/instances/my-app", r"/hello\u{200b}you is skipped. It contains an invisible character, U+200B."),
        ("/instances/my-app/preview", "so it is skipped. It contains an invisible character, U+200B."),
    ] {
        assert_spelled_out(&site, path, shown).await;
    }
}
