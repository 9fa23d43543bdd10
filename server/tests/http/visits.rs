//! Which requests to the API count as visits, and what is stored of them.

use app::redirects::Environment;
use axum::{body::Body, http::Method};
use sqlx::PgPool;

use crate::common::{Site, request, store_my_app};

/// The flow, the source, the refused candidates, the link's shape, and how often.
pub(crate) type Row = (String, String, Vec<String>, Option<String>, i64);

/// What is stored of the visits that the site has counted.
pub(crate) async fn stored(site: &Site, pool: &PgPool) -> Vec<Row> {
    site.flush(pool).await;
    let rows = "select flow, source, refused, link, sum(visits)::bigint from visits group by 1, 2, 3, 4 order by 1, 2, 3";
    sqlx::query_as(rows).fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_resolution_is_a_visit_and_nothing_of_its_path_is_stored(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    for _ in 0..2 {
        site.get("/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https://evil.com/secret?token=1&email_address=a@b.de").await;
    }
    site.get("/portal/my-app/v1/resolve?flow=sign-up&redirect_url=https://app.myapp.com/secret").await;
    let (evil, own) = (
        r#"{"redirect_url":{"web":{"scheme":"https","host":"evil.com"}}}"#,
        r#"{"redirect_url":{"web":{"scheme":"https","host":"app.myapp.com"}}}"#,
    );
    let expected = [
        ("sign-in".to_owned(), "home_url".to_owned(), vec!["foreign https://evil.com".to_owned()], Some(evil.to_owned()), 2),
        ("sign-up".to_owned(), "redirect_url".to_owned(), vec![], Some(own.to_owned()), 1),
    ];
    assert_eq!(stored(&site, &pool).await, expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_sends_nobody_on_is_no_visit(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    let path = "/portal/my-app/v1/resolve?flow=sign-in";
    site.get(&format!("{path}&preview=1")).await;
    site.get_with(path, &[("sec-purpose", "prefetch")]).await;
    site.get("/portal/my-app/v1/resolve?flow=nonsense").await;
    site.get("/portal/other/v1/resolve?flow=sign-in").await;
    site.get("/portal/my-app/v1/redirects").await;
    site.send(request(Method::HEAD, path, &[]).body(Body::empty()).unwrap()).await;
    assert_eq!(stored(&site, &pool).await, []);
    site.get(path).await;
    assert_eq!(stored(&site, &pool).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_requesting_origin_is_part_of_the_shape_where_it_counts(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    for origin in ["https://shop.example", "null"] {
        site.get_with("/portal/my-app/v1/resolve?flow=sign-in", &[("origin", origin)]).await;
    }
    let mut links: Vec<_> = stored(&site, &pool).await.into_iter().map(|(.., link, _)| link.unwrap()).collect();
    links.sort();
    assert_eq!(links, [r#"{"requesting":"https://shop.example"}"#, "{}"]);
}
