//! The pages of API tokens and their posts: who sees what, who may do what, and that a token is shown once.

use app::{
    admins::Role,
    api_tokens::{
        Secret,
        form::ApiTokenForm,
        store::{self, FoundToken, Place, Validity},
    },
    history::Actor,
    redirects::{Environment, Flow},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, Fields, OWNER, Site, account, fallbacks, member, other_app, owner, store_instance, store_my_app, with},
    html::{choices, error_of, is_invalid, summary, text, text_of, value, values},
};

const TOKENS: &str = "/instances/my-app/api-tokens";
const SERVER: &str = "/api-tokens";
const PATTERN: &str = "my-app-*-my-team.vercel.app";

fn form<'a>() -> Fields<'a> {
    vec![("name", "CI"), ("scope", "redirects"), ("host_pattern", ""), ("days", "90")]
}

async fn signed_in(pool: &PgPool, who: &Actor) -> Site {
    Site::anonymous(pool).signed_in(pool, who.admin.unwrap()).await
}

/// The page after a token was issued, as the browser that asked for it follows the redirect, and the token.
async fn issued(site: &Site, page: &str, form: &Fields<'_>) -> (Answer, Secret) {
    let answer = site.post(page, form).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, &*format!("{page}?issued")), "{}", text(answer.text()));
    assert!(!answer.text().contains("prt_") && !answer.header("location").contains("prt_"));
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("portal-redirects-new-api-token=prt_"), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=120"), "{cookie}");
    let browser = site.with_cookie(format!("{}; {}", site.cookie(), cookie.split(';').next().unwrap()));
    let answer = browser.get(&format!("{page}?issued")).await;
    let secret = Secret::parse(&text_of(answer.text(), "api-token", "code").unwrap()).unwrap();
    (answer, secret)
}

async fn found(pool: &PgPool, secret: &Secret) -> FoundToken {
    store::find(pool, secret, Some([192, 0, 2, 7].into())).await.unwrap().unwrap()
}

/// The names of the tokens that still count.
async fn live(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select name from api_tokens where revoked_at is null order by id").fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_shown_once_and_never_again(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    assert!(text(site.get(TOKENS).await.text()).contains("No tokens yet"));
    let (page, secret) = issued(&site, TOKENS, &form()).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    let mut cookies = page.headers.get_all("set-cookie").iter();
    assert!(cookies.any(|cookie| cookie.as_bytes().starts_with(b"portal-redirects-new-api-token=;")), "it is shown once");
    let said = text(page.text());
    assert!(said.contains("Copy CI now. It is not shown again") && said.contains("PORTAL_REDIRECTS_TOKEN"), "{said}");
    let call = text_of(page.text(), "api-token-use", "code").unwrap();
    assert!(call.ends_with("http://127.0.0.1:3000/management/v1/instances/my-app") && !call.contains("prt_"), "{call}");
    assert_eq!(found(&pool, &secret).await.instance.as_deref(), Some("my-app"));
    let again = site.get(TOKENS).await;
    assert!(!again.text().contains("prt_"));
    let said = text(again.text());
    assert!(said.contains("CI redirects Ends ") && said.contains(&format!("by {OWNER} (you)")) && said.contains("· last used "), "{said}");
    assert!(said.contains("from 192.0.2.7"), "{said}");
    let rows: Vec<String> =
        sqlx::query_scalar("select row_to_json(t)::text from api_tokens t union all select row_to_json(c)::text from changes c")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert!(rows.iter().all(|row| !row.contains("prt_")), "it is stored nowhere");
}

#[sqlx::test(migrations = "../migrations")]
async fn another_page_or_somebody_else_does_not_show_a_new_token(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_instance(&pool, &other_app("other-app")).await;
    let ben = member(&pool, "ben@myapp.com", "my-app", Role::Owner).await;
    let (site, bens) = (Site::new(&pool).await, signed_in(&pool, &ben).await);
    let (_, secret) = issued(&site, TOKENS, &form()).await;
    let cookie = format!("portal-redirects-new-api-token={}", secret.text());
    for (site, page) in [
        (&bens, TOKENS),
        (&site, "/instances/other-app/api-tokens"),
        (&site, SERVER),
        (&site, "/instances/my-app/members"),
        (&site, "/instances"),
    ] {
        let page = site.with_cookie(format!("{}; {cookie}", site.cookie())).get(page).await;
        assert!(page.status == StatusCode::OK && !page.text().contains("prt_"));
    }
    for wrong in ["", "x", "prt_", &secret.text().replace("prt_", "prt-")] {
        let cookie = format!("{}; portal-redirects-new-api-token={wrong}", site.cookie());
        assert!(!site.with_cookie(cookie).get(TOKENS).await.text().contains("id=\"api-token\""));
    }
    let id = found(&pool, &secret).await.id;
    store::revoke(&pool, &ben, Place::Instance("my-app"), id).await.unwrap();
    let revoked = site.with_cookie(format!("{}; {cookie}", site.cookie())).get(TOKENS).await;
    assert!(!revoked.text().contains("prt_"), "one that was revoked in between is not shown");
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_see_and_revoke_all_and_others_their_own(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let (site, editors, viewers) = (Site::new(&pool).await, signed_in(&pool, &editor).await, signed_in(&pool, &viewer).await);
    let (_, owners) = issued(&site, TOKENS, &with(form(), "name", "of the owner")).await;
    let (_, hers) = issued(&site, TOKENS, &with(form(), "name", "of the viewer")).await;
    let (owners, hers) = (found(&pool, &owners).await.id.to_string(), found(&pool, &hers).await.id.to_string());
    // She was an owner when she made it.
    sqlx::query("update api_tokens set maker_id = $1 where name = 'of the viewer'").bind(viewer.admin).execute(&pool).await.unwrap();
    let all = site.get(TOKENS).await;
    assert_eq!(values(all.text(), "token"), [hers.clone(), owners.clone()]);
    assert!(all.text().contains("Issue token"));
    let own = viewers.get(TOKENS).await;
    assert_eq!((values(own.text(), "token"), own.text().contains("Issue token")), (vec![hers.clone()], false));
    assert!(!own.text().contains("of the owner") && text(own.text()).contains("Owners of this instance issue tokens"));
    assert!(text(editors.get(TOKENS).await.text()).contains("You have no tokens here"));
    for other in [&editors, &viewers] {
        assert_eq!(other.post(TOKENS, &form()).await.status, StatusCode::FORBIDDEN);
        assert_eq!(other.post(&format!("{TOKENS}/revoke"), &[("token", &owners)]).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(live(&pool).await, ["of the owner", "of the viewer"]);
    let revoked = viewers.post(&format!("{TOKENS}/revoke"), &[("token", &hers)]).await;
    assert_eq!((revoked.status, revoked.header("location")), (StatusCode::SEE_OTHER, &*format!("{TOKENS}?revoked")));
    assert!(text(viewers.get(&format!("{TOKENS}?revoked")).await.text()).contains("The token is revoked."));
    assert_eq!(site.post(&format!("{TOKENS}/revoke"), &[("token", &owners)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(live(&pool).await, Vec::<String>::new());
    let history = text(site.get("/instances/my-app/history").await.text());
    assert!(history.contains("viewer@myapp.com revoked the API token of the viewer"), "{history}");
    assert!(history.contains(&format!("{OWNER} issued the API token of the owner")), "{history}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_that_is_wrong_comes_back_as_typed_with_what_is_wrong(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let long = "x".repeat(10_000);
    for page in [TOKENS, SERVER] {
        for (field, typed) in [
            ("name", ""),
            ("name", "\"><script>alert\u{200b}(1)</script>"),
            ("name", &long),
            ("days", "366"),
            ("days", "90 days"),
            ("host_pattern", "*.vercel.app"),
        ] {
            let answer = site.post(page, &with(with(form(), "scope", "preview-origins"), "host_pattern", PATTERN)).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            sqlx::query("delete from api_tokens").execute(&pool).await.unwrap();
            let typed_form = with(with(with(form(), "scope", "preview-origins"), "host_pattern", PATTERN), field, typed);
            let answer = site.post(page, &typed_form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {typed}");
            assert!(error_of(answer.text(), field).is_some() && is_invalid(answer.text(), field), "{field} {typed}");
            assert_eq!(summary(answer.text()), [field]);
            for (name, typed) in typed_form {
                assert_eq!(value(answer.text(), name), typed, "{name}");
            }
            assert!(!answer.text().contains("<script>alert"));
        }
        let wrong = site.post(page, &[("name", ""), ("scope", "admin"), ("host_pattern", ""), ("days", "")]).await;
        assert_eq!(summary(wrong.text()), ["name", "scope", "days"]);
        assert!(choices(wrong.text(), "scope").iter().all(|choice| !choice.checked));
        let hosts = site.post(page, &with(form(), "host_pattern", PATTERN)).await;
        assert_eq!(summary(hosts.text()), ["host_pattern"]);
        for broken in [[form(), vec![("slug", "other")]].concat(), [form(), vec![("days", "1")]].concat()] {
            assert_eq!(site.post(page, &broken).await.status, StatusCode::BAD_REQUEST, "{broken:?}");
        }
    }
    assert_eq!(live(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_hundred_and_first_token_is_refused_and_a_hundred_are_listed(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for number in 0..100 {
        let token = ApiTokenForm { name: format!("{number} {}", "x".repeat(90)), ..ApiTokenForm::default() }.check().unwrap();
        store::issue(&pool, &owner(&pool).await, Place::Instance("my-app"), &token).await.unwrap();
    }
    let full = site.post(TOKENS, &form()).await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(error_of(full.text(), "name").unwrap(), "There are 100 tokens already. Revoke one that is not used any more.");
    assert_eq!((value(full.text(), "name").as_str(), values(full.text(), "token").len()), ("CI", 100));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_another_instances_or_the_servers_is_not_found(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_instance(&pool, &other_app("other-app")).await;
    let site = Site::new(&pool).await;
    let (_, others) = issued(&site, "/instances/other-app/api-tokens", &with(form(), "name", "other")).await;
    let (_, servers) = issued(&site, SERVER, &with(form(), "name", "server")).await;
    let (_, mine) = issued(&site, TOKENS, &with(form(), "name", "mine")).await;
    let (others, servers) = (found(&pool, &others).await.id.to_string(), found(&pool, &servers).await.id.to_string());
    let mine = found(&pool, &mine).await.id.to_string();
    for id in [&others, &servers, "0", "-1", "9223372036854775807"] {
        assert_eq!(site.post(&format!("{TOKENS}/revoke"), &[("token", id)]).await.status, StatusCode::NOT_FOUND, "{id}");
    }
    for id in [&others, &mine] {
        assert_eq!(site.post(&format!("{SERVER}/revoke"), &[("token", id)]).await.status, StatusCode::NOT_FOUND, "{id}");
    }
    for text in ["", "x", "1.5", "9223372036854775808"] {
        assert_eq!(site.post(&format!("{TOKENS}/revoke"), &[("token", text)]).await.status, StatusCode::BAD_REQUEST, "{text}");
    }
    assert_eq!(live(&pool).await, ["other", "server", "mine"]);
    assert_eq!(values(site.get(SERVER).await.text(), "token"), [servers]);
    let stranger = account(&pool, "stranger@other.com", false).await;
    let strangers = signed_in(&pool, &stranger).await;
    assert_eq!(strangers.post(&format!("{TOKENS}/revoke"), &[("token", &mine)]).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_servers_tokens_are_for_server_wide_admins_and_in_the_servers_history(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let ben = member(&pool, "ben@myapp.com", "my-app", Role::Owner).await;
    let (site, bens) = (Site::new(&pool).await, signed_in(&pool, &ben).await);
    let (page, secret) = issued(&site, SERVER, &form()).await;
    assert!(page.text().contains("<title>Server API tokens · Portal Redirects</title>"));
    let token = found(&pool, &secret).await;
    assert_eq!(token.instance, None);
    assert!(site.get("/instances").await.text().contains("href=\"/api-tokens\""));
    assert!(!bens.get("/instances").await.text().contains("href=\"/api-tokens\""));
    assert_eq!(bens.get(SERVER).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bens.post(SERVER, &form()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bens.post(&format!("{SERVER}/revoke"), &[("token", &token.id.to_string())]).await.status, StatusCode::FORBIDDEN);
    let revoked = site.post(&format!("{SERVER}/revoke"), &[("token", &token.id.to_string())]).await;
    assert_eq!((revoked.status, revoked.header("location")), (StatusCode::SEE_OTHER, "/api-tokens?revoked"));
    assert!(matches!(found(&pool, &secret).await.validity, Validity::Revoked(_)));
    let history = text(site.get("/history").await.text());
    assert!(history.contains("issued the API token CI") && history.contains("revoked the API token CI"), "{history}");
    assert!(history.contains("Scope now redirects"), "{history}");
    let bens = text(bens.get("/instances/my-app/history").await.text());
    assert!(!bens.contains("API token CI"), "owners of an instance are not told: {bens}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_a_program_made_names_the_token_wherever_it_is_shown(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let form_page = site.get("/instances/my-app/redirects").await;
    let (_, secret) = issued(&site, TOKENS, &form()).await;
    let actor = found(&pool, &secret).await.actor;
    let form = app::fallbacks::form::FallbackForm::of(&fallbacks(&[(Flow::SignIn, "/by-program")]), 1);
    app::fallbacks::store::save(&pool, &actor, "my-app", &form).await.unwrap();
    for page in ["/instances/my-app", "/instances/my-app/history"] {
        let page = text(site.get(page).await.text());
        assert!(page.contains(&format!("{OWNER} with the API token CI changed redirects")), "{page}");
    }
    let csv = site.get("/instances/my-app/history/export.csv").await;
    assert!(csv.text().lines().nth(1).unwrap().ends_with(",\"CI\""), "{}", csv.text());
    let json = site.get("/instances/my-app/history/export.json").await.json();
    assert_eq!((&json[0]["who"], &json[0]["api_token"]), (&OWNER.into(), &"CI".into()));
    let list = text(site.get("/instances").await.text());
    assert!(list.contains(&format!("Version 2 · {OWNER} (API token CI)")), "{list}");
    let conflict = site.edit(&form_page, "/instances/my-app/redirects", &[("after_sign_in_url", "/mine")]).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    let conflict = text(conflict.text());
    assert!(conflict.contains(&format!("Stored by {OWNER} (API token CI)")), "{conflict}");
}

#[sqlx::test(migrations = "../migrations")]
async fn members_says_whose_tokens_stop_working(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let ben = member(&pool, "ben@myapp.com", "my-app", Role::Owner).await;
    member(&pool, "carl@myapp.com", "my-app", Role::Owner).await;
    let site = Site::new(&pool).await;
    issued(&signed_in(&pool, &ben).await, TOKENS, &form()).await;
    let asked = |page: &str| {
        let page = text(page);
        (page.matches("Their API tokens for this instance stop working.").count(), page.contains("Your API tokens for this instance"))
    };
    assert_eq!(asked(site.get("/instances/my-app/members").await.text()), (1, false));
    assert_eq!(asked(signed_in(&pool, &ben).await.get("/instances/my-app/members").await.text()), (0, true));
    sqlx::query("update api_tokens set expires_at = now()").execute(&pool).await.unwrap();
    assert_eq!(asked(site.get("/instances/my-app/members").await.text()), (0, false));
    assert!(text(site.get(TOKENS).await.text()).contains("CI redirects Ended"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_instance_issues_and_revokes_none(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let (_, secret) = issued(&site, TOKENS, &form()).await;
    let id = found(&pool, &secret).await.id.to_string();
    site.post("/instances/my-app/archive", &[("slug", "my-app")]).await;
    let shown = site.get("/instances/my-app/members").await.status;
    assert_eq!(site.get(TOKENS).await.status, shown);
    assert_eq!(site.post(TOKENS, &form()).await.status, shown);
    assert_eq!(site.post(&format!("{TOKENS}/revoke"), &[("token", &id)]).await.status, shown);
    assert_eq!(live(&pool).await, ["CI"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn another_sites_page_can_neither_issue_nor_revoke(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let (_, secret) = issued(&site, TOKENS, &form()).await;
    let id = found(&pool, &secret).await.id;
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form()).finish();
    for header in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")] {
        for page in [TOKENS, SERVER] {
            for (path, body) in [(page.to_owned(), body.clone()), (format!("{page}/revoke"), format!("token={id}"))] {
                let answer = site.post_body(&path, &[("content-type", crate::common::FORM), header], body).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {header:?}");
            }
        }
    }
    assert_eq!(live(&pool).await, ["CI"]);
}
