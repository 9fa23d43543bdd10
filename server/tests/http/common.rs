//! What the tests share: an instance to ask about, requests through the whole router, and answers read whole.

use std::{net::SocketAddr, path::Path};

pub(crate) use app::fixtures::{OWNER, account, fallbacks, member, my_app, other_app, owner};
use app::{
    fixtures::{self, create_owned, session},
    redirects::{Environment, Flow, Settings},
};
use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, request::Builder},
    response::Response,
};
use http_body_util::BodyExt;
use server::{
    config::SecondFactor,
    http::{dashboard_url::DashboardUrl, options::HttpOptions},
    portal::{
        FastPath,
        snapshot::Snapshots,
        visits::{Flusher, VisitCounter},
    },
    secret_key_file::SecretKeyFile,
};
use sqlx::PgPool;
use tower::ServiceExt;

use crate::html;

/// The host that the tests ask, unless they say another.
pub(crate) const HOST: &str = "localhost:3000";

/// The kind of body that an HTML form posts.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The secret key of the servers in these tests.
pub(crate) fn key_file() -> SecretKeyFile {
    SecretKeyFile::in_data_dir(Path::new(env!("CARGO_TARGET_TMPDIR")))
}

/// The dashboard's URL, configured or not.
fn dashboard_at(url: Option<&str>) -> DashboardUrl {
    DashboardUrl::new(url.map(|url| url.parse().unwrap()), ([127, 0, 0, 1], 3000).into()).unwrap()
}

/// An answer, read to its end; a page without Leptos' marks.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Everything that is served, over one database, as one browser sees it.
#[derive(Clone)]
pub(crate) struct Site {
    router: Router,
    fast_path: FastPath,
    snapshots: Snapshots,
    visits: VisitCounter,
    cookie: Option<String>,
}

impl Site {
    /// Asked by [`OWNER`], who is signed in.
    pub(crate) async fn new(pool: &PgPool) -> Self {
        Self::anonymous(pool).signed_in(pool, owner(pool).await.admin.unwrap()).await
    }

    /// Asked by somebody who is not signed in.
    pub(crate) fn anonymous(pool: &PgPool) -> Self {
        Self::under(pool, None)
    }

    /// With a URL of its own for the dashboard; nobody is signed in.
    pub(crate) fn under(pool: &PgPool, dashboard_url: Option<&str>) -> Self {
        Self::with_options(pool, dashboard_url, HttpOptions::default())
    }

    /// With what it says about second factors.
    pub(crate) fn with_second_factor(pool: &PgPool, dashboard_url: Option<&str>, second_factor: SecondFactor) -> Self {
        Self::with(pool, dashboard_at(dashboard_url), HttpOptions::default(), second_factor)
    }

    /// With options of its own.
    pub(crate) fn with_options(pool: &PgPool, dashboard_url: Option<&str>, options: HttpOptions) -> Self {
        Self::with(pool, dashboard_at(dashboard_url), options, SecondFactor { is_required: false, key_file: key_file() })
    }

    /// With `--insecure-http`; nobody is signed in.
    pub(crate) fn insecure_http(pool: &PgPool) -> Self {
        let second_factor = SecondFactor { is_required: false, key_file: key_file() };
        Self::with(pool, dashboard_at(None).with_insecure_http(true), HttpOptions::default(), second_factor)
    }

    fn with(pool: &PgPool, dashboard_url: DashboardUrl, options: HttpOptions, second_factor: SecondFactor) -> Self {
        let visits = VisitCounter::new(1024 * 1024);
        let snapshots = Snapshots::new(pool.clone(), 16 * 1024 * 1024).with_visits(visits.clone());
        let site = server::router::site(pool.clone(), snapshots.clone(), dashboard_url, options, second_factor);
        Self::of(site, snapshots, visits)
    }

    /// A runtime without a dashboard.
    pub(crate) fn portal(pool: &PgPool, dashboard_url: Option<&str>, options: HttpOptions) -> Self {
        let url = dashboard_url.map(|url| url.parse().unwrap());
        let dashboard_url = DashboardUrl::new(url, ([127, 0, 0, 1], 3000).into()).unwrap();
        let visits = VisitCounter::off();
        let snapshots = Snapshots::new(pool.clone(), 16 * 1024 * 1024).with_visits(visits.clone());
        let site = server::router::portal_site(pool.clone(), snapshots.clone(), dashboard_url, options);
        Self::of(site, snapshots, visits)
    }

    fn of(site: server::router::Site, snapshots: Snapshots, visits: VisitCounter) -> Self {
        let router = site.router.layer(MockConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000))));
        Self { router, fast_path: site.fast_path, snapshots, visits, cookie: None }
    }

    /// The same server, as the browser of that admin sees it.
    pub(crate) async fn signed_in(&self, pool: &PgPool, admin: i64) -> Self {
        self.with_cookie(format!("portal-redirects-session={}", session(pool, admin).await.secret()))
    }

    /// The same server, as a browser with that cookie sees it.
    pub(crate) fn with_cookie(&self, cookie: String) -> Self {
        Self { cookie: Some(cookie), ..self.clone() }
    }

    /// The whole router.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// What is answered before the router.
    pub(crate) fn fast_path(&self) -> FastPath {
        self.fast_path.clone()
    }

    /// What the portal serves from.
    pub(crate) fn snapshots(&self) -> Snapshots {
        self.snapshots.clone()
    }

    /// Stores the visits that it has counted.
    pub(crate) async fn flush(&self, pool: &PgPool) {
        Flusher::new(&self.visits, pool.clone(), 90).unwrap().flush().await.unwrap();
    }

    /// Every route, as the router itself lists it.
    pub(crate) fn listed(&self) -> String {
        format!("{:?}", self.router)
    }

    /// Its cookies; empty where it has none.
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap_or_default()
    }

    /// Sends a request as a browser does: with its cookie, and saying where it comes from.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().entry(header::COOKIE).or_insert(cookie.parse().unwrap());
        }
        if !request.headers().contains_key("origin") {
            request.headers_mut().entry("sec-fetch-site").or_insert(HeaderValue::from_static("same-origin"));
        }
        self.send_bare(request).await
    }

    /// Sends a request as it is. What the test has stored behind the server's back is known to it, as notifications would make it
    /// a moment later; whether they do, the tests of the listener say.
    pub(crate) async fn send_bare(&self, request: Request<Body>) -> Answer {
        // Some tests have no database any more.
        drop(self.snapshots.catch_up().await);
        self.send_unaided(request).await
    }

    /// Sends a request with its cookie, and leaves the answer unread.
    pub(crate) async fn send_unread(&self, mut request: Request<Body>) -> Response {
        request.headers_mut().insert(header::COOKIE, self.cookie().parse().unwrap());
        request.headers_mut().insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as it is, to a server that has heard of nothing.
    pub(crate) async fn send_unaided(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let mut body = body.collect().await.unwrap().to_bytes().to_vec();
        if parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
            && let Ok(page) = str::from_utf8(&body)
        {
            body = html::without_marks(page).into_bytes();
        }
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// Asks with headers; a `host` among them takes the place of the usual one.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers).body(Body::empty()).unwrap()).await
    }

    /// Posts a form as a browser writes it.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post_body(path, &[(header::CONTENT_TYPE.as_str(), FORM)], body).await
    }

    /// Posts the form of a page as a browser does, with these values typed into it.
    pub(crate) async fn edit(&self, page: &Answer, path: &str, typed: &[(&str, &str)]) -> Answer {
        let mut form = html::form(page.text());
        for (name, value) in typed {
            form.iter_mut().find(|field| field.0 == *name).unwrap().1 = (*value).to_owned();
        }
        let form: Fields<'_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(path, &form).await
    }

    pub(crate) async fn post_body(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.send(request(Method::POST, path, headers).body(body.into()).unwrap()).await
    }
}

pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Builder {
    let named = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    let builder = Request::builder().method(method).uri(path);
    let builder = if named { builder } else { builder.header(header::HOST, HOST) };
    headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value))
}

/// Creates `my-app`, which [`OWNER`] owns, at version 1.
pub(crate) async fn store_my_app(pool: &PgPool, environment: Environment) {
    store_instance(pool, &Settings { environment, ..my_app() }).await;
}

/// Creates an instance that [`OWNER`] owns.
pub(crate) async fn store_instance(pool: &PgPool, settings: &Settings) {
    create_owned(pool, &owner(pool).await, settings).await;
}

/// Replaces the fallback redirects of `my-app`, as [`OWNER`].
pub(crate) async fn store_fallbacks(pool: &PgPool, values: &[(Flow, &str)]) {
    fixtures::save_fallbacks(pool, &owner(pool).await, "my-app", values).await;
}

/// A form's fields, as a browser posts them.
pub(crate) type Fields<'a> = Vec<(&'a str, &'a str)>;

/// The form of an instance on myapp.com, everything else left at its default.
pub(crate) fn instance_form<'a>() -> Fields<'a> {
    let (slug, environment) = (("slug", ""), ("environment", "production"));
    vec![
        ("version", "0"),
        ("name", "My App!"),
        slug,
        environment,
        ("domain", "myapp.com"),
        ("portal_origin", ""),
        ("home_url", ""),
        ("allowed_origins", ""),
    ]
}

/// The form of the Redirects tab, every field empty.
pub(crate) fn fallback_form(version: &str) -> Fields<'_> {
    std::iter::once(("version", version)).chain(Flow::ALL.map(|flow| (flow.field(), ""))).collect()
}

/// The form with another value in one field.
pub(crate) fn with<'a>(mut fields: Fields<'a>, name: &str, value: &'a str) -> Fields<'a> {
    fields.iter_mut().find(|field| field.0 == name).unwrap().1 = value;
    fields
}
