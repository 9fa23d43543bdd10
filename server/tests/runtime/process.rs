//! A process that serves the portal, inside the test: its snapshots, its listener and its router.

use std::{future::Future, net::SocketAddr, time::Duration};

use app::{
    fixtures::{self, find, other_app},
    history::Actor,
    instances::store,
    redirects::{Flow, Instance, Settings},
    runtimes::{Runtime, RuntimeRole},
};
use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{Request, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use server::{
    config::SecondFactor,
    http::{dashboard_url::DashboardUrl, options::HttpOptions},
    portal::{
        listener::{Listener, Timing},
        snapshot::Snapshots,
    },
    secret_key_file::SecretKeyFile,
};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// More memory than any test needs.
const ROOM: u64 = 16 << 20;

/// Does not poll during a test, so that only notifications keep instances up to date.
pub(crate) fn by_notification() -> Timing {
    Timing { poll_interval: Duration::from_hours(1)..Duration::from_hours(2), ..often() }
}

/// Polls all the time.
pub(crate) fn often() -> Timing {
    let (short, second) = (Duration::from_millis(20), Duration::from_secs(1));
    Timing { poll_interval: short..2 * short, step_timeout: second, probe_timeout: 5 * second, retry_delay: short..2 * short }
}

/// A process, as its visitors see it.
pub(crate) struct Process {
    router: Router,
    pub(crate) snapshots: Snapshots,
    pub(crate) runtime: Option<Runtime>,
    listening: Option<JoinHandle<()>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

/// The connection options of a test's database.
pub(crate) fn options(pool: &PgPool) -> PgConnectOptions {
    PgConnectOptions::clone(&pool.connect_options())
}

impl Process {
    /// Without a listener. Dashboard and portal share a pool.
    pub(crate) fn without_listener(options: PgConnectOptions) -> Self {
        let pool = PgPoolOptions::new().max_connections(3).acquire_timeout(Duration::from_secs(2)).connect_lazy_with(options);
        Self::over(pool.clone(), pool)
    }

    /// Without a listener.
    pub(crate) fn over(dashboard: PgPool, loading: PgPool) -> Self {
        let snapshots = Snapshots::new(loading, ROOM);
        let dashboard_url = DashboardUrl::new(None, ([127, 0, 0, 1], 3000).into()).unwrap();
        let second_factor = SecondFactor { is_required: false, key_file: SecretKeyFile::new("/nowhere/secret.key") };
        let router = server::router::site(dashboard, snapshots.clone(), dashboard_url, HttpOptions::default(), second_factor).router;
        let router = router.layer(MockConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000))));
        Self { router, snapshots, runtime: None, listening: None }
    }

    /// With a listener over the same connection options, which has caught up once.
    pub(crate) async fn start(options: PgConnectOptions, timing: Timing) -> Self {
        Self::without_listener(options).listening(timing, |listener| listener).await
    }

    /// With a listener, which has caught up once.
    pub(crate) async fn listening(mut self, timing: Timing, change: impl FnOnce(Listener) -> Listener) -> Self {
        let listener = change(Listener::new(self.snapshots.clone(), RuntimeRole::All).unwrap().with_timing(timing));
        self.runtime = Some(listener.runtime().clone());
        self.listening = Some(tokio::spawn(async move { match listener.run().await {} }));
        until(async || self.snapshots.status().connected).await;
        self
    }

    /// The response to a visitor.
    pub(crate) async fn ask(&self, host: &str, path: &str) -> Response {
        let request = Request::get(path).header(header::HOST, host).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// The response to a visitor with that cookie.
    pub(crate) async fn ask_with(&self, host: &str, path: &str, cookie: &str) -> Response {
        let request = Request::get(path).header(header::HOST, host).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// The served version of the instance with that slug.
    pub(crate) async fn version(&self, slug: &str) -> Result<i64, StatusCode> {
        version(self.ask("localhost:3000", &format!("/portal/{slug}/v1/redirects")).await).await
    }

    /// The served version at that host.
    pub(crate) async fn version_at(&self, host: &str) -> Result<i64, StatusCode> {
        version(self.ask(host, "/v1/redirects").await).await
    }

    /// The instance that is served at that host.
    pub(crate) async fn slug_at(&self, host: &str) -> Result<String, StatusCode> {
        Ok(json(self.ask(host, "/v1/redirects").await).await?["instance"].as_str().unwrap().to_owned())
    }

    /// The served fallback redirect after sign-in of the instance with that slug.
    pub(crate) async fn after_sign_in(&self, slug: &str) -> Result<String, StatusCode> {
        let served = json(self.ask("localhost:3000", &format!("/portal/{slug}/v1/redirects")).await).await?;
        Ok(served["redirects"]["after_sign_in_url"]["value"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until that version is served.
    pub(crate) async fn until_version(&self, slug: &str, version: i64) {
        until(async || self.version(slug).await == Ok(version)).await;
    }
}

async fn json(answer: Response) -> Result<serde_json::Value, StatusCode> {
    if answer.status() != StatusCode::OK {
        return Err(answer.status());
    }
    Ok(serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap())
}

async fn version(answer: Response) -> Result<i64, StatusCode> {
    Ok(json(answer).await?["version"].as_i64().unwrap())
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn until(so: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
    let asked_at = std::panic::Location::caller();
    async move {
        for _ in 0..4000 {
            if so().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("what is waited for at {asked_at} does not come");
    }
}

/// Creates an instance on `<slug>.com`, at version 1.
pub(crate) async fn create(pool: &PgPool, slug: &str) {
    fixtures::create(pool, &other_app(slug)).await;
}

/// Saves as another process would, and returns the version.
pub(crate) async fn save(pool: &PgPool, slug: &str) -> i64 {
    let version = find(pool, slug).await.instance.version();
    fixtures::save_fallbacks(pool, &Actor::server(), slug, &[(Flow::SignIn, &format!("/{version}"))]).await
}

/// Moves an instance's portal to another origin, and returns the version.
pub(crate) async fn move_to(pool: &PgPool, slug: &str, portal_origin: &str) -> i64 {
    let stored = find(pool, slug).await;
    let settings = Settings { portal_origin: portal_origin.into(), ..stored.settings };
    let instance = Instance::parse(&settings, stored.instance.version()).unwrap();
    store::update(pool, &Actor::server(), &instance, &stored.domain_typed, "", None).await.unwrap()
}
