//! A visitor's request for a page: of which instance, by which link, from where, and who they are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    admins::{Token, entry::Client},
    portal::{
        self,
        address::{Address, Page, Then},
        identity::{Identity, IdentityError, Visitor},
        view::Notice,
    },
    redirects::{Flow, Link, MOST_QUERY_BYTES, Visit as Visited, resolve},
};
use axum::{
    Extension,
    extract::{FromRequestParts, RawPathParams},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use sqlx::PgPool;

use super::{
    ClientAddress, Portal,
    requesting_page::{Arrival, Asking},
    response::{self, misdirected},
};
use crate::{
    dashboard::rate_limits::Limits,
    http::{
        cookies::{self, Visitors},
        layers::{asked_host, host_name},
    },
    portal::{
        closed,
        problem_details::Problem,
        snapshot::{Asked, Snapshot, Snapshots},
    },
};

/// How long a page waits for whoever recognises visitors, before it goes on without.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long something that is done may take. Hashing a password takes its time where many want that at once.
const LONGEST: Duration = Duration::from_secs(8);

/// A visitor's request for a page of an instance whose portal is open.
pub(super) struct Visit {
    pub(super) snapshot: Snapshot,
    /// The addresses of the portal's pages, with what the link says.
    pub(super) address: Address,
    /// Where the visitor came from.
    pub(super) arrival: Arrival,
    /// Whose cookies count.
    pub(super) visitors: Visitors,
    /// The browser, with the session that it has.
    pub(super) client: Client,
    /// What they were about to do.
    pub(super) then: Option<Then>,
    /// Whether a link on another site led here, as far as the browser says.
    is_led: bool,
    /// Whether the visitor is only known from before.
    is_recalled: AtomicBool,
    query: String,
    portal: Portal,
}

impl FromRequestParts<Snapshots> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, Response> {
        let Ok(Asked(found)) = Asked::from_request_parts(parts, snapshots).await;
        let without = |_| StatusCode::INTERNAL_SERVER_ERROR.into_response();
        let Extension(portal) = Extension::<Portal>::from_request_parts(parts, snapshots).await.map_err(without)?;
        let base = base(parts).await;
        Self::of(parts, found, base, portal)
    }
}

impl Visit {
    /// The visit of a request for what was found, or what is answered in its place.
    #[expect(clippy::result_large_err, reason = "the answer is all that there is then, and goes straight out")]
    pub(super) fn of(parts: &Parts, found: Result<Snapshot, Problem>, base: String, portal: Portal) -> Result<Self, Response> {
        let snapshot = match found {
            Ok(snapshot) => snapshot,
            Err(Problem::Unavailable) => return Err(response::notice(None, Notice::Unavailable)),
            Err(_) => return Err(nowhere(parts, &portal)),
        };
        if let Some(shut) = closed::shut(&snapshot) {
            return Err(shut);
        }
        let secure = is_secure(parts, &portal, &snapshot, &base).ok_or_else(misdirected)?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let visitors = Visitors { instance: snapshot.id, secure };
        let asking = Asking { method: &parts.method, uri: &parts.uri, headers: &parts.headers, base: &base };
        let arrival = Arrival::of(asking, snapshot.instance.environment(), visitors);
        let client = Client {
            address: parts.extensions.get::<ClientAddress>().and_then(|ClientAddress(address)| *address),
            browser: parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
            session: cookies::visitor(&parts.headers, visitors),
            device: None,
        };
        let is_too_long = query.len() > MOST_QUERY_BYTES;
        let query = if is_too_long { String::new() } else { query };
        let link = Link::read(&query);
        let then = Then::read(&query);
        let requesting = arrival.requesting();
        let out =
            resolve(&snapshot.instance, &snapshot.fallbacks, Visited { flow: Flow::Logo, link: &link, requesting: requesting.as_ref() });
        // Cancel has no rule of its own: it leads where the logo does, which is the instance's own way out.
        let address = Address::new(base, &link, then, String::from(out.target));
        let is_led = parts.headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin");
        let is_recalled = AtomicBool::new(false);
        let visit = Self { snapshot, address, arrival, visitors, client, then, is_led, is_recalled, query, portal };
        if is_too_long { Err(visit.notice(Notice::LongLink)) } else { Ok(visit) }
    }
}

/// What the portal's paths begin with: nothing at its own host.
async fn base(parts: &mut Parts) -> String {
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else { return String::new() };
    params.iter().find(|(name, _)| *name == "slug").map(|(_, slug)| format!("/portal/{slug}")).unwrap_or_default()
}

/// Whether there is TLS between the visitor and the portal; `None` where it is asked for under a host that is not its own. Under a
/// path it is at the dashboard's: at another portal's host, an instance could pass for that one.
fn is_secure(parts: &Parts, portal: &Portal, snapshot: &Snapshot, base: &str) -> Option<bool> {
    let asked = asked_host(&parts.headers, &parts.uri)?;
    let host = host_name(asked)?;
    // The dashboard's own host is no instance's, whatever its portal origin says.
    if base.is_empty() && portal.reach.is_secure(&host) {
        return None;
    }
    let origin = snapshot.instance.portal_origin();
    let secure = origin.as_str().starts_with("https://");
    if base.is_empty() || origin.is_at(asked) { Some(secure) } else { portal.reach.is_own(&host).then(|| portal.reach.is_secure(&host)) }
}

/// There is no such instance. At a host that nobody knows, nothing is served at all.
fn nowhere(parts: &Parts, portal: &Portal) -> Response {
    let known = asked_host(&parts.headers, &parts.uri).and_then(host_name).is_some_and(|host| portal.reach.is_own(&host));
    if known { response::notice(None, Notice::Missing) } else { misdirected() }
}

impl Visit {
    /// What the visitor's link says.
    pub(super) fn link(&self) -> Link<'_> {
        Link::read(&self.query)
    }

    /// What the page has done before it was led to again. A link can't say so: who is told that all is well looks no further.
    pub(super) fn done(&self) -> Option<String> {
        if self.is_led {
            return None;
        }
        url::form_urlencoded::parse(self.query.as_bytes()).find(|(name, _)| name == "done").map(|(_, what)| what.into_owned())
    }

    /// The instance's key.
    pub(super) fn instance(&self) -> i64 {
        self.snapshot.id
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.portal.pool
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.portal.limits
    }

    /// Whoever recognises the instance's visitors.
    pub(super) fn identity(&self) -> Arc<dyn Identity> {
        portal::identity(self.snapshot.identity, &self.portal.pool, self.snapshot.id)
    }

    /// Who asks; `None` where nobody is signed in. Where that can't be found out right now, who was recognised before still is.
    pub(super) async fn visitor(&self) -> Result<Option<Visitor>, IdentityError> {
        let Some(token) = &self.client.session else { return Ok(None) };
        match bounded(PATIENCE, self.identity().visitor(token)).await {
            Ok(visitor) => {
                self.portal.remembered.learn(self.instance(), token, visitor.as_ref());
                Ok(visitor)
            }
            Err(error) => {
                let known = self.portal.remembered.find(self.instance(), token);
                self.is_recalled.store(known.is_some(), Ordering::Relaxed);
                known.map(Some).ok_or(error)
            }
        }
    }

    /// Who asks, where a page is for somebody in particular; else the answer that leads to signing in, and back.
    pub(super) async fn signed_in(&self, then: Then) -> Result<Visitor, Response> {
        match self.visitor().await {
            Ok(Some(visitor)) => Ok(visitor),
            Ok(None) => Err(self.lead(&self.address.to_sign_in_then(then))),
            Err(_) => Err(self.notice(Notice::Unavailable)),
        }
    }

    /// Does something that changes something, unless the database is gone: that is found out before, and soon. Who is only known
    /// from before changes nothing: their session may have ended elsewhere.
    pub(super) async fn done_soon<T>(&self, doing: impl Future<Output = Result<T, IdentityError>>) -> Result<T, IdentityError> {
        let answers = async { app::instances::store::ping(&self.portal.pool).await.map_err(|_| IdentityError::Unavailable) };
        bounded(PATIENCE, answers).await?;
        if self.is_recalled.load(Ordering::Relaxed) {
            return Err(IdentityError::Unavailable);
        }
        bounded(LONGEST, doing).await
    }

    /// Reads something that a page shows.
    pub(super) async fn soon<T>(&self, reading: impl Future<Output = Result<T, IdentityError>>) -> Result<T, IdentityError> {
        bounded(PATIENCE, reading).await
    }

    /// Forgets sessions of a visitor that have ended, but those that `kept` says.
    pub(super) fn forget(&self, visitor: &Visitor, kept: impl Fn(i64) -> bool) {
        self.portal.remembered.forget(self.instance(), visitor.id, kept);
    }

    /// Forgets a session whose token is given back.
    pub(super) fn forget_token(&self, token: &Token) {
        self.portal.remembered.learn(self.instance(), token, None);
    }

    /// Leads to a page of the portal.
    pub(super) fn lead_to(&self, page: Page) -> Response {
        self.lead(&self.address.to(page))
    }
}

/// Waits no longer than that.
async fn bounded<T>(longest: Duration, doing: impl Future<Output = Result<T, IdentityError>>) -> Result<T, IdentityError> {
    tokio::time::timeout(longest, doing).await.unwrap_or_else(|_| {
        tracing::warn!("a portal's page has waited for the database for {} s, and goes on without", longest.as_secs());
        Err(IdentityError::Unavailable)
    })
}
