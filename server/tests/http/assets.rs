//! The browser's files: kept forever, and sent in the best form that the browser takes.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::common::Site;

/// The files that the pages name.
async fn files(site: &Site) -> BTreeSet<String> {
    let page = site.get("/instances/new").await;
    page.text().split('"').filter(|text| text.starts_with("/pkg/")).map(str::to_owned).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_file_that_a_page_names_is_there_and_kept_forever(pool: PgPool) {
    let site = Site::new(&pool).await;
    let mut kinds = BTreeSet::new();
    for path in files(&site).await {
        let answer = site.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert_eq!(answer.header("content-encoding"), "", "{path}");
        assert_eq!(answer.header("vary"), "accept-encoding", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        kinds.insert(answer.header("content-type").to_owned());
    }
    let expected = ["application/wasm", "image/svg+xml", "text/css; charset=utf-8", "text/javascript; charset=utf-8"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_sent_in_the_form_that_the_browser_takes(pool: PgPool) {
    let site = Site::new(&pool).await;
    for path in files(&site).await {
        let mut bodies = BTreeSet::new();
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("br;q=0, gzip;q=0.5", "gzip"),
            ("identity", ""),
            ("gzip;q=0, br;q=0", ""),
        ] {
            let answer = site.get_with(&path, &[("accept-encoding", accepted)]).await;
            assert_eq!((answer.status, answer.header("content-encoding")), (StatusCode::OK, encoding), "{path} {accepted}");
            assert_eq!(answer.body.starts_with(&[0x1f, 0x8b]), encoding == "gzip", "{path} {accepted}");
            assert_eq!(answer.header("vary"), "accept-encoding", "{path} {accepted}");
            bodies.insert(answer.body);
        }
        assert_eq!(bodies.len(), 3, "{path} has three forms");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_file_is_not_found_and_not_kept(pool: PgPool) {
    let site = Site::new(&pool).await;
    for path in ["/pkg/x", "/pkg/portal-redirects.js", "/pkg/..%2FCargo.toml", "/pkg/%00", "/pkg/%FF", "/pkg/", "/pkg/a/b"] {
        let answer = site.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(!answer.header("cache-control").contains("immutable"), "{path}");
    }
    assert_eq!(site.get("/pkg/x").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_is_compressed_too(pool: PgPool) {
    let answer = Site::new(&pool).await.get_with("/instances", &[("accept-encoding", "gzip")]).await;
    assert_eq!((answer.status, answer.header("content-encoding")), (StatusCode::OK, "gzip"));
    assert!(answer.body.starts_with(&[0x1f, 0x8b]));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_licenses_of_third_party_code_are_linked_and_served(pool: PgPool) {
    let site = Site::new(&pool).await;
    let page = site.get("/account").await;
    let link = page.text().split('"').find(|part| part.starts_with("/pkg/third-party-notices.")).unwrap();
    let notices = Site::anonymous(&pool).get(link).await;
    assert_eq!(notices.header("content-type"), "text/plain; charset=utf-8");
    for text in ["leptos 0.8", "@radix-ui/colors", "Apache License", "Permission is hereby granted"] {
        assert!(notices.text().contains(text), "{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_wasm_names_no_folder_of_the_machine_that_built_it(pool: PgPool) {
    let site = Site::new(&pool).await;
    let page = site.get("/account").await;
    let link = page.text().split('"').find(|part| part.contains("_bg.wasm")).unwrap().to_owned();
    let wasm = site.get(&link).await.body;
    assert!(wasm.starts_with(b"\0asm"));
    for path in ["/.cargo/registry", env!("CARGO_MANIFEST_DIR").trim_end_matches("/server")] {
        assert!(!wasm.windows(path.len()).any(|part| part == path.as_bytes()), "{path}");
    }
}
