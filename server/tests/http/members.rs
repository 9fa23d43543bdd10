//! The Members page and its posts: who sees what, who may do what, and that a link is shown once.

mod pages;

use app::{
    admins::Role,
    history::Actor,
    members::{filter::MembersFilter, store::read_page},
    redirects::Environment,
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, OWNER, Site, account, member, other_app, owner, store_instance, store_my_app},
    html::{error_of, is_invalid, summary, text, text_of, value},
};

const MEMBERS: &str = "/instances/my-app/members";
const PASSWORD: &str = "correct horse battery staple";

async fn signed_in(pool: &PgPool, who: &Actor) -> Site {
    Site::anonymous(pool).signed_in(pool, who.admin.unwrap()).await
}

async fn id_of_my_app(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select id from instances where slug = 'my-app'").fetch_one(pool).await.unwrap()
}

async fn roles(pool: &PgPool) -> Vec<(String, Role)> {
    let page = read_page(pool, id_of_my_app(pool).await, &MembersFilter::default(), 1_000).await.unwrap();
    page.members.into_iter().map(|member| (member.email, member.role)).collect()
}

/// How many changes are recorded.
async fn recorded(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from changes").fetch_one(pool).await.unwrap()
}

fn key(actor: &Actor) -> String {
    actor.admin.unwrap().to_string()
}

#[track_caller]
fn assert_leads_to(answer: &Answer, page: &str) {
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, page), "{}", text(answer.text()));
}

/// The Members page after an invitation, as the browser that made it follows the redirect.
async fn invited(site: &Site, email: &str, role: &str) -> Answer {
    let answer = site.post(MEMBERS, &[("email", email), ("role", role)]).await;
    assert_leads_to(&answer, &format!("{MEMBERS}?invited"));
    assert!(!answer.text().contains("token") && !answer.header("location").contains("token"));
    let cookie = answer.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("portal-redirects-new-link=") && cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=120"),
        "{cookie}"
    );
    let browser = site.with_cookie(format!("{}; {}", site.cookie(), cookie.split(';').next().unwrap()));
    browser.get(&format!("{MEMBERS}?invited")).await
}

/// The link in an answer, as its path and query, and its token.
fn link(answer: &Answer) -> (String, String) {
    let link = text_of(answer.text(), "invitation-link", "code").unwrap();
    let path = link.strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
    let token = path.strip_prefix("/account/invitation?token=").unwrap().to_owned();
    (path, token)
}

#[sqlx::test(migrations = "../migrations")]
async fn every_member_sees_the_list_and_only_owners_what_changes_it(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let site = Site::new(&pool).await;
    site.post(MEMBERS, &[("email", "invited@myapp.com"), ("role", "viewer")]).await;
    let owners = site.get(MEMBERS).await;
    let viewers = signed_in(&pool, &viewer).await.get(MEMBERS).await;
    for page in [&owners, &viewers] {
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("<title>Members · MyApp · Portal Redirects</title>"));
        let seen = text(page.text().split_once("<main").unwrap().1);
        let places = [OWNER, "editor@myapp.com", "viewer@myapp.com"].map(|email| seen.find(email).unwrap());
        assert!(places.is_sorted(), "{seen}");
    }
    let forms = ["members/role", "members/remove", "members/withdraw", "action=\"/instances/my-app/members\"", "invited@myapp.com"];
    for form in forms {
        assert!(owners.text().contains(form), "{form}");
        assert!(!viewers.text().contains(form), "{form}");
    }
    assert!(viewers.text().contains("members/leave"));
    // The one who looks is not removed by themselves, but may leave.
    let remove = owners.text().matches("members/remove").count();
    assert_eq!(remove, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_shows_its_link_once_and_the_one_who_follows_it_is_a_member(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let answer = invited(&site, "Carl@myapp.com", "editor").await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    let mut cookies = answer.headers.get_all("set-cookie").iter();
    assert!(cookies.any(|cookie| cookie.as_bytes().starts_with(b"portal-redirects-new-link=;")), "it is shown once");
    assert!(text(answer.text()).contains("Hand this link to carl@myapp.com"), "{}", text(answer.text()));
    let (path, token) = link(&answer);
    let again = site.get(MEMBERS).await;
    assert!(!again.text().contains(&token) && text(again.text()).contains("carl@myapp.com Editor Made "));
    let hashes: Vec<String> = sqlx::query_scalar("select row_to_json(admin_links)::text from admin_links").fetch_all(&pool).await.unwrap();
    assert!(hashes.iter().all(|row| !row.contains(&token)));

    let carl = Site::anonymous(&pool);
    assert!(text(carl.get(&path).await.text()).contains("owner@myapp.com invites carl@myapp.com to MyApp, as editor."));
    assert_leads_to(&carl.post("/account/invitation", &[("token", &token), ("password", PASSWORD)]).await, "/instances");
    assert_eq!(roles(&pool).await[1], ("carl@myapp.com".to_owned(), Role::Editor));
    assert!(!site.get(MEMBERS).await.text().contains("valid until"));
    assert_eq!(carl.post("/account/invitation", &[("token", &token), ("password", PASSWORD)]).await.status, StatusCode::GONE);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_that_is_wrong_comes_back_as_typed_with_what_is_wrong(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let long = "a".repeat(10_000);
    for typed in ["", "carl", "carl@", "a@b@c", "\"><script>alert(1)</script>", &long] {
        let answer = site.post(MEMBERS, &[("email", typed), ("role", "owner")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert_eq!(error_of(answer.text(), "email").unwrap(), "That is not an email address. It looks like ana@myapp.com.");
        assert_eq!((value(answer.text(), "email"), value(answer.text(), "role")), (typed.to_owned(), "owner".to_owned()));
        assert!(is_invalid(answer.text(), "email") && summary(answer.text()) == ["email"]);
        assert!(!answer.text().contains("<script>alert"));
    }
    let member = site.post(MEMBERS, &[("email", OWNER), ("role", "viewer")]).await;
    assert_eq!(error_of(member.text(), "email").unwrap(), format!("{OWNER} is already a member. Change their role in the list."));
    for role in [&[("email", "carl@myapp.com")][..], &[("email", "carl@myapp.com"), ("role", "admin")]] {
        let answer = site.post(MEMBERS, role).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(error_of(answer.text(), "role").unwrap(), "Choose owner, editor or viewer.");
    }
    for broken in
        [&[][..], &[("email", "a@b"), ("role", "viewer"), ("slug", "other")], &[("email", "a@b"), ("email", "c@d"), ("role", "owner")]]
    {
        assert_eq!(site.post(MEMBERS, broken).await.status, StatusCode::BAD_REQUEST, "{broken:?}");
    }
    let links: i64 = sqlx::query_scalar("select count(*) from admin_links").fetch_one(&pool).await.unwrap();
    assert_eq!(links, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_that_is_withdrawn_leads_nowhere(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let (path, _) = link(&invited(&site, "carl@myapp.com", "viewer").await);
    let id = value(site.get(MEMBERS).await.text(), "invitation");
    assert_leads_to(&site.post(&format!("{MEMBERS}/withdraw"), &[("invitation", &id)]).await, &format!("{MEMBERS}?withdrawn="));
    assert_eq!(Site::anonymous(&pool).get(&path).await.status, StatusCode::GONE);
    assert_eq!(site.post(&format!("{MEMBERS}/withdraw"), &[("invitation", &id)]).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_role_that_is_changed_holds_at_once(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let carl = member(&pool, "carl@myapp.com", "my-app", Role::Viewer).await;
    let (site, carls) = (Site::new(&pool).await, signed_in(&pool, &carl).await);
    let save = |site: Site| async move { site.post("/instances/my-app/redirects", &[]).await.status };
    assert_eq!(save(carls.clone()).await, StatusCode::FORBIDDEN);
    let change = site.post(&format!("{MEMBERS}/role"), &[("member", &key(&carl)), ("role", "editor")]).await;
    let page = format!("{MEMBERS}?changed={}&was=viewer", key(&carl));
    assert_leads_to(&change, &page);
    assert_eq!(save(carls.clone()).await, StatusCode::BAD_REQUEST, "it arrives, and is no form");
    assert!(text(site.get(&page).await.text()).contains("carl@myapp.com Editor, was Viewer Undo"));
    site.post(&format!("{MEMBERS}/role"), &[("member", &key(&carl)), ("role", "viewer")]).await;
    assert!(!text(site.get(&page).await.text()).contains("was Viewer"), "an address that was kept says nothing that is no longer so");
}

#[sqlx::test(migrations = "../migrations")]
async fn ones_own_role_is_changed_only_where_another_owner_is_left(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let (site, me) = (Site::new(&pool).await, owner(&pool).await);
    let fields = [("member", key(&me)), ("role", "viewer".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let alone = site.post(&format!("{MEMBERS}/role"), &fields).await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    let field = format!("role-{}", key(&me));
    assert!(error_of(alone.text(), &field).unwrap().starts_with("owner@myapp.com is the last owner."));
    assert_eq!(summary(alone.text()), [field]);
    let leave = site.post(&format!("{MEMBERS}/leave"), &[]).await;
    assert_eq!(leave.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(leave.text()).contains("is the last owner. Make somebody else an owner first."));
    let remove = site.post(&format!("{MEMBERS}/remove"), &[("member", &key(&me))]).await;
    assert_eq!(remove.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(roles(&pool).await, [(OWNER.to_owned(), Role::Owner)]);

    member(&pool, "carl@myapp.com", "my-app", Role::Owner).await;
    assert_leads_to(&site.post(&format!("{MEMBERS}/role"), &fields).await, &format!("{MEMBERS}?changed={}&was=owner", key(&me)));
    assert_eq!(site.post(MEMBERS, &[("email", "dora@myapp.com"), ("role", "owner")]).await.status, StatusCode::FORBIDDEN);
    let back = [("member", key(&me)), ("role", "owner".to_owned())];
    let back: Vec<(&str, &str)> = back.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(site.post(&format!("{MEMBERS}/role"), &back).await.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_removed_finds_nothing_at_once_in_any_page_that_is_open(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let carl = member(&pool, "carl@myapp.com", "my-app", Role::Owner).await;
    let (site, carls) = (Site::new(&pool).await, signed_in(&pool, &carl).await);
    assert_eq!(carls.get(MEMBERS).await.status, StatusCode::OK);
    assert_leads_to(&site.post(&format!("{MEMBERS}/remove"), &[("member", &key(&carl))]).await, &format!("{MEMBERS}?removed="));
    for page in ["", "/redirects", "/preview", "/settings", "/members", "/archive"] {
        assert_eq!(carls.get(&format!("/instances/my-app{page}")).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    for post in ["redirects", "settings", "members", "members/role", "members/leave", "archive", "unarchive"] {
        assert_eq!(carls.post(&format!("/instances/my-app/{post}"), &[]).await.status, StatusCode::NOT_FOUND, "{post}");
    }
    assert!(!carls.get("/instances").await.text().contains("MyApp"));
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_a_member_may_leave(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    for role in [Role::Viewer, Role::Editor, Role::Owner] {
        let carl = member(&pool, "carl@myapp.com", "my-app", role).await;
        let carls = signed_in(&pool, &carl).await;
        assert_leads_to(&carls.post(&format!("{MEMBERS}/leave"), &[]).await, "/instances?left");
        assert_eq!(carls.get(MEMBERS).await.status, StatusCode::NOT_FOUND);
        assert!(text(carls.get("/instances?left").await.text()).contains("You have left the instance."));
    }
    assert_eq!(roles(&pool).await, [(OWNER.to_owned(), Role::Owner)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_another_instances_or_nobodys_is_not_found_and_nothing_changes(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_instance(&pool, &other_app("other-app")).await;
    let stranger = member(&pool, "stranger@other.com", "other-app", Role::Editor).await;
    let nobody = account(&pool, "nobody@other.com", false).await;
    let site = Site::new(&pool).await;
    site.post("/instances/other-app/members", &[("email", "invited@other.com"), ("role", "viewer")]).await;
    let invitation = value(site.get("/instances/other-app/members").await.text(), "invitation");
    let before = recorded(&pool).await;
    for member in [key(&stranger), key(&nobody), "0".into(), "-1".into(), "9223372036854775807".into()] {
        for (post, fields) in
            [("role", vec![("member", member.as_str()), ("role", "owner")]), ("remove", vec![("member", member.as_str())])]
        {
            assert_eq!(site.post(&format!("{MEMBERS}/{post}"), &fields).await.status, StatusCode::NOT_FOUND, "{post} {member}");
        }
    }
    let withdraw = format!("{MEMBERS}/withdraw");
    for id in [invitation.as_str(), "0", "-1"] {
        assert_eq!(site.post(&withdraw, &[("invitation", id)]).await.status, StatusCode::NOT_FOUND, "{id}");
    }
    for text in ["", "x", "1.5", "9223372036854775808", "1 or 1=1"] {
        assert_eq!(site.post(&withdraw, &[("invitation", text)]).await.status, StatusCode::BAD_REQUEST, "{text}");
        assert_eq!(site.post(&format!("{MEMBERS}/remove"), &[("member", text)]).await.status, StatusCode::BAD_REQUEST, "{text}");
    }
    // An editor there who is nobody here.
    let strangers = signed_in(&pool, &stranger).await;
    for post in ["", "/role", "/remove", "/withdraw", "/leave"] {
        assert_eq!(strangers.post(&format!("{MEMBERS}{post}"), &[]).await.status, StatusCode::NOT_FOUND, "{post}");
    }
    assert_eq!((recorded(&pool).await, roles(&pool).await), (before, vec![(OWNER.to_owned(), Role::Owner)]));
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_database_an_invitation_is_kept_to_be_sent_again(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    pool.close().await;
    let answer = site.post(MEMBERS, &[("email", "carl@myapp.com"), ("role", "editor")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((value(answer.text(), "email"), value(answer.text(), "role")), ("carl@myapp.com".into(), "editor".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn only_an_owner_of_the_instance_that_a_new_link_invites_to_is_shown_it(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_instance(&pool, &other_app("other-app")).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let site = Site::new(&pool).await;
    let made = site.post(MEMBERS, &[("email", "carl@myapp.com"), ("role", "viewer")]).await;
    let cookie = made.header("set-cookie").split(';').next().unwrap().to_owned();
    let with_cookie = |site: &Site| site.with_cookie(format!("{}; {cookie}", site.cookie()));
    let viewers = signed_in(&pool, &viewer).await;
    for page in [with_cookie(&viewers).get(MEMBERS).await, with_cookie(&site).get("/instances/other-app/members").await] {
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text().contains("token=") && !text(page.text()).contains("Hand this link"));
    }
    assert!(with_cookie(&site).get(MEMBERS).await.text().contains("token="));
}
