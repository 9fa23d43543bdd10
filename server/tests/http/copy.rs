//! Copying settings from one instance to another: what the page shows before, what the post does, and who may.

use app::{
    admins::Role,
    fixtures::{fallbacks, save_fallbacks},
    instances::store,
    redirects::{Environment, Fallbacks, Flow, Settings},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, member, other_app, owner, store_fallbacks, store_instance, store_my_app},
    html::{Choice, choices, href, summary_text, text, value, values},
};

const PATH: &str = "/instances/my-app/copy";
const FROM_DEVELOPMENT: &str = "/instances/my-app/copy?from=my-app-dev";

/// `my-app`, in production, and `my-app-dev`, which allows more and has other fallback redirects.
async fn store_both(pool: &PgPool) {
    store_my_app(pool, Environment::Production).await;
    store_fallbacks(pool, &[(Flow::SignUp, "/same"), (Flow::SignIn, "/now"), (Flow::Logo, "/kept")]).await;
    let development = Settings {
        name: "MyApp <Dev>".into(),
        domain: "localhost".into(),
        allowed_origins: vec!["https://new.org".into(), "http://localhost:5173".into()],
        ..other_app("my-app-dev")
    };
    store_instance(pool, &development).await;
    save_development(
        pool,
        &[
            (Flow::SignUp, "/same"),
            (Flow::SignIn, "/then"),
            (Flow::SignOut, "http://localhost:3000/<out>"),
            (Flow::Waitlist, "https://new.org/thanks"),
        ],
    )
    .await;
}

async fn save_development(pool: &PgPool, values: &[(Flow, &str)]) {
    save_fallbacks(pool, &owner(pool).await, "my-app-dev", values).await;
}

/// The fallback redirects, the allowed origins and the version of `my-app`.
async fn stored(pool: &PgPool) -> (Fallbacks, Vec<String>, i64) {
    let stored = store::find(pool, "my-app").await.unwrap().unwrap();
    (stored.fallbacks, stored.settings.allowed_origins, stored.instance.version())
}

/// Posts the page's form with these boxes checked.
async fn post(site: &Site, page: &Answer, origins: &[&str], flows: &[&str]) -> Answer {
    let hidden = ["from", "from_version", "version"].map(|name| (name, value(page.text(), name)));
    let hidden = hidden.iter().map(|(name, value)| (*name, value.as_str()));
    let boxes = origins.iter().map(|&origin| ("origin", origin)).chain(flows.iter().map(|&flow| ("flow", flow)));
    site.post(PATH, &hidden.chain(boxes).collect::<Vec<_>>()).await
}

fn checks(page: &Answer, name: &str) -> Vec<(String, bool, String)> {
    choices(page.text(), name).into_iter().map(|Choice { value, checked, label }| (value, checked, label)).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_difference_is_shown_before_and_what_is_refused_has_a_reason_and_no_box(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get("/instances/my-app/settings").await;
    assert_eq!(href(page.text(), "Choose instance…").as_deref(), Some(PATH));
    let page = site.get(PATH).await;
    assert!(page.text().contains("<option value=\"my-app-dev\""), "{}", page.text());
    assert!(!page.text().contains("<option value=\"my-app\""));
    assert!(!text(page.text()).contains("What changes"));

    let page = site.get(FROM_DEVELOPMENT).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(checks(&page, "origin"), [("https://new.org".into(), true, "https://new.org".into())]);
    let expected = [
        ("sign-in".to_owned(), true, "After sign-in Now: /now Then: /then".to_owned()),
        (
            "waitlist".to_owned(),
            true,
            "After joining the waitlist Now: home URL Then: https://new.org/thanks Only together with the allowed origin https://new.org"
                .to_owned(),
        ),
    ];
    assert_eq!(checks(&page, "flow"), expected);
    let page = text(page.text());
    for said in [
        "Name, slug, environment, domain, portal origin and home URL stay as they are.",
        "From MyApp <Dev> to MyApp. The same already: After sign-up. Empty there, so left alone: After logo click.",
        "Left out The rules of MyApp refuse these.",
        "Allowed origin http://localhost:5173 http is for development only. Use https.",
        "After sign-out http://localhost:3000/<out> Production requires https. Change http:// to https://.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(stored(&pool).await.2, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_checked_is_copied_and_said(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get(FROM_DEVELOPMENT).await;
    let answer = site.edit(&page, PATH, &[]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects?copied"));
    let after = [(Flow::SignUp, "/same"), (Flow::SignIn, "/then"), (Flow::Logo, "/kept"), (Flow::Waitlist, "https://new.org/thanks")];
    assert_eq!(stored(&pool).await, (fallbacks(&after), vec!["https://new.org".to_owned()], 3));
    let page = site.get(answer.header("location")).await;
    assert!(text(page.text()).contains("Copied. Links follow it from now on."));
    assert!(!text(page.text()).contains("Left out"));
    assert!(!text(site.get("/instances/my-app/redirects").await.text()).contains("Copied."));
    let again = site.get(FROM_DEVELOPMENT).await;
    assert!(text(again.text()).contains("There is nothing to copy: whatever MyApp <Dev> has and the rules of MyApp allow, MyApp has too."));
}

#[sqlx::test(migrations = "../migrations")]
async fn without_its_origin_a_redirect_is_left_out_and_named(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let answer = post(&site, &site.get(FROM_DEVELOPMENT).await, &[], &["sign-in", "waitlist"]).await;
    assert_eq!(answer.header("location"), "/instances/my-app/redirects?copied&left_out=after_join_waitlist_url");
    let page = site.get(answer.header("location")).await;
    let said = "Copied. Links follow it from now on. Left out, since this instance's rules refuse what was to be copied: After joining the waitlist.";
    assert!(text(page.text()).contains(said));
    let after = [(Flow::SignUp, "/same"), (Flow::SignIn, "/then"), (Flow::Logo, "/kept")];
    assert_eq!(stored(&pool).await, (fallbacks(&after), vec![], 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_checked_and_nothing_allowed_is_said_and_keeps_what_is_checked(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get(FROM_DEVELOPMENT).await;
    for (flows, checked) in
        [(&[][..], [false, false]), (&["waitlist"], [false, true]), (&["sign-up", "anything", "sign-out"], [false, false])]
    {
        let answer = post(&site, &page, &[], flows).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{flows:?}");
        assert!(summary_text(answer.text()).starts_with("Nothing copied Check at least one value."), "{flows:?}");
        assert_eq!(checks(&answer, "flow").iter().map(|(_, checked, _)| *checked).collect::<Vec<_>>(), checked);
        assert!(!checks(&answer, "origin")[0].1);
    }
    assert_eq!(stored(&pool).await.2, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_difference_that_is_out_of_date_is_shown_anew(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get(FROM_DEVELOPMENT).await;
    save_development(&pool, &[(Flow::SignIn, "/newer")]).await;
    let answer = post(&site, &page, &[], &["sign-in"]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(summary_text(answer.text()).starts_with("Somebody saved in between Nothing is copied yet."));
    assert_eq!(checks(&answer, "flow"), [("sign-in".into(), true, "After sign-in Now: /now Then: /newer".into())]);

    store_fallbacks(&pool, &[(Flow::SignIn, "/now too")]).await;
    let answer = post(&site, &answer, &[], &["sign-in"]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(checks(&answer, "flow")[0].2, "After sign-in Now: /now too Then: /newer");
    assert_eq!(stored(&pool).await.2, 3);
    assert_eq!(post(&site, &answer, &[], &["sign-in"]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await.0, fallbacks(&[(Flow::SignIn, "/newer")]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_is_not_copied_to_itself_nor_from_a_strangers(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get(FROM_DEVELOPMENT).await;
    let form = |from| [("from", from), ("from_version", "2"), ("version", "2"), ("flow", "sign-in")];
    for answer in [site.get("/instances/my-app/copy?from=my-app").await, site.post(PATH, &form("my-app")).await] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(summary_text(answer.text()), "Nothing copied An instance can't be copied to itself. Choose another one.");
    }
    let editor = member(&pool, "ed@myapp.com", "my-app", Role::Editor).await;
    let editor = site.signed_in(&pool, editor.admin.unwrap()).await;
    for from in ["my-app-dev", "none", "MY-APP", "\0", "../my-app"] {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("from", from).finish();
        assert_eq!(editor.get(&format!("{PATH}?{query}")).await.status, StatusCode::NOT_FOUND, "{from}");
        assert_eq!(editor.post(PATH, &form(from)).await.status, StatusCode::NOT_FOUND, "{from}");
    }
    assert!(text(editor.get(PATH).await.text()).contains("There is no other instance that you are a member of."));
    assert_eq!(stored(&pool).await.2, 2);

    member(&pool, "ed@myapp.com", "my-app-dev", Role::Viewer).await;
    assert_eq!(post(&editor, &page, &[], &["sign-in"]).await.status, StatusCode::SEE_OTHER, "who may read the source may copy from it");
}

#[sqlx::test(migrations = "../migrations")]
async fn viewers_are_told_who_may_copy_and_strangers_nothing(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let page = site.get(FROM_DEVELOPMENT).await;
    let viewer = member(&pool, "vi@myapp.com", "my-app", Role::Viewer).await;
    member(&pool, "vi@myapp.com", "my-app-dev", Role::Owner).await;
    let viewer = site.signed_in(&pool, viewer.admin.unwrap()).await;
    for path in [PATH, FROM_DEVELOPMENT] {
        let shown = viewer.get(path).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(text(shown.text()).contains("only editors and owners copy settings to it."));
        let main = shown.text().split_once("<main").unwrap().1;
        assert!(!main.contains("method=\"post\"") && !main.contains("method=\"get\""));
    }
    assert_eq!(href(viewer.get("/instances/my-app/settings").await.text(), "Choose instance…"), None);
    assert_eq!(post(&viewer, &page, &[], &["sign-in"]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stored(&pool).await.2, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_form_of_the_page_is_refused(pool: PgPool) {
    store_both(&pool).await;
    let site = Site::new(&pool).await;
    let form = [("from", "my-app-dev"), ("from_version", "2"), ("version", "2"), ("flow", "sign-in")];
    for at in 0..3 {
        let missing: Vec<_> = form.iter().copied().enumerate().filter(|(index, _)| *index != at).map(|(_, field)| field).collect();
        assert_eq!(site.post(PATH, &missing).await.status, StatusCode::BAD_REQUEST, "{at}");
        let twice: Vec<_> = form.iter().copied().chain([form[at]]).collect();
        assert_eq!(site.post(PATH, &twice).await.status, StatusCode::BAD_REQUEST, "{at}");
    }
    let unknown: Vec<_> = form.iter().copied().chain([("name", "Mine")]).collect();
    assert_eq!(site.post(PATH, &unknown).await.status, StatusCode::BAD_REQUEST);
    for version in ["-1", "0", "1", "9223372036854775807"] {
        let late = [("from", "my-app-dev"), ("from_version", "2"), ("version", version), ("flow", "sign-in")];
        assert_eq!(site.post(PATH, &late).await.status, StatusCode::CONFLICT, "{version}");
    }
    assert_eq!(stored(&pool).await.2, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn own_urls_of_the_source_are_written_as_the_targets_if_that_is_chosen(pool: PgPool) {
    store_both(&pool).await;
    save_development(&pool, &[(Flow::SignIn, "https://localhost/in"), (Flow::SignOut, "https://new.org/out")]).await;
    let site = Site::new(&pool).await;
    let page = site.get(&format!("{FROM_DEVELOPMENT}&rewrite=yes")).await;
    let said = text(page.text());
    assert!(said.contains("Then: https://myapp.com/in") && said.contains("https://new.org/out"), "{said}");
    assert_eq!(values(page.text(), "rewrite"), ["yes", "yes"], "the box, and what the copy is sent with");
    let hidden = ["from", "from_version", "version"].map(|name| (name, value(page.text(), name)));
    let chosen = [("rewrite", "yes"), ("flow", "sign-in")];
    let form: Vec<_> = hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(chosen).collect();
    assert_eq!(site.post(PATH, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await.0.get(Flow::SignIn), Some("https://myapp.com/in"));
}
