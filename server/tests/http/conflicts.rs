//! Two people at once: fields that both have changed, with both values to choose from, in both forms.

use app::{
    admins::Role,
    instances::store,
    redirects::{Environment, Fallbacks, Flow},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, fallback_form, fallbacks, member, store_fallbacks, store_my_app, with},
    html::{choices, form, summary, text, value, verdict_of},
};

const REDIRECTS: &str = "/instances/my-app/redirects";
const SETTINGS: &str = "/instances/my-app/settings";

/// What is stored now, and at which version.
async fn stored(pool: &PgPool) -> (Fallbacks, i64) {
    let stored = store::find(pool, "my-app").await.unwrap().unwrap();
    (stored.fallbacks, stored.instance.version())
}

/// The browser of another editor of `my-app`.
async fn editor(pool: &PgPool, site: &Site, email: &str) -> Site {
    let actor = member(pool, email, "my-app", Role::Editor).await;
    site.signed_in(pool, actor.admin.unwrap()).await
}

/// When the latest change of `my-app` was made, as a page says it.
async fn minute_of_the_last_change(pool: &PgPool) -> String {
    sqlx::query_scalar("select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC' from changes order by id desc limit 1")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Ana and the owner open the tab, and Ana saves first. Answers what the owner gets.
async fn collide(pool: &PgPool, path: &str, theirs: &[(&str, &str)], mine: &[(&str, &str)]) -> (Site, Answer) {
    let site = Site::new(pool).await;
    let opened = site.get(path).await;
    let saved = editor(pool, &site, "ana@myapp.com").await.edit(&opened, path, theirs).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let answer = site.edit(&opened, path, mine).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    (site, answer)
}

#[sqlx::test(migrations = "../migrations")]
async fn both_values_are_shown_with_name_and_time_and_nothing_is_stored(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignOut, "/out")]).await;
    let theirs = [("after_sign_in_url", "/theirs"), ("after_sign_out_url", ""), ("logo_link_url", "/same"), ("after_sign_up_url", "/up")];
    let mine =
        [("after_sign_in_url", "/mine"), ("after_sign_out_url", "/away"), ("logo_link_url", "/same"), ("after_join_waitlist_url", "/wait")];
    let (_, answer) = collide(&pool, REDIRECTS, &theirs, &mine).await;
    assert_eq!(summary(answer.text()), ["after_sign_in_url", "after_sign_out_url"]);
    let stored_by = format!("Stored by ana@myapp.com, {}", minute_of_the_last_change(&pool).await);
    let shown =
        |field| choices(answer.text(), field).into_iter().map(|radio| (radio.value, radio.checked, radio.label)).collect::<Vec<_>>();
    assert_eq!(
        shown("after_sign_in_url"),
        [("/mine".into(), true, "/mine Yours".into()), ("/theirs".into(), false, format!("/theirs {stored_by}"))]
    );
    assert_eq!(
        shown("after_sign_out_url"),
        [("/away".into(), true, "/away Yours".into()), (String::new(), false, format!("Nothing: people go to the home URL {stored_by}"))]
    );
    let page = text(answer.text());
    for said in [
        "Both of you changed the following. Choose for each, then save: After sign-in After sign-out",
        "Merged, since only somebody else changed it: After sign-up.",
        "Merged, since only you changed it: After joining the waitlist.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let (_, questions) = answer.text().split_once("id=\"choices\"").unwrap();
    assert!(!questions.contains("<leptos-island"), "they are the same with and without JavaScript");
    let expected = fallbacks(&[(Flow::SignIn, "/theirs"), (Flow::Logo, "/same"), (Flow::SignUp, "/up")]);
    assert_eq!(stored(&pool).await, (expected, 3));
}

/// The owner's answer, with these values chosen among those that are offered.
async fn choose(site: &Site, answer: &Answer, path: &str, chosen: &[(&str, &str)]) -> Answer {
    for (field, value) in chosen {
        assert!(choices(answer.text(), field).iter().any(|radio| radio.value == *value), "{field} does not offer {value}");
    }
    site.edit(answer, path, chosen).await
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_chosen_is_saved_beside_what_was_merged(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignOut, "/out")]).await;
    let theirs = [("after_sign_in_url", "/theirs"), ("after_sign_out_url", ""), ("after_sign_up_url", "/up")];
    let mine = [("after_sign_in_url", "/mine"), ("after_sign_out_url", "/away"), ("after_join_waitlist_url", "/wait")];
    let (site, answer) = collide(&pool, REDIRECTS, &theirs, &mine).await;
    let saved = choose(&site, &answer, REDIRECTS, &[("after_sign_in_url", "/mine"), ("after_sign_out_url", "")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects?saved"));
    let expected = fallbacks(&[(Flow::SignIn, "/mine"), (Flow::SignUp, "/up"), (Flow::Waitlist, "/wait")]);
    assert_eq!(stored(&pool).await, (expected, 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn as_the_page_stands_it_saves_what_was_typed(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let (site, answer) = collide(&pool, REDIRECTS, &[("logo_link_url", "/theirs")], &[("logo_link_url", "/mine")]).await;
    assert_eq!(site.edit(&answer, REDIRECTS, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::Logo, "/mine")]), 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_third_one_who_saves_meanwhile_makes_it_a_choice_again(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let mine = [("after_sign_in_url", "/mine"), ("after_sign_out_url", "/mine")];
    let (site, answer) = collide(&pool, REDIRECTS, &[("after_sign_in_url", "/ana"), ("after_sign_out_url", "/ana")], &mine).await;
    let ben = editor(&pool, &site, "ben@myapp.com").await;
    let third = [("after_sign_in_url", "/ben"), ("after_sign_out_url", "/ben"), ("logo_link_url", "/ben")];
    assert_eq!(ben.edit(&ben.get(REDIRECTS).await, REDIRECTS, &third).await.status, StatusCode::SEE_OTHER);

    let again = choose(&site, &answer, REDIRECTS, &[("after_sign_in_url", "/mine"), ("after_sign_out_url", "/ana")]).await;
    assert_eq!((again.status, summary(again.text())), (StatusCode::CONFLICT, vec!["after_sign_in_url".to_owned()]));
    let offered: Vec<_> = choices(again.text(), "after_sign_in_url").into_iter().map(|radio| radio.label).collect();
    let stored_by = format!("/ben Stored by ben@myapp.com, {}", minute_of_the_last_change(&pool).await);
    assert_eq!(offered, ["/mine Yours".to_owned(), stored_by]);
    assert_eq!((value(again.text(), "after_sign_out_url"), value(again.text(), "logo_link_url")), ("/ben".into(), "/ben".into()));
    assert_eq!(stored(&pool).await.1, 3);

    assert_eq!(site.edit(&again, REDIRECTS, &[]).await.status, StatusCode::SEE_OTHER);
    let expected = fallbacks(&[(Flow::SignIn, "/mine"), (Flow::SignOut, "/ben"), (Flow::Logo, "/ben")]);
    assert_eq!(stored(&pool).await, (expected, 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chosen_value_that_is_refused_comes_back_in_the_editor(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let theirs = [("after_sign_in_url", "/theirs"), ("after_sign_out_url", "/theirs")];
    let mine = [("after_sign_in_url", "https://evil.com"), ("after_sign_out_url", "/mine")];
    let (site, answer) = collide(&pool, REDIRECTS, &theirs, &mine).await;
    let refused = choose(&site, &answer, REDIRECTS, &[("after_sign_in_url", "https://evil.com"), ("after_sign_out_url", "/theirs")]).await;
    assert_eq!((refused.status, summary(refused.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["after_sign_in_url".to_owned()]));
    assert!(verdict_of(refused.text(), "after_sign_in_url").unwrap().starts_with("evil.com is not on myapp.com."));
    assert_eq!(value(refused.text(), "after_sign_out_url"), "/theirs");
    assert_eq!(stored(&pool).await.1, 2);
    assert_eq!(site.edit(&refused, REDIRECTS, &[("after_sign_in_url", "/corrected")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await.0, fallbacks(&[(Flow::SignIn, "/corrected"), (Flow::SignOut, "/theirs")]));
}

#[sqlx::test(migrations = "../migrations")]
async fn values_with_markup_are_shown_and_chosen_as_they_are(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let opened = site.get(SETTINGS).await;
    let (ana, ben) = (r#"</code><script>alert("1")</script>"#, "\"><img src=x onerror='alert(1)'>&amp;");
    site.edit(&opened, SETTINGS, &[("name", ana)]).await;
    let answer = site.edit(&opened, SETTINGS, &[("name", ben)]).await;
    let offered: Vec<_> = choices(answer.text(), "name").into_iter().map(|radio| radio.value).collect();
    assert_eq!(offered, [ben, ana]);
    assert!(text(answer.text()).contains(ana) && text(answer.text()).contains(ben));
    assert!(!answer.text().contains("<script>alert") && !answer.text().contains("<img"));
    assert_eq!(choose(&site, &answer, SETTINGS, &[("name", ben)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(store::find(&pool, "my-app").await.unwrap().unwrap().settings.name, ben);
}

#[sqlx::test(migrations = "../migrations")]
async fn characters_that_hide_are_seen_in_a_choice(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let (_, answer) = collide(&pool, REDIRECTS, &[("logo_link_url", "/theirs")], &[("logo_link_url", "/a\u{202e}moc.live")]).await;
    assert_eq!(choices(answer.text(), "logo_link_url")[0].label, r"/a\u{202e}moc.live Yours");
    assert_eq!(value(answer.text(), "logo_link_url"), "/a\u{202e}moc.live");
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_are_chosen_field_by_field_and_the_environment_is_one(pool: PgPool) {
    store_my_app(&pool, Environment::Development).await;
    let theirs = [("name", "Theirs"), ("environment", "production"), ("domain", "theirs.com"), ("home_url", "https://theirs.com/home")];
    let mine = [("name", "Mine"), ("domain", "mine.com"), ("portal_origin", "https://portal.myapp.com")];
    let (site, answer) = collide(&pool, SETTINGS, &theirs, &mine).await;
    assert_eq!(summary(answer.text()), ["name", "domain"]);
    for said in ["Merged, since only somebody else changed it: Environment, Home URL.", "Merged, since only you changed it: Portal origin."]
    {
        assert!(text(answer.text()).contains(said), "{said}");
    }
    assert_eq!(form(answer.text()).iter().filter(|(name, _)| name == "environment").count(), 1);
    let saved = choose(&site, &answer, SETTINGS, &[("name", "Mine"), ("domain", "theirs.com")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/settings?saved"));
    let served = site.get("/portal/my-app/v1/redirects").await.json();
    assert_eq!((&served["environment"], &served["domain"], &served["version"]), (&"production".into(), &"theirs.com".into(), &3.into()));
    assert_eq!((&served["portal_origin"], &served["home_url"]), (&"https://portal.myapp.com".into(), &"https://theirs.com/home".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_environment_that_both_changed_is_a_choice(pool: PgPool) {
    store_my_app(&pool, Environment::Development).await;
    let site = Site::new(&pool).await;
    let opened = site.get(SETTINGS).await;
    // Nobody knows what was there, so that both have changed what differs.
    let mine = [("base", "garbage"), ("environment", "production")];
    site.edit(&opened, SETTINGS, &[("name", "Theirs")]).await;
    let answer = site.edit(&opened, SETTINGS, &mine).await;
    assert_eq!((answer.status, summary(answer.text())), (StatusCode::CONFLICT, vec!["name".into(), "environment".into()]));
    let offered: Vec<_> = choices(answer.text(), "environment").into_iter().map(|radio| radio.label).collect();
    assert!(offered[0] == "Production Yours" && offered[1].starts_with("Development Stored by owner@myapp.com, "), "{offered:?}");
    let chosen = [("name", "Theirs"), ("environment", "development")];
    assert_eq!(choose(&site, &answer, SETTINGS, &chosen).await.status, StatusCode::SEE_OTHER);
    let settings = store::find(&pool, "my-app").await.unwrap().unwrap().settings;
    assert_eq!((settings.name.as_str(), settings.environment), ("Theirs", Environment::Development));
}

#[sqlx::test(migrations = "../migrations")]
async fn origins_that_each_added_and_removed_are_merged_without_a_choice(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let start = [("allowed_origins", "https://a.org"), ("allowed_origins", "https://b.org")];
    let origins = |page: &Answer, origins: &[&str]| {
        let rest = form(page.text()).into_iter().filter(|(name, _)| name != "allowed_origins");
        rest.chain(origins.iter().map(|origin| ("allowed_origins".to_owned(), (*origin).to_owned()))).collect::<Vec<_>>()
    };
    let post = async |fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        site.post(SETTINGS, &fields).await
    };
    let first = site.get(SETTINGS).await;
    assert_eq!(post(origins(&first, &start.map(|(_, origin)| origin))).await.status, StatusCode::SEE_OTHER);
    let opened = site.get(SETTINGS).await;
    assert_eq!(post(origins(&opened, &["https://b.org", "https://theirs.org"])).await.status, StatusCode::SEE_OTHER);
    let answer = post(origins(&opened, &["https://a.org", "https://mine.org", " "])).await;
    assert_eq!(answer.header("location"), "/instances/my-app/settings?merged");
    let stored = store::find(&pool, "my-app").await.unwrap().unwrap();
    assert_eq!(stored.settings.allowed_origins, ["https://theirs.org", "https://mine.org"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_version_from_the_future_is_said_and_never_saved(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/stored")]).await;
    let site = Site::new(&pool).await;
    let future = i64::MAX.to_string();
    for version in ["3", &future] {
        let opened = site.get(REDIRECTS).await;
        for typed in ["after_sign_up_url", "after_sign_in_url"] {
            let answer = site.edit(&opened, REDIRECTS, &[("version", version), (typed, "/typed")]).await;
            assert_eq!((answer.status, summary(answer.text())), (StatusCode::CONFLICT, vec![]), "{version} {typed}");
            assert!(text(answer.text()).contains("The form is out of date It comes from a version that is not stored any more."));
            assert_eq!((value(answer.text(), typed), value(answer.text(), "version")), ("/typed".into(), "2".into()));
        }
        let bare = with(with(fallback_form(version), "after_sign_in_url", "/typed"), "logo_link_url", "/logo");
        let answer = site.post(REDIRECTS, &bare).await;
        assert_eq!(summary(answer.text()), ["after_sign_in_url", "logo_link_url"], "{version}");
        assert!(text(answer.text()).contains("The form is out of date It comes from a version that is not stored any more."));
        let opened = site.get(SETTINGS).await;
        let answer = site.edit(&opened, SETTINGS, &[("version", version), ("name", "Typed")]).await;
        assert_eq!((answer.status, value(answer.text(), "name")), (StatusCode::CONFLICT, "Typed".into()));
        assert!(text(answer.text()).contains("The form is out of date"));
    }
    for version in ["9223372036854775808", "1e9", "2.0", ""] {
        assert_eq!(site.post(REDIRECTS, &fallback_form(version)).await.status, StatusCode::BAD_REQUEST, "{version}");
    }
    assert_eq!(stored(&pool).await, (fallbacks(&[(Flow::SignIn, "/stored")]), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_discards_theirs_gets_the_tab_as_it_is_stored(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    for path in [REDIRECTS, SETTINGS] {
        let field = if path == REDIRECTS { "logo_link_url" } else { "home_url" };
        let (site, answer) = collide(&pool, path, &[(field, "https://myapp.com/theirs")], &[(field, "https://myapp.com/mine")]).await;
        assert_eq!(crate::html::href(answer.text(), "Discard mine").as_deref(), Some(path));
        assert_eq!(value(site.get(path).await.text(), field), "https://myapp.com/theirs");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_no_record_tells_of_is_a_choice_without_a_name(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let opened = site.get(REDIRECTS).await;
    sqlx::raw_sql(
        "insert into fallback_redirects (instance_id, flow, value) select id, 'logo', '/by-hand' from instances;
        update instances set version = version + 1",
    )
    .execute(&pool)
    .await
    .unwrap();
    let answer = site.edit(&opened, REDIRECTS, &[("logo_link_url", "/mine")]).await;
    let offered: Vec<_> = choices(answer.text(), "logo_link_url").into_iter().map(|radio| radio.label).collect();
    assert_eq!(offered, ["/mine Yours", "/by-hand Stored now"]);
}
