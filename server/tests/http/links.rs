//! Many links at once: `POST /instances/{slug}/preview/links` and `…/links.csv`.

mod refused;
mod turns;

use app::redirects::{Environment, Flow};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, FORM, HOST, Site, store_fallbacks, store_my_app},
    html::{rows, text, text_of, textarea, value},
};

const PATH: &str = "/instances/my-app/preview/links";
const CSV: &str = "/instances/my-app/preview/links.csv";
const KIND: (&str, &str) = ("content-type", "multipart/form-data; boundary=edge");
const SIGN_IN: &str = "https://accounts.myapp.com/sign-in";
const EVIL: &str = "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fevil.com";

/// A part of a posted form: its name, the name of its file, its content.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\"\r\nContent-Type: text/plain"));
        body.extend_from_slice(format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    body
}

async fn post(site: &Site, path: &str, parts: &[Part<'_>]) -> Answer {
    site.post_body(path, &[KIND], body(parts)).await
}

/// Posts a pasted list, as a browser does where no file is chosen.
async fn paste(site: &Site, list: impl AsRef<[u8]>) -> Answer {
    post(site, PATH, &[("links", None, list.as_ref()), ("file", Some(""), b"")]).await
}

async fn upload(site: &Site, name: &str, content: impl AsRef<[u8]>) -> Answer {
    post(site, PATH, &[("links", None, b""), ("file", Some(name), content.as_ref())]).await
}

async fn site(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    Site::new(pool).await
}

/// What became of a list, in the sentence above the table; empty where there is none.
fn summary(answer: &Answer) -> String {
    text(answer.text().split_once("<h2 tabindex=\"-1\"").and_then(|(_, rest)| rest.split_once("</h2>")).map_or("", |(h2, _)| h2))
        .trim_start_matches("autofocus>")
        .to_owned()
}

/// Why a list was not checked; empty where it was.
fn problem(answer: &Answer) -> String {
    text_of(answer.text(), "problem", "div").unwrap_or_default()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_takes_a_list_or_a_file(pool: PgPool) {
    let page = site(&pool).await.get(PATH).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("<title>Preview · MyApp · Portal Redirects</title>"));
    assert!(page.text().contains("enctype=\"multipart/form-data\"") && page.text().contains("accept=\".csv,.txt,text/csv,text/plain\""));
    assert_eq!((textarea(page.text(), "links"), problem(&page), rows(page.text())), (String::new(), String::new(), vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn each_line_is_a_row_with_link_target_source_and_verdict(pool: PgPool) {
    let site = site(&pool).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/dashboard")]).await;
    let own = "https://accounts.myapp.com/sign-up?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx%26y";
    let answer = paste(&site, format!("{SIGN_IN}\r\n\r\n{EVIL}\r\n{own}\r\naccounts.myapp.com\r\n")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(summary(&answer), "4 links: 2 end as asked, 1 is refused, 1 is not a link to this portal");
    let refused = "Refused. redirect_url: evil.com is not on myapp.com. Use a URL on myapp.com, or add this origin under Settings.";
    let no_link = "No link. That is not a complete link. Start with https://accounts.myapp.com/. \
                   Corrected link: https://accounts.myapp.com/ Copy the corrected link";
    assert_eq!(
        rows(answer.text()),
        [
            vec!["3", EVIL, "https://myapp.com/dashboard", "Fallback redirect", refused],
            vec!["5", "accounts.myapp.com", "", "", no_link],
            vec!["1", SIGN_IN, "https://myapp.com/dashboard", "Fallback redirect", "Allowed"],
            vec!["4", own, "https://app.myapp.com/x&y", "redirect_url", "Allowed"],
        ]
    );
    let preview =
        "href=\"/instances/my-app/preview?link=https://accounts.myapp.com/sign-in%3Fredirect_url%3Dhttps%253A%252F%252Fevil.com\"";
    assert!(answer.text().contains(preview), "{}", answer.text());
    assert_eq!(textarea(answer.text(), "links"), format!("{SIGN_IN}\n\n{EVIL}\n{own}\naccounts.myapp.com\n"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_read_by_its_name_and_goes_before_what_is_pasted(pool: PgPool) {
    let site = site(&pool).await;
    for (name, content) in [
        ("links.txt", format!("{SIGN_IN}\n{EVIL}")),
        ("links.csv", format!("name,link\r\nSpring,{SIGN_IN}\r\n\"Sum\nmer\",{EVIL}\r\n")),
        ("Links.CSV", format!("\u{feff}url;name\r\n{SIGN_IN};x\r\n{EVIL};y\r\n")),
        ("links.tsv", format!("x\t{SIGN_IN}\ny\t{EVIL}\n")),
    ] {
        let answer = upload(&site, name, content).await;
        assert_eq!((answer.status, summary(&answer).as_str()), (StatusCode::OK, "2 links: 1 ends as asked, 1 is refused"), "{name}");
        assert!(text(answer.text()).contains(&format!("From {name}. ")), "{name}");
    }
    let both = post(&site, PATH, &[("links", None, b"pasted"), ("file", Some("a.txt"), SIGN_IN.as_bytes())]).await;
    assert_eq!(summary(&both), "1 link: 1 ends as asked");
    assert!(text(both.text()).contains("From a.txt. The pasted links were not checked."));
    assert_eq!(textarea(both.text(), "links"), "pasted");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_that_cannot_be_read_says_why_and_keeps_what_is_pasted(pool: PgPool) {
    let site = site(&pool).await;
    let too_many = "x\n".repeat(10_001);
    for (list, said) in [
        ("", "There is no link in it."),
        (" \r\n\t\r\n", "There is no link in it."),
        (too_many.as_str(), "10,001 links are too many: 10,000 are the limit for one list."),
    ] {
        let answer = paste(&site, list).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(problem(&answer).contains(said), "{}", problem(&answer));
        assert!(answer.text().contains("href=\"#links\""), "{said}");
        assert_eq!(textarea(answer.text(), "links"), list.replace("\r\n", "\n"), "{said}");
        assert_eq!(rows(answer.text()).len(), 0, "{said}");
    }
    for (name, content, said) in [
        ("a.csv", &b"name,address\nx,y"[..], "No column is named link or url. The first row is: name, address."),
        ("a.csv", b"", "There is no link in it."),
        ("a.csv", b"link,note\nx,\"y\nz", "A quote in the row on line 2 is never closed"),
        ("a.txt", b"x\n\xFF", "Line 2 is not UTF-8 text."),
        ("a.csv", b"link\n\xC0\xAF", "Line 2 is not UTF-8 text."),
        ("a.csv", b"\xFF\xFEl\0", "That is UTF-16."),
        ("a.csv", format!("link\n{too_many}").as_bytes(), "10,001 links are too many"),
    ] {
        let answer = post(&site, PATH, &[("links", None, SIGN_IN.as_bytes()), ("file", Some(name), content)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(problem(&answer).contains(said), "{}", problem(&answer));
        assert!(answer.text().contains("href=\"#file\""), "{said}");
        assert_eq!(textarea(answer.text(), "links"), SIGN_IN, "{said}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_that_are_no_links_stop_nothing(pool: PgPool) {
    let site = site(&pool).await;
    let ten = format!("{SIGN_IN}?{}", "redirect_url=/a&".repeat(10));
    let megabyte = "x".repeat(1_000_000);
    let list = [
        "https://evil.com/sign-in",
        "myapp.com/sign-in",
        "a\u{1}\u{0}\u{202e}b",
        &ten,
        &format!("{SIGN_IN}?redirect_url=%ZZ"),
        &format!("{SIGN_IN}?redirect_url=%FF"),
        &megabyte,
        "=HYPERLINK(\"https://evil.com\")",
        "<script>alert(1)</script>",
    ];
    let answer = paste(&site, list.join("\n")).await;
    assert_eq!((answer.status, summary(&answer).as_str()), (StatusCode::OK, "9 links: 3 end as asked, 6 are not links to this portal"));
    let mut rows = rows(answer.text());
    rows.sort_by_key(|row| row[0].parse::<usize>().unwrap());
    let said = |at: usize, text: &str| assert!(rows[at][4].contains(text), "{:?}", rows[at]);
    said(0, "No link. It leads to https://evil.com.");
    said(1, "No link. That is not a complete link.");
    assert_eq!(rows[2][1], "a\\u{1}\u{fffd}\\u{202e}b");
    said(3, "Allowed. redirect_url appears 10 times. The first one counts.");
    said(4, "A % without two hexadecimal digits");
    said(5, "Some bytes are not valid UTF-8");
    said(6, "No link. That is too long: 1000000 bytes");
    assert!(rows[6][1].ends_with("… and 999,760 more bytes"), "{}", rows[6][1].len());
    assert_eq!(answer.text().matches("<script>alert").count(), 0);
    assert_eq!(answer.text().matches("href=\"/instances/my-app/preview?link=").count(), 8, "but for the one that is too long");
}

#[sqlx::test(migrations = "../migrations")]
async fn two_mebibytes_are_taken_and_more_is_said_to_be_too_much(pool: PgPool) {
    let site = site(&pool).await;
    let most = format!("{SIGN_IN}?username={}\r\n", "x".repeat(9000)).repeat(231);
    let most = format!("{most}{}", "y".repeat(2 * 1024 * 1024 + 231 - most.len()));
    assert_eq!(summary(&paste(&site, &most).await), "232 links: 231 end as asked, 1 is not a link to this portal");
    assert_eq!(upload(&site, "a.txt", &most).await.status, StatusCode::OK);
    for more in [1, 3 * 1024 * 1024] {
        let long = format!("{most}{}", "y".repeat(more));
        let answer = post(&site, PATH, &[("links", None, b"kept"), ("file", Some("a.txt"), long.as_bytes())]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{more}");
        assert!(problem(&answer).contains("That is more than 2 MiB, the limit for one list."), "{more}: {}", problem(&answer));
        assert_eq!(textarea(answer.text(), "links"), "kept", "{more}");
    }
    let never_read_to_its_end = upload(&site, "a.txt", vec![b'y'; 20 * 1024 * 1024]).await;
    assert_eq!(never_read_to_its_end.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(problem(&never_read_to_its_end).contains("That is more than 2 MiB"));
    let long = format!("{most}y");
    let pasted = paste(&site, &long).await;
    assert_eq!((pasted.status, textarea(pasted.text(), "links").len()), (StatusCode::PAYLOAD_TOO_LARGE, long.len() - 231));
}

#[sqlx::test(migrations = "../migrations")]
async fn ten_thousand_links_are_shown_in_pages_refused_ones_first(pool: PgPool) {
    let site = site(&pool).await;
    let list: String =
        (0..10_000).map(|at| if at % 500 == 0 { format!("{EVIL}/{at}\n") } else { format!("{SIGN_IN}?username={at}\n") }).collect();
    let first = upload(&site, "links.txt", list).await;
    assert_eq!(summary(&first), "10,000 links: 9,980 end as asked, 20 are refused");
    let lines = |answer: &Answer| rows(answer.text()).iter().map(|row| row[0].parse().unwrap()).collect::<Vec<usize>>();
    let refused = (0..20).map(|at| at * 500 + 1);
    assert_eq!(lines(&first), refused.clone().chain(2..=81).collect::<Vec<_>>());

    let carried = value(first.text(), "links");
    let again = async |query: &str| post(&site, &format!("{PATH}?{query}"), &[("links", None, carried.as_bytes())]).await;
    assert_eq!(lines(&again("show=all&page=2").await), (82..=181).collect::<Vec<_>>());
    assert_eq!(lines(&again("show=all&page=100").await).last(), Some(&10_000));
    assert_eq!(lines(&again("show=refused&page=1").await), refused.collect::<Vec<_>>());
    assert_eq!(lines(&again("show=all&page=101").await).last(), Some(&10_000), "a page that does not exist is the nearest one");
}

#[sqlx::test(migrations = "../migrations")]
async fn another_page_keeps_the_files_name_and_what_was_pasted_beside_it(pool: PgPool) {
    let site = site(&pool).await;
    let csv = format!("name,link\nx,{SIGN_IN}\ny,{EVIL}\n");
    let first = post(&site, PATH, &[("links", None, b"\n<b>pasted"), ("file", Some("<i>.csv"), csv.as_bytes())]).await;
    let [links, name, pasted] = ["links", "file_name", "pasted"].map(|field| value(first.text(), field));
    let parts: [Part<'_>; 3] =
        [("links", None, links.as_bytes()), ("file_name", None, name.as_bytes()), ("pasted", None, pasted.as_bytes())];
    let second = post(&site, &format!("{PATH}?show=refused&page=1"), &parts).await;
    assert_eq!(summary(&second), "2 links: 1 ends as asked, 1 is refused");
    assert_eq!(rows(second.text()).iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["3"]);
    for answer in [&first, &second] {
        assert!(text(answer.text()).contains("From <i>.csv. The pasted links were not checked."));
        assert_eq!(textarea(answer.text(), "links"), "\n<b>pasted");
        assert!(!answer.text().contains("<i>") && !answer.text().contains("<b>pasted"));
    }
    let file = post(&site, &format!("{CSV}?show=refused"), &parts).await;
    assert_eq!(file.text().lines().count(), 2, "the head and one row: {}", file.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_pasted_is_shown_again_as_text(pool: PgPool) {
    let site = site(&pool).await;
    for list in ["</textarea><script>alert(1)</script>", "\n\n</TEXTAREA x>&lt;'\"", "x\n<!--"] {
        let answer = paste(&site, list).await;
        assert_eq!(textarea(answer.text(), "links"), list);
        assert!(!answer.text().contains("<script>alert") && !answer.text().contains("</TEXTAREA"), "{list}");
    }
    let named = upload(&site, "<b>'.txt", "x").await;
    assert!(text(named.text()).contains("From <b>'.txt.") && !named.text().contains("<b>'"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_shown_is_downloaded_with_the_lines_of_the_list(pool: PgPool) {
    let site = site(&pool).await;
    let list = format!("link,name\n{SIGN_IN},a\n\n{EVIL},\"=1+1\n2\"\n=1+1,b\n\"{SIGN_IN}?a=1,2;\"\"'\",c\n");
    let page = upload(&site, "a.csv", list).await;
    let carried = value(page.text(), "links");
    let download = async |show: Option<&str>| {
        let mut parts: Vec<Part<'_>> = vec![("links", None, carried.as_bytes())];
        parts.extend(show.map(|show| ("show", None, show.as_bytes())));
        let answer = post(&site, CSV, &parts).await;
        assert_eq!(answer.status, StatusCode::OK, "{show:?}");
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"my-app-links.csv\"");
        assert_eq!((answer.header("x-content-type-options"), answer.header("cache-control")), ("nosniff", "no-store"));
        answer.text().to_owned()
    };
    let head = "\u{feff}\"line\",\"link\",\"target\",\"source\",\"verdict\",\"reason\",\"note\",\"corrected_link\"\r\n";
    let first = format!("2,\"{SIGN_IN}\",\"https://myapp.com/\",\"home_url\",\"allowed\",\"\",\"\",\"\"\r\n");
    let refused = format!(
        "4,\"{EVIL}\",\"https://myapp.com/\",\"home_url\",\"refused\",\"redirect_url: evil.com is not on myapp.com. Use a URL on myapp.com, \
         or add this origin under Settings.\",\"\",\"\"\r\n"
    );
    let no_link =
        "6,\"'=1+1\",\"\",\"\",\"no-link\",\"That is not a complete link. Start with https://accounts.myapp.com/.\",\"\",\"\"\r\n"
            .to_owned();
    let odd = format!("7,\"{SIGN_IN}?a=1,2;\"\"'\",\"https://myapp.com/\",\"home_url\",\"allowed\",\"\",\"Ignored: a.\",\"\"\r\n");
    for all in [None, Some("all"), Some("nonsense")] {
        assert_eq!(download(all).await, format!("{head}{first}{refused}{no_link}{odd}"), "{all:?}");
    }
    assert_eq!(download(Some("refused")).await, format!("{head}{refused}"));
    assert_eq!(download(Some("no-link")).await, format!("{head}{no_link}"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_download_of_what_cannot_be_read_shows_the_page(pool: PgPool) {
    let site = site(&pool).await;
    let empty = post(&site, CSV, &[("links", None, b"\n")]).await;
    assert_eq!((empty.status, empty.header("content-disposition")), (StatusCode::UNPROCESSABLE_ENTITY, ""));
    assert!(problem(&empty).contains("There is no link in it."));
    let none = post(&site, "/instances/none/preview/links.csv", &[("links", None, b"x")]).await;
    assert_eq!((none.status, none.header("content-disposition")), (StatusCode::NOT_FOUND, ""));
}
