//! A visit is counted once, when its flow ends.

use sqlx::PgPool;

use super::{Browser, NAVIGATION};
use crate::visits::{Row, stored};

#[sqlx::test(migrations = "../migrations")]
async fn a_flow_is_one_visit_when_it_ends(pool: PgPool) {
    let mut browser = Browser { headers: NAVIGATION, ..Browser::at_my_app(&pool).await };
    let link = "?redirect_url=https://app.myapp.com/x";
    browser.get(&format!("/sign-up{link}")).await;
    assert_eq!(stored(&browser.site, &pool).await, [], "the form alone");
    let signed_up = browser.sign_up(link, "ana@myapp.com").await;
    assert_eq!(stored(&browser.site, &pool).await, [], "on its way out");
    browser.get(signed_up.header("location")).await;
    let of = |rows: Vec<Row>| rows.into_iter().map(|(flow, source, _, _, visits)| (flow, source, visits)).collect::<Vec<_>>();
    let expected = vec![("sign-up".to_owned(), "redirect_url".to_owned(), 1)];
    assert_eq!(of(stored(&browser.site, &pool).await), expected);
    // A browser that fetches ahead has not arrived.
    browser.get_with(&format!("/sign-in{link}"), &[("sec-purpose", "prefetch;prerender")]).await;
    assert_eq!(of(stored(&browser.site, &pool).await), expected);
    browser.get(&format!("/sign-in{link}")).await;
    let all = of(stored(&browser.site, &pool).await);
    assert_eq!(all, [("sign-in".to_owned(), "redirect_url".to_owned(), 1), ("sign-up".to_owned(), "redirect_url".to_owned(), 1)]);
}
