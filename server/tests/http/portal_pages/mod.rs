//! The hosted pages, as a visitor's browser sees them: at the portal's own host and below a path of the dashboard's.

mod check_mail;
mod confirm_email;
mod defences;
#[expect(dead_code, reason = "unit tests use the rest of it")]
#[path = "../../../src/identity_provider/tests/fake_provider.rs"]
pub(crate) mod fake_provider;
mod forgot_password;
mod identity_provider;
mod invitations;
mod links;
mod openid;
mod openid_hints;
mod openid_posts;
mod organizations;
mod outage;
mod places;
mod requesting_page;
mod session;
mod sign_in;
mod sign_out;
mod sign_up;
mod unauthorized_sign_in;
mod user;
mod visits;
mod waitlist;
mod way_out;

use std::collections::BTreeMap;

use app::{
    portal::view::{FORM_PAGE, LOCAL_TIMES, MOVE_ON},
    redirects::{Environment, Settings},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, FORM, Site, other_app, store_instance, store_my_app},
    html,
};

/// The portal's host of the instance that the tests store.
const HOST: &str = "accounts.myapp.com";

const PASSWORD: &str = "correct horse battery staple";

/// A visitor's browser, which keeps cookies and knows the host that it asks.
#[derive(Clone)]
struct Browser {
    site: Site,
    host: &'static str,
    cookies: BTreeMap<String, String>,
    /// What it sends with each request. Without anything, it is a client that is no browser.
    headers: &'static [(&'static str, &'static str)],
}

/// What browsers send when they open a page in a window.
const NAVIGATION: &[(&str, &str)] = &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("sec-fetch-site", "same-origin")];

impl Browser {
    fn at(site: &Site, host: &'static str) -> Self {
        Self { site: site.clone(), host, cookies: BTreeMap::new(), headers: &[] }
    }

    /// At the portal of an instance on myapp.com, in production.
    async fn at_my_app(pool: &PgPool) -> Self {
        store_my_app(pool, Environment::Production).await;
        Self::at(&Site::anonymous(pool), HOST)
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let cookie = self.cookie();
        let answer = self.site.get_with(path, &[&[("host", self.host), ("cookie", cookie.as_str())], self.headers, headers].concat()).await;
        self.keep(answer)
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post_body(path, &[], body).await
    }

    async fn post_body(&mut self, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let cookie = self.cookie();
        let own = [("host", self.host), ("cookie", cookie.as_str()), ("content-type", FORM)];
        let own: Vec<_> = own.into_iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name)).collect();
        let answer = self.site.post_body(path, &[&own, self.headers, headers].concat(), body).await;
        self.keep(answer)
    }

    /// Fills the page's form and sends it to its action.
    async fn send_form(&mut self, page: &Answer, typed: &[(&str, &str)]) -> Answer {
        let action = action(page.text());
        let mut fields = html::form(page.text());
        for (name, value) in typed {
            fields.iter_mut().find(|field| field.0 == *name).unwrap_or_else(|| panic!("{name}")).1 = (*value).to_owned();
        }
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&action, &fields).await
    }

    /// Signs a visitor up by email address, and returns the response.
    async fn sign_up(&mut self, link: &str, email: &str) -> Answer {
        let page = self.get(&format!("/sign-up{link}")).await;
        self.send_form(&page, &[("email_address", email), ("password", PASSWORD)]).await
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for cookie in answer.headers.get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// The action of the page's first form.
fn action(page: &str) -> String {
    let tag = &page[page.find("<form").expect("a form")..];
    let (_, rest) = tag.split_once(" action=\"").unwrap();
    rest.split_once('"').unwrap().0.replace("&amp;", "&")
}

#[track_caller]
fn assert_leads(answer: &Answer, to: &str) {
    let said = (answer.status, answer.header("location"), answer.header("cache-control"));
    assert_eq!(said, (StatusCode::SEE_OTHER, to, "no-store"), "{}", html::text(&String::from_utf8_lossy(&answer.body)));
}

/// A page with that status, which is neither cached nor indexed.
#[track_caller]
fn assert_page(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", html::text(&String::from_utf8_lossy(&answer.body)));
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("text/html; charset=utf-8", "no-store"));
    assert_eq!(answer.header("x-robots-tag"), "noindex");
    let page = without_own_script(answer);
    assert!(page.contains("<h1") && page.contains("<meta name=\"robots\" content=\"noindex\""), "{page}");
    for absent in ["<script", " style=", " onclick=", "http-equiv", "/pkg/"] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
}

/// The page without the one script that its policy lets through.
fn without_own_script(answer: &Answer) -> String {
    let page = answer.text();
    let Some((before, rest)) = page.split_once("<script>") else { return page.to_owned() };
    let (script, after) = rest.split_once("</script>").unwrap();
    let known = [&*FORM_PAGE, &*LOCAL_TIMES, &*MOVE_ON].into_iter().find(|known| known.text() == script).expect("a known script");
    assert!(answer.header("content-security-policy").contains(&format!("script-src {};", known.source)));
    format!("{before}{after}")
}

fn heading(answer: &Answer) -> String {
    let (_, rest) = answer.text().split_once("<h1").unwrap();
    html::text(rest.split_once('>').unwrap().1.split_once("</h1>").unwrap().0)
}

/// Stores a development instance whose portal is at a name of this machine.
async fn store_local(pool: &PgPool) {
    let settings = Settings {
        name: "Local".into(),
        domain: "localhost".into(),
        portal_origin: "http://accounts.localhost:3000".into(),
        home_url: "http://localhost:4000/".into(),
        ..other_app("local")
    };
    store_instance(pool, &settings).await;
}

/// Stores another instance.
async fn store_other(pool: &PgPool) {
    store_instance(pool, &Settings { name: "Other".into(), environment: Environment::Production, ..other_app("other") }).await;
}
