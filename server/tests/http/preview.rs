//! `/instances/{slug}/preview`: where a link would end, before it is sent and before redirects are saved.

use app::redirects::{Environment, Flow};
use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::{
    common::{Answer, FORM, Site, fallback_form, store_fallbacks, store_my_app, with},
    html,
};

const PAGE: &str = "/instances/my-app/preview";
const LINK: &str = "https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com@evil.com&username=nick";

async fn site(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    store_fallbacks(pool, &[(Flow::SignIn, "/welcome")]).await;
    Site::new(pool).await
}

/// The page whose address says all of that.
async fn page(site: &Site, fields: &[(&str, &str)]) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    site.get(&format!("{PAGE}?{query}")).await
}

fn target(answer: &Answer) -> String {
    html::text_of(answer.text(), "target", "code").unwrap()
}

fn steps(answer: &Answer) -> String {
    html::text_of(answer.text(), "steps", "ol").unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_pasted_link_fills_the_form_and_is_followed_step_by_step(pool: PgPool) {
    let site = site(&pool).await;
    let answer = page(&site, &[("link", LINK)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(html::value(answer.text(), "redirect_url"), "https://myapp.com@evil.com");
    assert_eq!(html::value(answer.text(), "username"), "nick");
    assert_eq!(target(&answer), "https://myapp.com/welcome");
    assert_eq!(
        steps(&answer),
        "Forced in the link Not in this link. \
         redirect_url refused https://myapp.com@evil.com \
         It contains a user name, and its real host is evil.com. Remove everything before the @. \
         Fallback in the link Not in this link. \
         Fallback redirect chosen /welcome Means https://myapp.com/welcome It is on myapp.com. Open in Redirects \
         Home URL Not reached."
    );
    let link = html::text_of(answer.text(), "generated-link-url", "code").unwrap();
    assert_eq!(link, "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%40evil.com&username=nick");
}

#[sqlx::test(migrations = "../migrations")]
async fn each_refusal_names_its_fix(pool: PgPool) {
    let site = site(&pool).await;
    for (value, said) in [
        ("https://example.org", "example.org is not on myapp.com. Use a URL on myapp.com, or add this origin under Settings."),
        ("https://app.myapp.com./x", "There is a dot at the end of app.myapp.com. Remove it."),
        ("http://myapp.com", "Production requires https. Change http:// to https://."),
        ("javascript:alert(1)", "Only web addresses can be a target."),
        ("https:evil.com", "Browsers read this URL in different ways."),
        ("///evil.com", "That is not a URL."),
        ("https://accounts.myapp.com/sign-in", "so visitors would go in circles"),
        (&"x".repeat(2049), "That is too long: 2049 bytes. The limit is 2048 bytes."),
    ] {
        let answer = page(&site, &[("flow", "sign-in"), ("redirect_url", value)]).await;
        assert!(steps(&answer).contains(said), "{value}: {}", steps(&answer));
        assert_eq!(target(&answer), "https://myapp.com/welcome");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_leads_to_the_address_that_shows_it(pool: PgPool) {
    let site = site(&pool).await;
    let answer =
        site.post(PAGE, &[("link", ""), ("flow", "sign-up"), ("redirect_url", "/a?b&c"), ("phone_number", "+49"), ("nonsense", "x")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), format!("{PAGE}?flow=sign-up&redirect_url=%2Fa%3Fb%26c&phone_number=%2B49"));
    let shown = site.get(answer.header("location")).await;
    assert_eq!(html::value(shown.text(), "redirect_url"), "/a?b&c");
    assert_eq!(target(&shown), "https://myapp.com/a?b&c");

    let answer = site.post(PAGE, &[("link", LINK), ("flow", "sign-up")]).await;
    let shown = site.get(answer.header("location")).await;
    assert_eq!((html::value(shown.text(), "link").as_str(), html::value(shown.text(), "filled_from").as_str()), (LINK, LINK));
    // What is typed after the link has filled the form wins over it.
    let answer = site.edit(&shown, PAGE, &[("redirect_url", "/typed")]).await;
    assert_eq!(answer.header("location"), format!("{PAGE}?flow=sign-in&redirect_url=%2Ftyped&username=nick"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_link_of_this_portal_is_said_beside_it_and_nothing_is_lost(pool: PgPool) {
    let site = site(&pool).await;
    for (link, said) in [
        ("https://evil.com/sign-in", "It leads to https://evil.com. Links to this portal start with https://accounts.myapp.com/."),
        ("accounts.myapp.com/sign-in", "That is not a complete link. Start with https://accounts.myapp.com/."),
        ("https://accounts.myapp.com/user", "/user is the profile page. It has no redirect of its own"),
        ("https://accounts.myapp.com/unauthorized-sign-in", "/unauthorized-sign-in is the unauthorized sign-in page."),
    ] {
        let fields = [("link", link), ("redirect_url", "/kept"), ("email_address", "a@b"), ("after_sign_in_url", "/unsaved")];
        let answer = site.post(PAGE, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{link}");
        assert!(html::text_of(answer.text(), "link-note", "div").unwrap().starts_with(said), "{link}");
        assert!(html::is_invalid(answer.text(), "link"));
        for (name, value) in fields {
            assert_eq!(html::value(answer.text(), name), value);
        }
        // Of a link that can't be read there is no result, and nothing to copy or to scan.
        assert!(html::text_of(answer.text(), "outcome", "div").unwrap().starts_with("No result"), "{link}");
        for id in ["target", "target-unsaved", "generated-link-url"] {
            assert_eq!(html::text_of(answer.text(), id, "code"), None, "{link}: {id}");
        }
        assert!(!answer.text().contains("class=\"qr\""), "{link}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mistake_in_a_link_is_named_with_the_corrected_link(pool: PgPool) {
    let site = site(&pool).await;
    let note = async |link: &str| html::text_of(page(&site, &[("link", link)]).await.text(), "link-note", "div").unwrap();
    let said = note("https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com/?a=1&b=2&utm_source=mail").await;
    assert_eq!(
        said,
        "b is cut off from redirect_url. Write an & inside a URL as %26. Ignored: utm_source. Corrected link: \
         https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D2&utm_source=mail Copy the corrected link"
    );
    let said = note("accounts.myapp.com/sign-in").await;
    assert!(said.ends_with("Corrected link: https://accounts.myapp.com/sign-in Copy the corrected link"), "{said}");
    let wrapped = "https://slack-redir.net/link?url=https%3A%2F%2Faccounts.myapp.com%2Fsign-up%3Fredirect_url%3D%252Fa";
    let answer = page(&site, &[("link", wrapped)]).await;
    assert_eq!(target(&answer), "https://myapp.com/a");
    assert!(html::text_of(answer.text(), "link-note", "div").unwrap().starts_with("Wrapped by Slack."));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_as_clerks_components_write_it_is_read_from_its_fragment(pool: PgPool) {
    let site = site(&pool).await;
    let answer = page(&site, &[("link", "https://accounts.myapp.com/sign-up/tasks#/?redirect_url=https%3A%2F%2Fmyapp.com%2Fx")]).await;
    assert_eq!(target(&answer), "https://myapp.com/x");
    assert_eq!(html::value(answer.text(), "redirect_url"), "https://myapp.com/x");
    let answer = page(&site, &[("link", "https://accounts.myapp.com/?redirect_url=/app#/orders")]).await;
    assert_eq!(target(&answer), "https://myapp.com/app");
    let said = html::text_of(answer.text(), "link-note", "div").unwrap();
    assert!(said.contains("#/orders is cut off from redirect_url.") && said.contains("redirect_url=%2Fapp%23%2Forders"), "{said}");
}

#[sqlx::test(migrations = "../migrations")]
async fn unsaved_values_of_the_redirects_tab_are_compared_and_lead_back_to_it(pool: PgPool) {
    let site = site(&pool).await;
    let form = with(with(fallback_form("2"), "after_sign_in_url", " /new "), "after_sign_out_url", "dashboard");
    let answer = site.post(PAGE, &form).await;
    assert_eq!(answer.header("location"), format!("{PAGE}?flow=sign-in&after_sign_in_url=%2Fnew&after_sign_out_url=dashboard"));
    let shown = site.get(answer.header("location")).await;
    assert_eq!(target(&shown), "https://myapp.com/welcome");
    assert_eq!(html::text_of(shown.text(), "target-unsaved", "code").unwrap(), "https://myapp.com/new");
    assert!(html::text(shown.text()).contains("After sign-out: dashboard can't be saved. A path of your application begins with a slash."));

    let back = site.get("/instances/my-app/redirects?after_sign_in_url=%2Fnew&after_sign_out_url=").await;
    assert_eq!(html::value(back.text(), "after_sign_in_url"), "/new");
    let saved = site.edit(&back, "/instances/my-app/redirects", &[]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    // What is stored now is no longer compared.
    assert_eq!(html::text_of(site.get(answer.header("location")).await.text(), "target", "code").unwrap(), "https://myapp.com/new");
    let plain = page(&site, &[("after_sign_in_url", "/new")]).await;
    assert_eq!(html::text_of(plain.text(), "target-unsaved", "code"), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn prefill_that_will_not_work_is_said_beside_its_field(pool: PgPool) {
    let site = site(&pool).await;
    let link = "https://accounts.myapp.com/sign-in?phone_number=+49&email_address=nick&first_name=N&username=ok";
    let answer = page(&site, &[("link", link), ("requesting_page", "https://evil.com/x")]).await;
    let note = |name: &str| html::text_of(answer.text(), &format!("{name}-note"), "div").unwrap();
    assert!(note("phone_number").contains("%2B"));
    assert!(note("email_address").contains("needs an @"));
    assert!(note("first_name").contains("Only the sign-up page"));
    assert!(note("requesting_page").contains("In production it does not count"));
    assert_eq!(note("username"), "");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_requesting_page_counts_in_development_only(pool: PgPool) {
    store_my_app(&pool, Environment::Development).await;
    let site = Site::new(&pool).await;
    let page = page(&site, &[("redirect_url", "http://localhost:5173/x"), ("requesting_page", "http://localhost:5173/any?page")]).await;
    assert_eq!(target(&page), "http://localhost:5173/x");
    sqlx::query("update instances set environment = 'production'").execute(&pool).await.unwrap();
    let page = site.get(&format!("{PAGE}?redirect_url=https://evil.com/x&requesting_page=https://evil.com")).await;
    assert_eq!(target(&page), "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn html_in_a_value_is_shown_as_it_is(pool: PgPool) {
    let site = site(&pool).await;
    let evil = "\"><script>alert(1)</script>";
    let names = ["link", "redirect_url", "requesting_page", "username", "sign_in_force_redirect_url", "after_sign_in_url"];
    let answer = site.post(PAGE, &names.map(|name| (name, evil))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for name in names {
        assert_eq!(html::value(answer.text(), name), evil);
    }
    assert!(!answer.text().contains("<script>alert"));
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(names.map(|name| (name, evil))).finish();
    let parts =
        site.post_body("/api/preview", &[("content-type", "application/json")], json!({"slug": "my-app", "form": form}).to_string()).await;
    assert_eq!(parts.status, StatusCode::OK);
    assert!(!parts.text().contains("<script>alert"));
}

#[sqlx::test(migrations = "../migrations")]
async fn as_one_types_the_parts_are_those_of_the_page(pool: PgPool) {
    let site = site(&pool).await;
    let body = json!({"slug": "my-app", "form": "flow=sign-up&redirect_url=%2Fa%00b&after_sign_up_url=%2Fup"});
    let answer = site.post_body("/api/preview", &[("content-type", "application/json")], body.to_string()).await;
    let text = answer.json().as_str().unwrap().to_owned();
    let mut parts = text.split('\0');
    assert_eq!(parts.next(), Some("/instances/my-app/preview?flow=sign-up&redirect_url=%2Fa%00b&after_sign_up_url=%2Fup"));
    let parts: Vec<&str> = parts.collect();
    assert_eq!(parts.len() % 2, 0);
    let page = site.get("/instances/my-app/preview?flow=sign-up&redirect_url=%2Fa%00b&after_sign_up_url=%2Fup").await;
    for part in parts.chunks(2) {
        let [id, html] = part else { panic!("{part:?}") };
        let (id, attribute) = id.split_once('@').unwrap_or((id, ""));
        assert_eq!(page.text().matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        if !attribute.is_empty() {
            assert!(page.text().contains(&format!(" {attribute}=\"{html}\"")), "{id}: {attribute}");
            continue;
        }
        let inside = html::text(html);
        assert!(html::text(page.text()).contains(&inside), "{id}: {inside}");
    }
    let missing = json!({"slug": "none", "form": ""});
    let answer = site.post_body("/api/preview", &[("content-type", "application/json")], missing.to_string()).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::NOT_FOUND, json!("not_found")));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_does_not_fit_into_an_address_is_shown_without_one(pool: PgPool) {
    let site = site(&pool).await;
    let long = "ü".repeat(20_000);
    let answer = site.post(PAGE, &[("redirect_url", &long), ("username", "nick")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(html::value(answer.text(), "redirect_url"), long);
    assert!(steps(&answer).contains("That is too long: 40000 bytes"));
    assert!(html::text(answer.text()).contains("The link is too long for a QR code."));
    assert!(html::text(answer.text()).contains("and the portal reads 16384."));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_megabyte_is_answered_beside_its_field_and_two_are_too_much(pool: PgPool) {
    let site = site(&pool).await;
    let megabyte = "x".repeat(1_000_000);
    let answer = site.post(PAGE, &[("link", &megabyte), ("redirect_url", "/kept")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html::text_of(answer.text(), "link-note", "div").unwrap().starts_with("That is too long: 1000000 bytes"));
    assert_eq!((html::value(answer.text(), "link"), html::value(answer.text(), "redirect_url")), (megabyte.clone(), "/kept".to_owned()));
    let answer = site.post(PAGE, &[("redirect_url", &megabyte)]).await;
    assert!(steps(&answer).contains("That is too long: 1000000 bytes"));
    let answer = site.post(PAGE, &[("redirect_url", &megabyte.repeat(3))]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(html::text(answer.text()).contains("That is too much for one form."));
}

#[sqlx::test(migrations = "../migrations")]
async fn values_come_back_to_the_redirects_tab_to_the_letter(pool: PgPool) {
    let site = site(&pool).await;
    let value = "/x?next=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b&c=1+2%25";
    let answer = page(&site, &[("after_sign_in_url", value)]).await;
    let back = html::href(answer.text(), "Back to these values, to save them").unwrap();
    let back = site.get(&back).await;
    assert_eq!(html::value(back.text(), "after_sign_in_url"), value);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_form_or_comes_from_elsewhere_is_refused(pool: PgPool) {
    let site = site(&pool).await;
    let post = |headers: &[(&'static str, &'static str)], body: &'static [u8]| {
        let (site, headers) = (site.clone(), headers.to_vec());
        async move { site.post_body(PAGE, &headers, body).await.status }
    };
    assert_eq!(post(&[("content-type", FORM)], b"redirect_url=%ff").await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[("content-type", FORM)], b"redirect_url=\xff").await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[("content-type", "text/plain")], b"redirect_url=/").await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[("content-type", FORM), ("sec-fetch-site", "cross-site")], b"").await, StatusCode::FORBIDDEN);
    assert_eq!(site.get("/instances/none/preview").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post("/instances/none/preview", &[("link", "x")]).await.status, StatusCode::NOT_FOUND);
    // Odd queries are read as far as they go.
    for query in ["%ff=%00&redirect_url=%ff", "&&&=&flow", "redirect_url=%ZZ", &["redirect_url=/x"; 10].join("&")] {
        assert_eq!(site.get(&format!("{PAGE}?{query}")).await.status, StatusCode::OK, "{query}");
    }
}
