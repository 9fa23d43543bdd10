//! Posts that are no list of this page: what is said of each, and what is kept.

use super::*;

#[sqlx::test(migrations = "../migrations")]
async fn without_the_database_a_list_is_kept_to_be_sent_again(pool: PgPool) {
    let site = site(&pool).await;
    pool.close().await;
    let csv = format!("name,link\nx,{SIGN_IN}\ny,{EVIL}\n");
    let file: Part<'_> = ("file", Some("a.csv"), csv.as_bytes());
    for path in [PATH, CSV] {
        for (parts, kept) in [
            (vec![("links", None, &b"\"><script>alert(1)</script>"[..])], "\"><script>alert(1)</script>".to_owned()),
            (vec![("links", None, b""), file], format!("\n{SIGN_IN}\n{EVIL}")),
        ] {
            let answer = post(&site, path, &parts).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(answer.text().contains("<form method=\"post\" enctype=\"multipart/form-data\">"), "{path}");
            assert_eq!(value(answer.text(), "links"), kept, "{path}");
            assert!(!answer.text().contains("<script>alert"), "{path}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_post_that_is_no_form_of_this_page_is_refused(pool: PgPool) {
    let site = site(&pool).await;
    let links: Part<'_> = ("links", None, b"x");
    let whole = body(&[links]);
    let cut = whole[..whole.len() - 12].to_vec();
    for path in [PATH, CSV] {
        let file: Part<'_> = ("file", Some("a.txt"), b"x");
        for parts in
            [vec![], vec![file], vec![links, links], vec![links, file, file], vec![links, ("more", None, b"")], vec![("", None, b"x")]]
        {
            assert_eq!(post(&site, path, &parts).await.status, StatusCode::BAD_REQUEST, "{path} {parts:?}");
        }
        for (kind, body) in [
            (KIND.1, &cut),
            (KIND.1, &b"garbage".to_vec()),
            (KIND.1, &vec![]),
            ("multipart/form-data", &whole),
            ("multipart/form-data; boundary=other", &whole),
            (FORM, &b"links=x".to_vec()),
            ("text/plain", &whole),
        ] {
            let answer = site.post_body(path, &[("content-type", kind)], body.clone()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {kind}");
            assert!(text(answer.text()).contains("The form is incomplete. Reload the page and try again."), "{path} {kind}");
        }
        assert_eq!(site.post_body(path, &[], whole.clone()).await.status, StatusCode::BAD_REQUEST);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn bytes_that_are_no_text_are_said_wherever_they_are(pool: PgPool) {
    let site = site(&pool).await;
    let pasted = paste(&site, b"x\n\xFF").await;
    assert_eq!(pasted.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem(&pasted).contains("Line 2 is not UTF-8 text."));
    for (before, after) in [("name=\"links", "name=\"\u{1}links"), ("a.txt", "a\u{1}.txt")] {
        let odd = String::from_utf8(body(&[("links", None, b"x"), ("file", Some("a.txt"), b"x")])).unwrap().replace(before, after);
        let bytes: Vec<u8> = odd.bytes().map(|byte| if byte == 1 { 0xFF } else { byte }).collect();
        let answer = site.post_body(PATH, &[KIND], bytes).await;
        assert!(!answer.status.is_server_error(), "{after:?}: {}", answer.status);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_is_not_there_has_no_links(pool: PgPool) {
    let site = site(&pool).await;
    for slug in ["none", "MY-APP", "%00", "%ZZ", "%FF"] {
        for path in [format!("/instances/{slug}/preview/links"), format!("/instances/{slug}/preview/links.csv")] {
            let status = post(&site, &path, &[("links", None, SIGN_IN.as_bytes())]).await.status;
            assert!(matches!(status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST), "{path}: {status}");
        }
    }
    assert_eq!(site.get(CSV).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(site.get("/instances/none/preview/links").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn another_sites_page_cannot_post_a_list(pool: PgPool) {
    let site = site(&pool).await;
    let whole = body(&[("links", None, SIGN_IN.as_bytes())]);
    for path in [PATH, CSV] {
        for header in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example"), ("origin", "null")]
        {
            assert_eq!(site.post_body(path, &[KIND, header], whole.clone()).await.status, StatusCode::FORBIDDEN, "{path} {header:?}");
        }
        let own = format!("http://{HOST}");
        let own = site.post_body(path, &[KIND, ("sec-fetch-site", "same-origin"), ("origin", &own)], whole.clone()).await;
        assert_eq!(own.status, StatusCode::OK, "{path}");
        let other_host = site.post_body(path, &[KIND, ("host", "evil.example")], whole.clone()).await;
        assert_eq!(other_host.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
}
