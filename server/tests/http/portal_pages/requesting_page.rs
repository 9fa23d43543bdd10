//! The page that a visitor came from: in development it may get its visitor back, in production never.

use app::redirects::Environment;
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, assert_leads, store_local};
use crate::common::{Site, store_my_app};

const APP: &str = "http://127.0.0.1:5173";
const LINK: &str = "/sign-up?redirect_url=http%3A%2F%2F127.0.0.1%3A5173%2Fin";

async fn fill(browser: &mut Browser, page: &crate::common::Answer, name: &str) -> crate::common::Answer {
    browser.send_form(page, &[("username", name), ("password", PASSWORD)]).await
}

#[sqlx::test(migrations = "../migrations")]
async fn in_development_a_visitor_gets_back_to_the_page_they_came_from(pool: PgPool) {
    store_local(&pool).await;
    let site = Site::anonymous(&pool);
    let own = "http://accounts.localhost:3000/sign-in";
    let mut browser = Browser::at(&site, "accounts.localhost:3000");
    // The link between the pages keeps it, too.
    browser.get_with(&LINK.replace("sign-up", "sign-in"), &[("referer", &format!("{APP}/page"))]).await;
    let page = browser.get_with(LINK, &[("referer", own)]).await;
    assert_leads(&fill(&mut browser, &page, "nick").await, &format!("{APP}/in"));

    // A new visit without a page before it, or from another page, forgets it.
    for referer in [None, Some("http://evil.example/")] {
        let mut browser = Browser::at(&site, "accounts.localhost:3000");
        browser.get_with(LINK, &[("referer", APP)]).await;
        let headers: Vec<_> = referer.into_iter().map(|referer| ("referer", referer)).collect();
        let page = browser.get_with(LINK, &headers).await;
        let name = format!("nick{}", headers.len());
        assert_leads(&fill(&mut browser, &page, &name).await, "http://localhost:4000/");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn in_production_it_never_counts(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let mut browser = Browser::at(&Site::anonymous(&pool), HOST);
    browser.cookies.insert("__Host-portal-redirects-from-1".into(), "https://evil.example".into());
    let page = browser.get_with("/sign-up?redirect_url=https%3A%2F%2Fevil.example%2F", &[("referer", "https://evil.example/")]).await;
    assert!(page.headers.get("set-cookie").is_none());
    assert_leads(&fill(&mut browser, &page, "nick").await, "https://myapp.com/");
}
