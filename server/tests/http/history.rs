//! `/instances/{slug}/history` and `/history`: who sees what, the filter, restoring, and the files.

use app::{
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::store,
    redirects::{Environment, Fallbacks, Flow},
    session::Role,
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, account, member, owner, store_fallbacks, store_my_app},
    html::{error_of, href, is_invalid, rows, summary, text, value},
};

const PATH: &str = "/instances/my-app/history";

/// What is stored now, and at which version.
async fn stored(pool: &PgPool) -> (Fallbacks, i64) {
    let stored = store::find(pool, "my-app").await.unwrap().unwrap();
    (stored.fallbacks, stored.instance.version())
}

fn fallbacks(values: &[(Flow, &str)]) -> Fallbacks {
    values.iter().map(|(flow, value)| (*flow, (*value).to_owned())).collect()
}

/// An application whose redirects were changed twice: it is at version 3.
async fn store_three_versions(pool: &PgPool) {
    store_my_app(pool, Environment::Production).await;
    store_fallbacks(pool, &[(Flow::SignIn, "/first")]).await;
    store_fallbacks(pool, &[(Flow::SignIn, "/second"), (Flow::Logo, "/logo")]).await;
}

/// The site as a member in that role sees it.
async fn as_member(pool: &PgPool, site: &Site, email: &str, role: Role) -> Site {
    site.signed_in(pool, member(pool, email, "my-app", role).await.admin.unwrap()).await
}

async fn note(pool: &PgPool, actor: &Actor, kind: Kind, entry: Entry) {
    record(&mut pool.acquire().await.unwrap(), actor, kind, entry).await.unwrap();
}

/// The changes of a history, each as the text of its row.
fn changes(page: &Answer) -> Vec<String> {
    let Some((_, rest)) = page.text().split_once("<ol class=\"card changes\"") else { return Vec::new() };
    let list = rest.split_once("</ol>").unwrap().0;
    list.split("<strong>").skip(1).map(|row| text(&format!("<p>{row}"))).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_tab_shows_every_change_in_words_the_newest_first(pool: PgPool) {
    store_three_versions(&pool).await;
    let answer = Site::new(&pool).await.get(PATH).await;
    assert_eq!(answer.status, StatusCode::OK);
    let shown = changes(&answer);
    assert_eq!(shown.len(), 4, "{shown:?}");
    assert!(shown[0].starts_with("owner@myapp.com changed redirects Version 3, in force"), "{}", shown[0]);
    assert!(shown[0].contains("After sign-in was /first now /second After logo click was Home URL now /logo"), "{}", shown[0]);
    assert!(shown[1].starts_with("owner@myapp.com changed redirects Version 2 "), "{}", shown[1]);
    assert!(shown[2].starts_with("owner@myapp.com joined as owner"), "{}", shown[2]);
    assert!(shown[3].starts_with("owner@myapp.com created the instance Version 1 "), "{}", shown[3]);
    let restorable: Vec<_> =
        [1, 2, 3].into_iter().filter(|version| answer.text().contains(&format!("href=\"{PATH}/{version}\""))).collect();
    assert_eq!(restorable, [1, 2], "what is in force need not be restored");
}

#[sqlx::test(migrations = "../migrations")]
async fn older_changes_are_on_pages_of_their_own(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let (site, id) = (Site::new(&pool).await, store::find(&pool, "my-app").await.unwrap().unwrap().id);
    for number in 0..120 {
        note(
            &pool,
            &Actor::server(),
            Kind::Invited,
            Entry::of(id).about(format!("{number}@myapp.com")).field("role", None::<String>, "viewer"),
        )
        .await;
    }
    let (mut page, mut seen) = (site.get(&format!("{PATH}?person=myapp.com")).await, Vec::new());
    loop {
        seen.push(changes(&page).len());
        let Some(older) = href(page.text(), "Older") else { break };
        assert!(older.contains("person=myapp.com"), "{older}");
        page = site.get(&older).await;
    }
    assert_eq!(seen, [50, 50, 22]);
    assert_eq!(href(page.text(), "Newest").as_deref(), Some("/instances/my-app/history?person=myapp.com"));
    let beyond = site.get(&format!("{PATH}?before=1")).await;
    assert!(text(beyond.text()).contains("Nothing older The history ends here."));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_filter_leaves_what_fits_and_stays_in_its_form(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let logo = site.get(&format!("{PATH}?person=OWNER&field=logo_link_url&from=2000-01-01&to=2999-12-31")).await;
    assert_eq!(changes(&logo).len(), 1);
    assert_eq!([value(logo.text(), "person"), value(logo.text(), "from"), value(logo.text(), "to")], ["OWNER", "2000-01-01", "2999-12-31"]);
    assert!(logo.text().contains("<option value=\"logo_link_url\" selected"), "{}", logo.text());
    let csv = "/instances/my-app/history/export.csv?person=OWNER&amp;field=logo_link_url&amp;from=2000-01-01&amp;to=2999-12-31";
    assert!(logo.text().contains(csv));
    for query in ["person=nobody", "to=2000-01-01", "field=role&to=2000-01-01", "from=2999-01-01"] {
        let none = site.get(&format!("{PATH}?{query}")).await;
        assert_eq!((none.status, changes(&none).len()), (StatusCode::OK, 0), "{query}");
        assert!(text(none.text()).contains("Nothing fits the filter"), "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_filter_that_is_wrong_says_so_beside_its_field_and_keeps_what_was_typed(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let long = "ü".repeat(5_000);
    for (query, field, message) in [
        ("from=yesterday&person=ana", "from", "Write the day like 2026-11-23."),
        ("to=2026-02-30&person=ana", "to", "Write the day like 2026-11-23."),
        ("from=2026-11-23&to=2026-11-22&person=ana", "to", "The last day is before the first one. Choose a later one."),
        ("field=password_hash&person=ana", "field", "Choose a field of the list."),
        ("person=a%00na", "person", "Type a part of an email address, like ana@."),
        (&format!("person={long}"), "person", "Type a part of an email address, like ana@."),
    ] {
        let answer = site.get(&format!("{PATH}?{query}")).await;
        assert_eq!((answer.status, summary(answer.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{query}");
        assert_eq!(error_of(answer.text(), field).as_deref(), Some(message), "{query}");
        assert!(changes(&answer).is_empty());
        if field != "field" {
            assert!(is_invalid(answer.text(), field), "{query}");
        }
        let file = site.get(&format!("{PATH}/export.csv?{query}")).await;
        assert_eq!(file.status, StatusCode::SEE_OTHER, "{query}");
        assert!(file.header("location").starts_with("/instances/my-app/history?"), "{query}");
    }
    let kept = site.get(&format!("{PATH}?from=yesterday&to=2026-01-01&person=ana")).await;
    assert_eq!([value(kept.text(), "from"), value(kept.text(), "to"), value(kept.text(), "person")], ["yesterday", "2026-01-01", "ana"]);
    assert!(kept.text().contains("type=\"text\" id=\"from\"") && kept.text().contains("type=\"date\" id=\"to\""));
}

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

#[sqlx::test(migrations = "../migrations")]
async fn a_viewer_sees_and_downloads_an_editor_restores_and_a_stranger_finds_nothing(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let viewer = as_member(&pool, &site, "viewer@myapp.com", Role::Viewer).await;
    let tab = viewer.get(PATH).await;
    assert_eq!((tab.status, changes(&tab).len()), (StatusCode::OK, 5));
    assert!(!text(tab.text()).contains("Restore"), "nothing is offered that a viewer may not do");
    for file in ["export.csv", "export.json"] {
        assert_eq!(viewer.get(&format!("{PATH}/{file}")).await.status, StatusCode::OK, "{file}");
    }
    assert_eq!(viewer.get(&format!("{PATH}/1")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(viewer.post(&format!("{PATH}/1"), &[("version", "3")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stored(&pool).await.1, 3);

    let editor = as_member(&pool, &site, "editor@myapp.com", Role::Editor).await;
    assert_eq!(editor.post(&format!("{PATH}/1"), &[("version", "3")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await, (Fallbacks::default(), 4));

    let stranger = site.signed_in(&pool, account(&pool, "stranger@myapp.com", false).await.admin.unwrap()).await;
    for path in [PATH.to_owned(), format!("{PATH}/1"), format!("{PATH}/export.csv"), format!("{PATH}/export.json")] {
        assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(Site::anonymous(&pool).get(&path).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(stranger.post(&format!("{PATH}/1"), &[("version", "4")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Site::anonymous(&pool).post(&format!("{PATH}/1"), &[("version", "4")]).await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_owners_see_sign_ins_and_addresses_on_the_page_and_in_the_files(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let editor = as_member(&pool, &site, "editor@myapp.com", Role::Editor).await;
    let from = Actor { address: Some([198, 51, 100, 7].into()), ..account(&pool, "editor@myapp.com", false).await };
    note(&pool, &from, Kind::SignInFailed, Entry::default()).await;
    let id = store::find(&pool, "my-app").await.unwrap().unwrap().id;
    note(&pool, &from, Kind::Invited, Entry::of(id).about("ben@myapp.com")).await;
    for page in ["", "/export.csv", "/export.json"] {
        let (owners, editors) = (site.get(&format!("{PATH}{page}")).await, editor.get(&format!("{PATH}{page}")).await);
        for said in ["sign_in_failed", "failed to sign in"].iter().filter(|said| owners.text().contains(**said)) {
            assert!(!editors.text().contains(said), "{page} {said}");
        }
        assert_eq!(owners.text().matches("198.51.100.7").count(), 2, "{page}");
        assert!(!editors.text().contains("198.51.100.7") && editors.text().contains("ben@myapp.com"), "{page}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_servers_history_is_for_server_admins(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let somebody = Actor { admin: None, name: "eve@evil.com".into(), address: None };
    note(&pool, &somebody, Kind::SignInFailed, Entry::default()).await;
    let page = site.get("/history").await;
    assert_eq!((page.status, changes(&page).len()), (StatusCode::OK, 1));
    assert!(changes(&page)[0].starts_with("eve@evil.com failed to sign in"), "{:?}", changes(&page));
    assert_eq!(href(page.text(), "Server history").as_deref(), Some("/history"));
    assert_eq!(site.get("/history/export.json").await.json().as_array().unwrap().len(), 1);
    assert_eq!(site.get("/history?person=nobody").await.status, StatusCode::OK);

    let owner = as_member(&pool, &site, "other@myapp.com", Role::Owner).await;
    for path in ["/history", "/history/export.csv", "/history/export.json"] {
        assert_eq!(owner.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(Site::anonymous(&pool).get(path).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(href(owner.get(PATH).await.text(), "Server history"), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn files_hold_what_fits_the_filter_and_no_cell_is_a_formula(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let id = store::find(&pool, "my-app").await.unwrap().unwrap().id;
    let formula = "=HYPERLINK(\"https://evil.com\")@myapp.com";
    note(&pool, &Actor { name: "+evil@myapp.com".into(), ..owner(&pool).await }, Kind::Invited, Entry::of(id).about(formula)).await;

    let csv = site.get(&format!("{PATH}/export.csv")).await;
    let headers = ["content-type", "content-disposition", "cache-control", "x-history-cut"].map(|name| csv.header(name));
    assert_eq!(headers, ["text/csv; charset=utf-8", "attachment; filename=\"my-app-history.csv\"", "no-store", ""]);
    let lines: Vec<&str> = csv.text().trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], r#""id","at","who","did","kind","instance","version","about","address","before","after""#);
    assert_eq!(lines.len(), 6);
    assert!(lines[1].contains(r#""'+evil@myapp.com","invited =HYPERLINK("#), "{}", lines[1]);
    assert!(lines[1].contains(r#","'=HYPERLINK(""https://evil.com"")@myapp.com","#), "{}", lines[1]);
    let second = r#""owner@myapp.com","changed redirects","redirects","my-app",2,"","","{""after_sign_in_url"":null}","{""after_sign_in_url"":""/first""}""#;
    assert!(lines[3].ends_with(second), "{}", lines[3]);

    let json = site.get(&format!("{PATH}/export.json?field=after_sign_in_url")).await;
    assert_eq!(
        [json.header("content-type"), json.header("content-disposition")],
        ["application/json", "attachment; filename=\"my-app-history.json\""]
    );
    let found = json.json();
    let versions: Vec<_> = found.as_array().unwrap().iter().map(|change| change["version"].as_i64()).collect();
    assert_eq!(versions, [Some(3), Some(2)]);
    assert_eq!(found[1]["after"], serde_json::json!({"after_sign_in_url": "/first"}));
    assert_eq!(
        (&found[0]["who"], &found[0]["kind"], &found[0]["instance"]),
        (&"owner@myapp.com".into(), &"redirects".into(), &"my-app".into())
    );
    assert_eq!(site.get(&format!("{PATH}/export.json?person=nobody")).await.json(), serde_json::json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_long_history_is_sent_whole_and_one_that_is_too_long_says_that_it_is_cut(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let add = async |count: i32| {
        sqlx::query("insert into changes (kind, who, about) select 'sign_in_failed', 'eve', n::text from generate_series(1, $1) n")
            .bind(count)
            .execute(&pool)
            .await
            .unwrap();
    };
    add(2_500).await;
    let json = site.get("/history/export.json").await.json();
    let about: Vec<_> = json.as_array().unwrap().iter().map(|change| change["about"].as_str().unwrap().parse::<i32>().unwrap()).collect();
    assert_eq!(about, (1..=2_500).rev().collect::<Vec<_>>());

    add(97_501).await;
    let csv = site.get("/history/export.csv").await;
    assert_eq!(csv.header("x-history-cut"), "only the newest 100000 changes");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"server-history-newest-100000.csv\"");
    assert_eq!(csv.text().lines().count(), 100_001);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_others_typed_is_text_on_every_page_of_the_history(pool: PgPool) {
    const MARKUP: &str = "</title>\"'><script>alert(1)</script>";
    store_three_versions(&pool).await;
    let id = store::find(&pool, "my-app").await.unwrap().unwrap().id;
    let entry = Entry::of(id).at(4).about(MARKUP).field("after_sign_in_url", MARKUP, "/second").field(MARKUP, MARKUP, vec![MARKUP]);
    note(&pool, &Actor { name: MARKUP.into(), ..owner(&pool).await }, Kind::Copied, entry).await;
    sqlx::query("update instances set version = 4").execute(&pool).await.unwrap();
    let site = Site::new(&pool).await;
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("person", MARKUP).append_pair("from", MARKUP).finish();
    for path in [PATH.to_owned(), format!("{PATH}/3"), format!("{PATH}/4"), format!("{PATH}?{query}"), format!("/history?{query}")] {
        let answer = site.get(&path).await;
        assert!(!answer.text().contains("<script>") && !answer.text().contains("'><"), "{path}: {}", answer.text());
    }
    assert!(text(site.get(PATH).await.text()).contains("alert(1)"));
}
