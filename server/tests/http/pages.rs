//! The dashboard's pages: what they say, under which status, and what protects them.

use app::{
    admins::Role,
    redirects::{Environment, Flow, Page, Settings},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, fallback_form, instance_form, member, my_app, other_app, store_fallbacks, store_instance, store_my_app, with},
    html::{error_of, script_nonces, text, value, values},
};

/// The headers of a page, and a nonce of its own on each of its scripts.
#[track_caller]
fn assert_protected(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0;
    let expected = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(policy, expected);
    assert!(nonce.len() >= 22, "{nonce} has 128 bits");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let page = answer.text();
    assert!(script_nonces(page).iter().all(|on_script| on_script.as_deref() == Some(nonce)), "a script without the nonce");
    for inline in [" style=\"", "<style", " onclick=", " onload=", " onsubmit=", "javascript:"] {
        assert!(!page.contains(inline), "{inline}");
    }
    nonce.to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_root_leads_to_the_instances(pool: PgPool) {
    let answer = Site::new(&pool).await.get("/").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::TEMPORARY_REDIRECT, "/instances"));
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_is_there_and_protected_with_a_nonce_of_its_own(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let mut nonces = std::collections::BTreeSet::new();
    for (path, title) in [
        ("/instances", "Instances"),
        ("/instances/new", "New instance"),
        ("/instances/my-app", "Overview · MyApp"),
        ("/instances/my-app/redirects", "Redirects · MyApp"),
        ("/instances/my-app/snippets", "Snippets · MyApp"),
        ("/instances/my-app/activity", "Activity · MyApp"),
        ("/instances/my-app/settings", "Settings · MyApp"),
        ("/instances/my-app/redirects?saved&x=%FF%00", "Redirects · MyApp"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text().contains(&format!("<title>{title} · Portal Redirects</title>")), "{path}");
        assert!(nonces.insert(assert_protected(&answer)), "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_is_an_error_is_protected_too(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let rejected = site.post("/instances/new", &with(instance_form(), "domain", "")).await;
    let conflict = site.post("/instances/my-app/redirects", &fallback_form("9")).await;
    let broken = site.post("/instances/my-app/redirects", &[]).await;
    let answers = [(rejected, 422), (conflict, 409), (broken, 400), (site.get("/nope").await, 404)];
    for (answer, status) in answers {
        assert_eq!(answer.status.as_u16(), status);
        assert_protected(&answer);
    }
    let bare = site.get("/portal/none/v1/redirects").await;
    assert_eq!(bare.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert_eq!((bare.header("x-content-type-options"), bare.header("referrer-policy")), ("nosniff", "same-origin"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_there_is_a_page_that_leads_on(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for path in [
        "/instances/none",
        "/instances/none/redirects",
        "/instances/none/settings",
        "/instances/MY-APP",
        "/instances/my-app/nope",
        "/nope",
        "/instances/my-app/redirects/x",
        "/instances/%FF",
        "/instances/%ZZ",
        "/instances/%00",
        "/instances/my-app%00/settings",
        "/%FF%00",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().contains("<title>Not found · Portal Redirects</title>"), "{path}");
        assert!(answer.text().contains("href=\"/instances\""), "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slash_too_many_leads_to_the_page_and_nowhere_else(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for (path, location) in [
        ("/instances/", "/instances"),
        ("/instances/my-app/", "/instances/my-app"),
        ("/instances/my-app/redirects//", "/instances/my-app/redirects"),
        ("/instances//evil.com/", "/instances//evil.com"),
        ("//evil.com/", ""),
        ("//evil.com//instances/", ""),
    ] {
        assert_eq!(site.get(path).await.header("location"), location, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_is_no_longer_valid_opens_and_says_so(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let broken = "update instances set domain = 'myapp.com,', domain_typed = 'myapp.com,', portal_origin = 'https://accounts.myapp.com,'";
    sqlx::query(broken).execute(&pool).await.unwrap();
    let site = Site::new(&pool).await;
    assert_eq!(site.get("/instances").await.status, StatusCode::OK);
    for path in ["/instances/my-app", "/instances/my-app/redirects", "/instances/my-app/settings"] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(text(answer.text()).contains("The portal answers 503: a stored value breaks a rule."), "{path}");
    }
    assert_eq!(site.get("/portal/my-app/v1/resolve?flow=sign-in").await.status, StatusCode::SERVICE_UNAVAILABLE);
    // Settings has the correction beside the field; posted without JavaScript, it is saved, and the portal serves again.
    let settings = site.get("/instances/my-app/settings").await;
    let error = error_of(settings.text(), "domain").unwrap();
    assert_eq!(error, "The comma at the end doesn't belong to it. Use myapp.com");
    let form = with(with(instance_form(), "version", "1"), "domain", "myapp.com,");
    let form: Vec<_> = form.into_iter().chain([("correction", "domain\tmyapp.com\tmyapp.com,")]).collect();
    let answer = site.post("/instances/my-app/settings", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let resolved = site.get("/portal/my-app/v1/resolve?flow=sign-in").await.json();
    assert_eq!(resolved["target"], "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_empty_list_offers_the_first_instance_and_a_full_one_lists_them(pool: PgPool) {
    let site = Site::new(&pool).await;
    let empty = site.get("/instances").await;
    assert!(text(empty.text()).contains("No instance yet") && text(empty.text()).contains("Create the first instance"));
    assert!(empty.text().contains("href=\"/instances/new\""));

    store_my_app(&pool, Environment::Production).await;
    let local = Settings { name: "Local".into(), domain: "localhost".into(), ..other_app("local") };
    store_instance(&pool, &local).await;
    let full = site.get("/instances").await;
    let main = full.text().split_once("<main").unwrap().1;
    assert!(!text(main).contains("No instance yet"));
    assert!(text(main).contains("Local localhost Development Owner 20"), "{}", text(main));
    assert!(text(main).contains("MyApp myapp.com Production Owner 20") && text(main).contains("1 to 2 of 2"), "{}", text(main));
    for slug in ["local", "my-app"] {
        assert!(main.contains(&format!("href=\"/instances/{slug}\"")), "{slug}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_overview_says_where_people_end_who_changed_it_and_where_the_portal_is(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignUp, "/welcome"), (Flow::Waitlist, "https://myapp.com/later")]).await;
    // It was allowed when it was stored.
    sqlx::query("update fallback_redirects set value = 'https://launch.example.net/thanks' where flow = 'waitlist'")
        .execute(&pool)
        .await
        .unwrap();
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let site = Site::new(&pool).await;
    let answer = site.get("/instances/my-app").await;
    let seen = text(answer.text());
    for said in [
        "Where people end 1 skipped",
        "After sign-up https://myapp.com/welcome Stored fallback",
        "After logo click https://myapp.com/ Home URL Checking… After",
        "After joining the waitlist https://myapp.com/ Home URL, since the stored fallback is skipped",
        "https://launch.example.net/thanks is skipped. launch.example.net is not on myapp.com.",
        "owner@myapp.com changed redirects",
        "Portal API Says where a link leads",
        "curl \"https://accounts.myapp.com/v1/resolve?flow=sign-in\"",
    ] {
        assert!(seen.contains(said), "{said}: {seen}");
    }
    assert!(answer.text().contains("href=\"/instances/my-app/redirects#after_join_waitlist_url\""));
    for page in Page::ALL {
        let url = format!("https://accounts.myapp.com{}", page.path());
        assert!(answer.text().contains(&format!(">{url}</code>")) && answer.text().contains(&format!("href=\"{url}\"")), "{url}");
    }
    let viewers = site.signed_in(&pool, viewer.admin.unwrap()).await.get("/instances/my-app").await;
    assert!(text(viewers.text()).contains("Open in Redirects") && !viewers.text().contains("Fix in"), "a viewer can't fix anything");
}

#[sqlx::test(migrations = "../migrations")]
async fn markup_in_a_value_is_text_wherever_it_is_shown(pool: PgPool) {
    const MARKUP: &str = "</title>\"'><script>alert(1)</script>&lt;";
    store_instance(&pool, &Settings { name: MARKUP.into(), ..my_app() }).await;
    let path = format!("/{MARKUP}");
    store_fallbacks(&pool, &[(Flow::SignIn, &path)]).await;
    let site = Site::new(&pool).await;
    let typed = |form: crate::common::Fields<'static>| {
        form.into_iter().map(|(name, value)| (name, if name == "version" { value } else { MARKUP })).collect::<Vec<_>>()
    };
    let answers = [
        site.get("/instances").await,
        site.get("/instances/new").await,
        site.get("/instances/my-app").await,
        site.get("/instances/my-app/redirects").await,
        site.get("/instances/my-app/settings").await,
        site.post("/instances/new", &typed(instance_form())).await,
        site.post("/instances/my-app/settings", &typed(with(instance_form(), "version", "2"))).await,
        site.post("/instances/my-app/redirects", &typed(fallback_form("2"))).await,
        site.post("/instances/my-app/redirects", &typed(fallback_form("1"))).await,
    ];
    for answer in &answers {
        assert!(!answer.text().contains("<script>"), "{}", answer.text());
        assert!(!answer.text().contains("'><"), "{}", answer.text());
    }
    assert_eq!(value(answers[3].text(), "after_sign_in_url"), path);
    assert_eq!(value(answers[4].text(), "name"), MARKUP);
    assert_eq!(values(answers[5].text(), "allowed_origins")[0], MARKUP);
    assert_eq!(value(answers[6].text(), "domain"), MARKUP);
    assert_eq!((answers[7].status, value(answers[7].text(), "logo_link_url").as_str()), (StatusCode::UNPROCESSABLE_ENTITY, MARKUP));
    assert_eq!((answers[8].status, value(answers[8].text(), "logo_link_url").as_str()), (StatusCode::CONFLICT, MARKUP));
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_of_an_instance_is_headed_with_its_name_and_the_runtimes_that_serve_it(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    sqlx::query("insert into runtimes (id, role) values ('0123456789abcdef', 'portal')").execute(&pool).await.unwrap();
    let site = Site::new(&pool).await;
    for page in ["", "/redirects", "/preview", "/preview/links", "/snippets", "/history"] {
        let seen = text(site.get(&format!("/instances/my-app{page}")).await.text().split_once("<main").unwrap().1);
        assert!(seen.contains("MyApp Production Version 1 · live on 1 of 1 runtime 01234567 Portal Version 1 · "), "{page} {seen}");
    }
    for (page, title) in [("/members", "Members"), ("/settings", "Settings"), ("/archive", "Archive this instance")] {
        let seen = text(site.get(&format!("/instances/my-app{page}")).await.text().split_once("<main").unwrap().1);
        assert!(seen.contains(&format!("{title} Production Version 1 · live on 1 of 1 runtime")), "{page} {seen}");
        assert!(seen.contains("MyApp · myapp.com"), "{page} {seen}");
    }
    let line = site.get("/instances/my-app/live").await;
    assert_eq!((line.status, line.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(text(line.text()).starts_with("Version 1 · live on 1 of 1 runtime") && !line.text().contains("<main"), "{}", line.text());
    sqlx::query("update instances set version = 2").execute(&pool).await.unwrap();
    assert!(text(site.get("/instances/my-app/live").await.text()).starts_with("Version 2 · live on 0 of 1 runtime"));
    assert_eq!(site.get("/instances/other-app/live").await.status, StatusCode::NOT_FOUND);
}
