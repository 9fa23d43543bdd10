//! The Activity tab: what it shows to whom, and what its forms do.

use std::sync::atomic::{AtomicI64, Ordering};

use app::{
    admins::Role,
    fixtures::{counted, find, member},
    insight::store::{Count, add},
    redirects::{Environment, Flow},
};
use axum::http::StatusCode;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    common::{Site, store_my_app},
    html::{href, rows, text},
};

const PATH: &str = "/instances/my-app/activity";
const PARTNER: &str = "https://partner.example.org";

/// Stores visits of `my-app` made just now.
async fn store(pool: &PgPool, visits: &[(Flow, &str, u64)]) {
    let stored = find(pool, "my-app").await;
    let counts: Vec<Count> =
        visits.iter().map(|(flow, query, visits)| counted(&stored, *flow, query, *visits, OffsetDateTime::now_utc())).collect();
    store_counts(pool, &counts).await;
}

async fn store_counts(pool: &PgPool, counts: &[Count]) {
    static BATCH: AtomicI64 = AtomicI64::new(1);
    add(pool, Uuid::nil(), BATCH.fetch_add(1, Ordering::Relaxed), counts).await.unwrap();
}

async fn site(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    Site::new(pool).await
}

/// The rows of refused redirects, as text.
fn refused(html: &str) -> Vec<Vec<String>> {
    html.split_once("class=\"refused\"").map(|(_, rest)| rows(rest)).unwrap_or_default()
}

/// The first cell of each row of refused redirects.
fn names(html: &str) -> Vec<String> {
    refused(html).into_iter().filter_map(|row| row.into_iter().next()).collect()
}

/// The fields of the form that undoes what the page tells of.
fn undo(html: &str) -> Vec<(String, String)> {
    let form = html.split_once("class=\"undo\"").unwrap().1.split_once("</form>").unwrap().0;
    let hidden = crate::html::form(&format!("<form>{form}</form>"));
    let (_, button) = form.split_once("<button").unwrap();
    let value = |name: &str| button.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0.to_owned();
    hidden.into_iter().chain([(value("name"), value(" value"))]).collect()
}

async fn post(site: &Site, path: &str, fields: &[(String, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = site.post(path, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
    answer.header("location").to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_instance_says_how_to_send_the_first_visit(pool: PgPool) {
    let site = site(&pool).await;
    let page = site.get(PATH).await;
    let shown = text(page.text());
    assert!(shown.contains("Send the first visit") && shown.contains("Waiting. It shows here within 10 seconds."), "{shown}");
    assert!(shown.contains("curl \"https://accounts.myapp.com/v1/resolve?flow=sign-in\""), "{shown}");
    assert!(shown.contains("Kept for 90 days") && !page.text().contains("class=\"refused\""));
    store(&pool, &[(Flow::SignIn, "", 1)]).await;
    let page = site.get(PATH).await;
    assert!(!page.text().contains("class=\"waiting\"") && text(page.text()).contains("All visits 1"));
    // What was counted earlier is not the first visit.
    sqlx::query("update visits set starts_at = starts_at - interval '10 days'").execute(&pool).await.unwrap();
    assert!(text(site.get(PATH).await.text()).contains("No visits in this range"));
    assert!(text(site.get(&format!("{PATH}?range=30d")).await.text()).contains("All visits 1"));
}

#[sqlx::test(migrations = "../migrations")]
async fn figures_chart_table_and_flows_agree(pool: PgPool) {
    let site = site(&pool).await;
    app::fixtures::save_fallbacks(&pool, &app::fixtures::owner(&pool).await, "my-app", &[(Flow::SignIn, "/in")]).await;
    store(
        &pool,
        &[
            (Flow::SignIn, "redirect_url=/a", 1200),
            (Flow::SignIn, "", 300),
            (Flow::SignUp, "sign_up_force_redirect_url=/b", 40),
            (Flow::SignUp, "sign_up_fallback_redirect_url=/c", 8),
            (Flow::Logo, "", 2),
        ],
    )
    .await;
    for (range, hours_or_days) in [("24h", 24), ("7d", 7), ("30d", 30)] {
        let page = site.get(&format!("{PATH}?range={range}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let shown = text(page.text());
        let figures =
            "All visits 1,550 redirect_url 1,240 80.0% 40 forced Stored fallback 300 19.4% Fallback in the link 8 0.5% Home URL 2 0.1%";
        assert!(shown.contains(figures), "{shown}");
        let table = page.text().split_once("class=\"as-table\"").unwrap().1;
        let rows = rows(table);
        assert_eq!(rows.len(), hours_or_days);
        assert_eq!(rows[0][1..], ["1,550", "1,240", "300", "8", "2"].map(str::to_owned));
        assert!(shown.contains("Sign-in 1,500 redirect_url 80.0%, Stored fallback 20.0%"), "{shown}");
        let history = href(page.text(), "History").unwrap();
        assert_eq!(history, "/instances/my-app/history");
        assert!(shown.contains("Versions 1 to 2 saved"), "{shown}");
        let ranges = page.text().split_once("class=\"segments\"").unwrap().1.split_once("</nav>").unwrap().0;
        let label = [("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")].into_iter().find(|(name, _)| *name == range).unwrap().1;
        assert!(ranges.contains(&format!("aria-current=\"true\">{label}</a>")), "{ranges}");
        assert!(!page.text().contains("style=\"") && !page.text().contains("<svg class=\"chart\" viewBox"));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_row_says_what_where_when_and_what_decided_instead(pool: PgPool) {
    let site = site(&pool).await;
    store(
        &pool,
        &[
            (Flow::SignIn, "redirect_url=https://partner.example.org/secret", 274),
            (Flow::SignUp, "redirect_url=https://partner.example.org/", 38),
            (Flow::SignIn, "redirect_url=http://app.myapp.com/", 9),
            (Flow::SignIn, "redirect_url=https://nick@evil.com/", 8),
            (Flow::SignIn, "redirect_url=https://m%D0%B0app.com/", 7),
            (Flow::SignIn, "redirect_url=javascript:alert(1)", 6),
            (Flow::SignIn, "redirect_url=https://[", 5),
            (Flow::SignIn, &format!("redirect_url=https://{}/", vec!["a".repeat(49); 5].join(".") + ".de"), 4),
        ],
    )
    .await;
    let stored = find(&pool, "my-app").await;
    let others = Count { visit: None, ..counted(&stored, Flow::SignIn, "redirect_url=https://x.com/", 3, OffsetDateTime::now_utc()) };
    store_counts(&pool, &[others]).await;
    let page = site.get(PATH).await;
    assert!(!page.text().contains("secret") && !page.text().contains("nick@"));
    let rows = refused(page.text());
    assert_eq!(rows[0][0], "https://partner.example.org Not on myapp.com, and not an allowed origin.");
    assert_eq!(rows[0][1..3], ["312".to_owned(), "Sign-in 274 Sign-up 38".to_owned()]);
    assert!(rows[0][4] == "Home URL" && rows[0][5].starts_with("Allow… https://partner.example.org (not allowed)"), "{:?}", rows[0]);
    let names = names(page.text());
    assert_eq!(names[1], "http://app.myapp.com Production requires https.");
    assert_eq!(names[2], "https://…@evil.com A user name before the @ hides the real host.");
    assert!(page.text().contains("<mark>…@"), "what hides the host is marked");
    assert!(names[3].starts_with("https://xn--"), "{}", names[3]);
    assert!(names[3].contains("CYRILLIC SMALL LETTER A") && names[3].contains("Its name resembles myapp.com."), "{}", names[3]);
    assert_eq!(names[4], "javascript: Only web addresses can be a target.");
    assert_eq!(names[5], "Not a URL No browser can read the value. It is not kept.");
    assert!(names[6].len() > 250, "{}", names[6]);
    assert!(names[7].starts_with("Others: not allowed"), "{}", names[7]);
    // Allowing helps only against a foreign origin, and nothing can be done about the others.
    assert_eq!(page.text().matches(">Allow…<").count(), 3);
    assert_eq!(page.text().matches(">Dismiss<").count(), 7);
    let preview = href(page.text(), "Preview<span class=\"unseen\"> https://partner.example.org (not allowed)</span>").unwrap();
    assert_eq!(preview, "/instances/my-app/preview?flow=sign-in&redirect_url=https%3A%2F%2Fpartner.example.org%2F");
}

#[sqlx::test(migrations = "../migrations")]
async fn allowing_says_first_what_it_changes_and_can_be_undone(pool: PgPool) {
    let site = site(&pool).await;
    store(
        &pool,
        &[
            (Flow::SignIn, "redirect_url=https://partner.example.org/", 60),
            // It would not be the target anyway.
            (Flow::SignIn, "redirect_url=https://partner.example.org/&sign_in_force_redirect_url=/in", 7),
        ],
    )
    .await;
    let open = format!("{PATH}?allow=foreign+https%3A%2F%2Fpartner.example.org");
    let page = site.get(&open).await;
    let offer = text(page.text().split_once("id=\"allow\"").unwrap().1.split_once("</form>").unwrap().0);
    for said in [
        "Every link to your portal may then lead people to any page of https://partner.example.org",
        "60 visits in the last 7 days would have ended elsewhere.",
        "Anyone can cause such counts by sending links",
    ] {
        assert!(offer.contains(said), "{offer}");
    }
    let page = post(
        &site,
        &format!("{PATH}/allow"),
        &[("origin".into(), PARTNER.into()), ("view".into(), "range=24h".into()), ("change".into(), "allow".into())],
    )
    .await;
    assert_eq!(page, format!("{PATH}?range=24h&done=allowed&about=https%3A%2F%2Fpartner.example.org"));
    assert_eq!(find(&pool, "my-app").await.settings.allowed_origins, [PARTNER]);
    let shown = site.get(&page).await;
    assert!(text(shown.text()).contains("https://partner.example.org is an allowed origin. Links follow it from now on. Undo"));
    assert!(text(shown.text()).contains("It is allowed by now.") && !shown.text().contains(">Allow…<"));
    let resolved = Site::anonymous(&pool).get("/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https://partner.example.org/x").await;
    assert_eq!(resolved.json()["target"], "https://partner.example.org/x");
    let page = post(&site, &format!("{PATH}/allow"), &undo(shown.text())).await;
    assert!(find(&pool, "my-app").await.settings.allowed_origins.is_empty());
    assert!(text(site.get(&page).await.text()).contains("is not an allowed origin any more. Undo"));
    let history = text(site.get("/instances/my-app/history").await.text());
    assert_eq!(history.matches("60 of 67 visits a week end elsewhere").count(), 2, "{history}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_can_t_be_allowed_is_neither_offered_nor_stored(pool: PgPool) {
    let site = site(&pool).await;
    store(&pool, &[(Flow::SignIn, "redirect_url=http://app.myapp.com/", 1)]).await;
    for asked in ["insecure+http://app.myapp.com", "foreign+https://never-seen.com", "x", ""] {
        assert!(!site.get(&format!("{PATH}?allow={asked}")).await.text().contains("id=\"allow\""), "{asked}");
    }
    for origin in ["https://*.example.org", "https://app.myapp.com", "javascript:alert(1)", ""] {
        let answer = site.post(&format!("{PATH}/allow"), &[("origin", origin), ("change", "allow")]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{origin}");
    }
    for refused in ["", "x", "foreign https://a b", "foreign \u{0}"] {
        let answer = site.post(&format!("{PATH}/dismiss"), &[("refused", refused), ("change", "dismiss")]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{refused:?}");
    }
    assert_eq!(find(&pool, "my-app").await.instance.version(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dismissed_one_is_hidden_recorded_and_shown_again(pool: PgPool) {
    let site = site(&pool).await;
    store(&pool, &[(Flow::SignIn, "redirect_url=https://evil.com/", 3), (Flow::SignIn, "redirect_url=https://[", 2)]).await;
    let fields =
        |change: &str| vec![("refused".to_owned(), "foreign https://evil.com".to_owned()), ("change".to_owned(), change.to_owned())];
    let page = post(&site, &format!("{PATH}/dismiss"), &fields("dismiss")).await;
    let page = site.get(&page).await;
    assert!(text(page.text()).contains("https://evil.com (not allowed) is dismissed. Undo"));
    assert_eq!(names(page.text()).len(), 1);
    let dismissed = site.get(href(page.text(), "Show 1 dismissed").unwrap().split('#').next().unwrap()).await;
    assert!(names(dismissed.text())[0].starts_with("https://evil.com") && dismissed.text().contains(">Show again<"));
    let history = text(site.get("/instances/my-app/history").await.text());
    assert!(history.contains("dismissed https://evil.com (not allowed) from Activity"), "{history}");
    post(&site, &format!("{PATH}/dismiss"), &undo(page.text())).await;
    assert_eq!(names(site.get(PATH).await.text()).len(), 2);
    assert!(text(site.get("/instances/my-app/history").await.text()).contains("showed https://evil.com (not allowed) in Activity again"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_viewer_sees_everything_and_changes_nothing(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let site = Site::anonymous(&pool).signed_in(&pool, viewer.admin.unwrap()).await;
    store(&pool, &[(Flow::SignIn, "redirect_url=https://partner.example.org/", 60)]).await;
    let page = site.get(&format!("{PATH}?allow=foreign+https%3A%2F%2Fpartner.example.org")).await;
    assert_eq!(names(page.text()), ["https://partner.example.org Not on myapp.com, and not an allowed origin."]);
    assert!(!page.text().contains("method=\"post\"") && !page.text().contains("Allow…") && page.text().contains(">Preview<"));
    assert_eq!(site.get(&format!("{PATH}/refused.csv")).await.status, StatusCode::OK);
    for (form, fields) in [
        ("allow", &[("origin", PARTNER), ("change", "allow")][..]),
        ("dismiss", &[("refused", "not_a_url"), ("change", "dismiss")]),
        ("counting", &[("visits", "off")]),
    ] {
        assert_eq!(site.post(&format!("{PATH}/{form}"), fields).await.status, StatusCode::FORBIDDEN, "{form}");
    }
    let stored = find(&pool, "my-app").await;
    assert_eq!((stored.instance.version(), stored.visits_counted), (1, true));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_stops_and_starts_the_counting(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let site = Site::anonymous(&pool).signed_in(&pool, editor.admin.unwrap()).await;
    let page = post(&site, &format!("{PATH}/counting"), &[("visits".into(), "off".into())]).await;
    let page = site.get(&page).await;
    let shown = text(page.text());
    assert!(
        shown.contains("Visits of this instance are not counted any more. Undo") && shown.contains("Visits are not counted"),
        "{shown}"
    );
    assert!(!find(&pool, "my-app").await.visits_counted);
    post(&site, &format!("{PATH}/counting"), &undo(page.text())).await;
    assert!(find(&pool, "my-app").await.visits_counted);
    assert!(text(site.get("/instances/my-app/history").await.text()).contains("turned the counting of visits off"));
}

#[sqlx::test(migrations = "../migrations")]
async fn many_refused_redirects_come_in_pages_and_in_one_file(pool: PgPool) {
    let site = site(&pool).await;
    let stored = find(&pool, "my-app").await;
    for hour in 0..3 {
        let at = OffsetDateTime::now_utc() - Duration::hours(hour);
        let counts: Vec<_> =
            (0..180).map(|n| counted(&stored, Flow::SignIn, &format!("redirect_url=https://n{n}.h{hour}.evil.com/"), 1, at)).collect();
        store_counts(&pool, &counts).await;
    }
    let page = site.get(&format!("{PATH}?q=evil")).await;
    assert!(text(page.text()).contains("1 to 25 of 540 Next"), "{}", text(page.text()));
    let next = href(page.text(), "Next").unwrap();
    let second = site.get(next.split('#').next().unwrap()).await;
    assert!(text(second.text()).contains("26 to 50 of 540 Previous Next"));
    assert_ne!(names(page.text()), names(second.text()));
    assert!(text(site.get(&format!("{PATH}?page=99")).await.text()).contains("Nothing on this page"));
    let file = site.get(&format!("{PATH}/refused.csv?q=h1.evil&page=3")).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert!(file.header("content-disposition").contains("my-app-refused-7d.csv"));
    assert_eq!(file.text().lines().count(), 181, "every one that matches, on whatever page");
    assert!(text(site.get(&format!("{PATH}?q=nothing-like-it")).await.text()).contains("Nothing matches the filter"));
}
