//! `/instances/{slug}/history` and `/history`: what they show, the filter, and who sees what.

mod files;
mod restore;

use app::{
    admins::Role,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::store,
    redirects::{Environment, Fallbacks, Flow},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, account, fallbacks, member, owner, store_fallbacks, store_my_app},
    html::{error_of, href, is_invalid, rows, summary, text, value},
};

const PATH: &str = "/instances/my-app/history";

/// What is stored now, and at which version.
async fn stored(pool: &PgPool) -> (Fallbacks, i64) {
    let stored = store::find(pool, "my-app").await.unwrap().unwrap();
    (stored.fallbacks, stored.instance.version())
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
        assert!(text(none.text()).contains("No change matches the filter"), "{query}");
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
        ("field=password_hash&person=ana", "field", "Choose a field from the list."),
        ("person=a%00na", "person", "Type part of an email address, like ana@."),
        (&format!("person={long}"), "person", "Type part of an email address, like ana@."),
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
    let somebody = Actor { admin: None, name: "eve@evil.com".into(), address: None, token: None };
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
async fn failed_sign_ins_are_counted_on_the_page_and_in_the_files(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let ana = account(&pool, "ana@myapp.com", false).await;
    sqlx::query(
        "insert into failed_sign_ins (kind, admin_id, who, network, attempts, first_at, last_at) values
        ('sign_in_failed', $1, 'ana@myapp.com', '203.0.113.7', 12, '2026-01-02 03:04Z', '2026-01-02 05:06Z'),
        ('sign_in_failed', null, null, '*', 3456, '2026-01-02 03:04Z', '2026-01-02 05:06Z'),
        ('second_factor_failed', $1, 'ana@myapp.com', 'unknown', 1, '2026-01-02 03:04Z', '2026-01-02 03:04Z')",
    )
    .bind(ana.admin)
    .execute(&pool)
    .await
    .unwrap();
    let expected = [
        "ana@myapp.com: 1 wrong code of the second factor 2026-01-02 03:04 UTC",
        "unknown account: 3,456 failed sign-ins From other addresses. First 2026-01-02 03:04 UTC , last 2026-01-02 05:06 UTC",
        "ana@myapp.com: 12 failed sign-ins From 203.0.113.7. First 2026-01-02 03:04 UTC , last 2026-01-02 05:06 UTC",
    ];
    assert_eq!(changes(&site.get("/history").await), expected);
    assert_eq!(changes(&site.get("/history?from=2026-01-02&to=2026-01-02").await), expected);
    assert_eq!(changes(&site.get("/history?from=2026-01-03").await), [""; 0]);
    let csv = site.get("/history/export.csv?person=unknown").await;
    let line = csv.text().lines().nth(1).unwrap();
    let start = r#","2026-01-02T03:04:00Z","unknown account","3,456 failed sign-ins","sign_in_failed","#;
    assert!(line.contains(start) && line.ends_with(r#""other addresses","{}","{}",3456,"2026-01-02T05:06:00Z","""#), "{line}");
    let json = site.get("/history/export.json?person=ana").await.json();
    assert_eq!((&json[1]["attempts"], &json[1]["last_at"]), (&12.into(), &"2026-01-02T05:06:00Z".into()));
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
