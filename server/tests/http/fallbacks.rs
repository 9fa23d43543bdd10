//! `POST /instances/{slug}/redirects`: fallback redirects saved, refused, or saved by somebody else meanwhile.

use app::{
    instances::store,
    redirects::{Environment, Fallbacks, Flow},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Site, fallback_form, fallbacks, store_fallbacks, store_my_app, with},
    html::{is_invalid, summary, text, value, verdict_of},
};

const PATH: &str = "/instances/my-app/redirects";

/// What is stored now, and at which version.
async fn stored(pool: &PgPool) -> (Fallbacks, i64) {
    let stored = store::find(pool, "my-app").await.unwrap().unwrap();
    (stored.fallbacks, stored.instance.version())
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_saved_is_said_shown_and_followed(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let form = with(with(fallback_form("1"), "after_sign_in_url", " /dashboard "), "logo_link_url", "https://www.myapp.com");
    let answer = site.post(PATH, &form).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects?saved"));
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::SignIn, "/dashboard"), (Flow::Logo, "https://www.myapp.com")]), 2));

    let page = site.get(answer.header("location")).await;
    assert!(text(page.text()).contains("Saved. Links follow it from now on."));
    assert_eq!((value(page.text(), "after_sign_in_url"), value(page.text(), "version")), ("/dashboard".into(), "2".into()));
    assert_eq!(verdict_of(page.text(), "after_sign_in_url").as_deref(), Some("Goes to https://myapp.com/dashboard"));
    assert_eq!(verdict_of(page.text(), "logo_link_url").as_deref(), Some("Goes to https://www.myapp.com/"));
    assert_eq!(verdict_of(page.text(), "after_sign_up_url").as_deref(), Some("Home URL, https://myapp.com/"));

    let resolved = site.get("/portal/my-app/v1/resolve?flow=sign-in").await.json();
    assert_eq!((&resolved["target"], &resolved["source"]), (&"https://myapp.com/dashboard".into(), &"fallback".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn blanks_alone_mean_empty_and_clear_what_was_stored(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    let answer = Site::new(&pool).await.post(PATH, &with(fallback_form("2"), "after_sign_in_url", " \t\u{a0} ")).await;
    assert_eq!((answer.status, stored(&pool).await), (StatusCode::SEE_OTHER, (Fallbacks::default(), 3)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_value_is_kept_with_a_sentence_beside_it_and_nothing_is_stored(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let long = format!("/{}", "a".repeat(2999));
    for (typed, message) in [
        ("javascript:alert(1)", "Only web addresses can be a target. Use https://, or a path like /dashboard."),
        ("//evil.com", "evil.com is not on myapp.com. Use a URL on myapp.com, or add this origin under Settings."),
        ("https://evil.com", "evil.com is not on myapp.com. Use a URL on myapp.com, or allow this origin."),
        ("http://myapp.com/", "Production requires https. Change http:// to https://."),
        ("https://nick@myapp.com", "It contains a user name, and its real host is myapp.com. Remove everything before the @."),
        ("https://myapp.com@evil.com", "It contains a user name, and its real host is evil.com. Remove everything before the @."),
        (&long, "That is too long: 3000 bytes. The limit is 2048 bytes."),
        ("dashboard", "A path of your application begins with a slash."),
        ("//myapp.com", "It has no scheme."),
        ("/\0", "It contains an invisible character, U+0000. Remove it."),
        ("/dash\u{200b}board", "It contains an invisible character, U+200B. Remove it."),
        (
            "https://accounts.myapp.com/sign-in",
            "That is the portal's own sign-in page, so visitors would go in circles. Use a page of your application.",
        ),
        ("\"><script>alert(1)</script>", "That is not a URL. Start with / for a page of your application, or with https://."),
    ] {
        let form = with(with(fallback_form("1"), "after_sign_in_url", typed), "after_sign_up_url", "/fine");
        let answer = site.post(PATH, &form).await;
        assert_eq!(
            (answer.status, summary(answer.text())),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["after_sign_in_url".to_owned()]),
            "{typed}"
        );
        let page = answer.text();
        // A common mistake has a button for the corrected value after it.
        let verdict = verdict_of(page, "after_sign_in_url").unwrap();
        assert!(verdict == message || verdict.starts_with(&format!("{message} Use ")), "{typed}: {verdict}");
        assert!(text(page).contains(&format!("After sign-in: {message}")), "{typed}");
        assert_eq!((value(page, "after_sign_in_url").as_str(), value(page, "after_sign_up_url").as_str()), (typed, "/fine"));
        assert!(is_invalid(page, "after_sign_in_url") && !is_invalid(page, "after_sign_up_url"), "{typed}");
        assert_eq!(value(page, "version"), "1");
        assert_eq!(stored(&pool).await, (Fallbacks::default(), 1), "{typed}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_production_refuses_is_fine_in_development(pool: PgPool) {
    store_my_app(&pool, Environment::Development).await;
    let answer = Site::new(&pool).await.post(PATH, &with(fallback_form("1"), "after_sign_in_url", "http://myapp.com:5173/")).await;
    assert_eq!((answer.status, stored(&pool).await.1), (StatusCode::SEE_OTHER, 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn every_refused_field_is_named_at_once_in_the_order_of_the_tab(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let form = Flow::ALL.iter().fold(fallback_form("1"), |form, flow| with(form, flow.field(), "https://evil.com"));
    let answer = Site::new(&pool).await.post(PATH, &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(summary(answer.text()), Flow::ALL.map(Flow::field));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_saves_second_is_saved_together_with_the_others_changes(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignOut, "/out"), (Flow::Waitlist, "/wait")]).await;
    let site = Site::new(&pool).await;
    let opened = site.get(PATH).await;
    site.edit(&opened, PATH, &[("after_sign_in_url", "/theirs"), ("after_sign_out_url", "")]).await;
    let answer = site.edit(&opened, PATH, &[("logo_link_url", "/mine"), ("after_join_waitlist_url", "")]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects?merged"));
    assert!(
        text(site.get(answer.header("location")).await.text()).contains("Saved, and merged with what somebody else has saved in between")
    );
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::SignIn, "/theirs"), (Flow::Logo, "/mine")]), 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_is_said_with_the_others_changes_in_the_form(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let opened = site.get(PATH).await;
    site.edit(&opened, PATH, &[("after_sign_in_url", "/theirs")]).await;
    let answer = site.edit(&opened, PATH, &[("logo_link_url", "https://evil.com")]).await;
    assert_eq!((answer.status, summary(answer.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["logo_link_url".to_owned()]));
    let shown = ["after_sign_in_url", "logo_link_url", "version"].map(|name| value(answer.text(), name));
    assert_eq!(shown, ["/theirs", "https://evil.com", "2"]);
    assert_eq!(site.edit(&answer, PATH, &[("logo_link_url", "/mine")]).await.header("location"), "/instances/my-app/redirects?saved");
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::SignIn, "/theirs"), (Flow::Logo, "/mine")]), 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn without_knowing_what_was_there_everything_that_differs_counts_as_typed(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/first"), (Flow::SignOut, "/out")]).await;
    let site = Site::new(&pool).await;
    let mine = with(with(fallback_form("1"), "after_sign_in_url", "/second"), "logo_link_url", "/logo");
    for base in [None, Some(""), Some("garbage"), Some("version=1"), Some("\0"), Some("\"><script>")] {
        let form = mine.iter().copied().chain(base.map(|base| ("base", base))).collect::<Vec<_>>();
        let answer = site.post(PATH, &form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{base:?}");
        assert_eq!(summary(answer.text()), ["after_sign_in_url", "after_sign_out_url", "logo_link_url"], "{base:?}");
        let shown = ["after_sign_in_url", "after_sign_out_url", "logo_link_url", "version"].map(|field| value(answer.text(), field));
        assert_eq!(shown, ["/second", "", "/logo", "2"], "{base:?}");
    }
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::SignIn, "/first"), (Flow::SignOut, "/out")]), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stored_value_that_is_no_longer_allowed_does_not_block_the_others(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "https://myapp.com/in")]).await;
    sqlx::query("update instances set domain = 'moved.com', home_url = 'https://moved.com/'").execute(&pool).await.unwrap();
    let site = Site::new(&pool).await;
    let form = with(with(fallback_form("2"), "after_sign_in_url", "https://myapp.com/in"), "after_sign_up_url", "/up");
    assert_eq!(site.post(PATH, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await.0, fallbacks(&[(Flow::SignIn, "https://myapp.com/in"), (Flow::SignUp, "/up")]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_is_not_there_has_no_redirects(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for path in ["/instances/none/redirects", "/instances/new/redirects", "/instances/MY-APP/redirects", "/instances/%ZZ/redirects"] {
        assert_eq!(site.post(path, &fallback_form("1")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
