//! `GET /instances/{slug}/snippets`: the code for each framework, on a page without script.

use app::redirects::{Environment, Flow, Settings};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Site, my_app, store_fallbacks, store_instance, store_my_app},
    html::{text, text_of},
};

const FRAMEWORKS: [(&str, &str); 7] = [
    ("nextjs", "Next.js"),
    ("nuxt", "Nuxt"),
    ("react-router", "React Router"),
    ("tanstack-start", "TanStack Start"),
    ("astro", "Astro"),
    ("react", "React"),
    ("vue", "Vue"),
];

fn path(framework: &str) -> String {
    format!("/instances/my-app/snippets?framework={framework}")
}

#[sqlx::test(migrations = "../migrations")]
async fn every_framework_is_listed_and_has_the_names_that_its_sdk_knows(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/dashboard"), (Flow::LeaveOrganization, "/bye")]).await;
    let site = Site::new(&pool).await;
    for ((name, label), first) in FRAMEWORKS.into_iter().zip([
        "NEXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL=\"https://myapp.com/dashboard\"",
        "NUXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL=\"https://myapp.com/dashboard\"",
        " VITE_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL=\"https://myapp.com/dashboard\"",
        " CLERK_SIGN_IN_FALLBACK_REDIRECT_URL=\"https://myapp.com/dashboard\"",
        " PUBLIC_CLERK_SIGN_IN_URL=\"https://accounts.myapp.com/sign-in\"",
        "signInFallbackRedirectUrl=\"https://myapp.com/dashboard\"",
        "signInFallbackRedirectUrl: \"https://myapp.com/dashboard\"",
    ]) {
        let answer = site.get(&path(name)).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        let page = answer.text();
        for (other, label) in FRAMEWORKS {
            assert!(page.contains(&format!("href=\"{}\"", path(other))) && text(page).contains(label), "{name} {other}");
        }
        assert!(page.contains(&format!("aria-current=\"page\">{label}</a>")), "{name}");
        assert!(text_of(page, "code-0", "code").unwrap().contains(first), "{name}");
        for said in ["afterSignOutUrl", "afterLeaveOrganizationUrl", "After logo click", "After joining the waitlist"] {
            assert!(text(page).contains(said), "{name} {said}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_framework_or_with_an_unknown_one_it_is_next_js(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let next = site.get(&path("nextjs")).await;
    let shown = text(next.text().split_once("<main").unwrap().1);
    for path in ["/instances/my-app/snippets".to_owned(), path(""), path("svelte"), path("%FF%00"), path("Nuxt")] {
        let answer = site.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text().contains("<title>Snippets · MyApp · Portal Redirects</title>"));
        assert_eq!(text(answer.text().split_once("<main").unwrap().1), shown, "{path}");
    }
    for path in ["/instances/none/snippets", "/instances/new/snippets"] {
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_longer_allowed_gives_way_to_the_home_url(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "https://myapp.com/in")]).await;
    sqlx::query("update instances set domain = 'moved.com', home_url = 'https://moved.com/'").execute(&pool).await.unwrap();
    let answer = Site::new(&pool).await.get(&path("nuxt")).await;
    let code = text_of(answer.text(), "code-0", "code").unwrap();
    assert!(code.contains("# After sign-in: the stored value is no longer allowed, so this is the home URL"), "{code}");
    assert!(code.contains("SIGN_IN_FALLBACK_REDIRECT_URL=\"https://moved.com/\"") && !code.contains("https://myapp.com"), "{code}");
}

#[sqlx::test(migrations = "../migrations")]
async fn markup_in_a_value_is_text(pool: PgPool) {
    const MARKUP: &str = "</code></pre><script>alert(1)</script>&lt;";
    store_instance(&pool, &Settings { name: MARKUP.into(), ..my_app() }).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/?a=1&lt;&copy=2#</code>"), (Flow::SignOut, "/?a=1&lt;&copy=2#</code>")]).await;
    let answer = Site::new(&pool).await.get(&path("nextjs")).await;
    let page = answer.text();
    assert!(!page.contains("<script>alert") && text(page).contains(MARKUP));
    let url = "https://myapp.com/?a=1&amp;lt;&amp;copy=2#%3C/code%3E";
    assert!(page.contains(&format!("SIGN_IN_FALLBACK_REDIRECT_URL=\"{url}\"")), "as text of the page");
    let url = url.replace("&amp;", "&amp;amp;");
    assert!(page.contains(&format!("afterSignOutUrl=\"{url}\"")), "as text of the page that is an attribute in JSX");
}
