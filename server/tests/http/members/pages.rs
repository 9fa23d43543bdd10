//! Many members: pages of a hundred, a search, and forms that lead back to both.

use app::redirects::Environment;
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{MEMBERS, assert_leads_to};
use crate::{
    common::{Answer, OWNER, Site, store_my_app},
    html::text,
};

/// Makes more members, viewers whose addresses begin with 000, 001 and so on.
async fn crowd(pool: &PgPool, count: i32) {
    sqlx::query(
        "with made as (
            insert into admins (email, password_hash)
            select lpad(n::text, 3, '0') || '@crowd.com', '$argon2id$x' from generate_series(0, $1 - 1) n returning id
        )
        insert into members (instance_id, admin_id, role) select i.id, made.id, 'viewer' from made, instances i where i.slug = 'my-app'",
    )
    .bind(count)
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_has_a_hundred_members_however_many_there_are(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    assert!(!site.get(MEMBERS).await.text().contains("role=\"search\" aria-label=\"Members\""), "nobody searches one member");
    crowd(&pool, 250).await;
    let rows = |page: &Answer| page.text().matches("action=\"/instances/my-app/members/remove").count();
    let (mut page, mut addresses, mut seen) = (MEMBERS.to_owned(), Vec::new(), 0);
    loop {
        let answer = site.get(&page).await;
        seen += rows(&answer);
        addresses.push(page);
        let Some(next) = answer.text().split_once("rel=\"next\"").map(|(before, _)| before.rsplit_once("href=\"").unwrap().1) else {
            break;
        };
        page = next.split_once('"').unwrap().0.replace("&amp;", "&");
    }
    // Everybody but the owner, who leaves instead.
    assert_eq!((addresses.len(), seen), (3, 250));
    let found = site.get(&format!("{MEMBERS}?q=+24%40CROWD")).await;
    assert!(text(found.text()).contains("3 of 251 members"), "{}", text(found.text()));
    assert_eq!(rows(&found), 3);
    assert!(text(site.get(&format!("{MEMBERS}?q=nobody")).await.text()).contains("No member found"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hundred_invitations_are_all_and_a_search_without_one_says_so(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let invite = async |first: i32, last: i32| {
        sqlx::query(
            "insert into admin_links (kind, token_hash, email, instance_id, role, created_by, created_by_admin, expires_at)
            select 'invite', sha256(n::text::bytea), 'i' || n || '@crowd.com', i.id, 'viewer', a.email, a.id, now() + interval '1 day'
            from generate_series($1, $2) n, instances i, admins a where i.slug = 'my-app' and a.email = $3",
        )
        .bind(first)
        .bind(last)
        .bind(OWNER)
        .execute(&pool)
        .await
        .unwrap();
    };
    let rows = |page: &Answer| page.text().matches("action=\"/instances/my-app/members/withdraw").count();
    invite(1, 100).await;
    let page = site.get(MEMBERS).await;
    assert_eq!((rows(&page), text(page.text()).contains("The newest 100")), (100, false));
    invite(101, 101).await;
    let page = site.get(MEMBERS).await;
    assert_eq!((rows(&page), text(page.text()).contains("The newest 100")), (100, true));
    assert!(text(page.text()).contains("i101@crowd.com") && !text(page.text()).contains("i1@crowd.com"), "the newest ones");

    let none = "No invitation matches";
    let owner = OWNER.split('@').next().unwrap();
    assert!(!text(page.text()).contains(none));
    let found = site.get(&format!("{MEMBERS}?q={owner}%40")).await;
    assert!(text(found.text()).contains(none), "{}", text(found.text()));
    assert!(!text(site.get(&format!("{MEMBERS}?q=i7%40")).await.text()).contains(none));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_leads_back_to_its_page_and_search(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    crowd(&pool, 30).await;
    let key = async |email: &str| {
        sqlx::query_scalar::<_, i64>("select id from admins where email = $1").bind(email).fetch_one(&pool).await.unwrap().to_string()
    };
    let member = key("007@crowd.com").await;
    let state = "q=00&after=viewer-008%40crowd.com";
    let page = site.get(&format!("{MEMBERS}?{state}")).await;
    let action = format!("action=\"{MEMBERS}/role?{}\"", state.replace('&', "&amp;"));
    assert!(page.text().contains(&action), "{}", page.text());

    let answer = site.post(&format!("{MEMBERS}/role?{state}"), &[("member", &member), ("role", "editor")]).await;
    assert_leads_to(&answer, &format!("{MEMBERS}?{state}&changed={member}&was=viewer"));
    // The member is on another page by now, and is shown all the same.
    let page = site.get(answer.header("location")).await;
    assert!(text(page.text()).contains("Editor, was Viewer"), "{}", text(page.text()));

    let answer = site.post(&format!("{MEMBERS}/role?{state}"), &[("member", &member), ("role", "king")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("value=\"00\""));
    let answer = site.post(&format!("{MEMBERS}/remove?q=00"), &[("member", &member)]).await;
    assert_leads_to(&answer, &format!("{MEMBERS}?q=00&removed="));
}
