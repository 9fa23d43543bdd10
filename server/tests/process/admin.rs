//! An admin who owns what is tested, and saves through the dashboard.

use std::io;

use app::{
    fixtures::{create_owned, other_app, owner, session},
    history::Actor,
    redirects::{Environment, Flow, Settings},
};
use sqlx::PgPool;

use super::Client;

/// How many questions about a save are answered before something is wrong.
const MAX_QUESTIONS: usize = 5;

/// A session in the dashboard.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    actor: Actor,
    cookie: String,
}

/// What became of a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// It is stored, says the server.
    Yes,
    /// Somebody else was first: it is not stored.
    Conflict,
    /// The server could not say.
    Unknown,
}

impl Admin {
    /// Makes the account and the session.
    pub(crate) async fn new(pool: &PgPool) -> Self {
        let actor = owner(pool).await;
        let token = session(pool, actor.admin.unwrap()).await;
        Self { actor, cookie: format!("portal-redirects-session={}", token.secret()) }
    }

    /// Creates an instance without fallback redirects, at version 1.
    pub(crate) async fn create(&self, pool: &PgPool, slug: &str, domain: &str) {
        let settings = Settings { environment: Environment::Production, domain: domain.into(), ..other_app(slug) };
        create_owned(pool, &self.actor, &settings).await;
    }

    /// The line of the dashboard that says on how many runtimes the stored version is live; nothing if there is no page.
    pub(crate) fn live_line(&self, server: &mut Client, slug: &str) -> Option<String> {
        let page = server.get_page(&format!("/instances/{slug}/redirects"), &self.cookie).ok().filter(|page| page.status == 200)?;
        let page = String::from_utf8(page.body).ok()?;
        let line = page.split_once("<span class=\"dot\"></span><span>")?.1.split_once("</span>")?.0;
        Some(line.to_owned())
    }

    /// Saves one value for all seven flows, over the version that is there.
    ///
    /// # Errors
    /// The connection. Then nobody knows what became of it.
    pub(crate) fn save(&self, server: &mut Client, slug: &str, version: i64, value: &str) -> io::Result<Saved> {
        let version = version.to_string();
        let flows = Flow::ALL.map(|flow| (flow.field(), value));
        let form: Vec<_> = std::iter::once(("version", version.as_str())).chain(flows).collect();
        let path = format!("/instances/{slug}/redirects");
        let mut answer = server.post(&path, &self.cookie, &form)?;
        // Where many visits would end elsewhere, saving asks first, and again if that share has clearly grown before the reply.
        for _ in 0..MAX_QUESTIONS {
            if answer.status != 422 {
                break;
            }
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            let Some(seen) = page.split_once("name=\"confirmed\" value=\"").and_then(|(_, rest)| rest.split('"').next()) else { break };
            let form: Vec<_> = form.iter().copied().chain([("confirmed", seen)]).collect();
            answer = server.post(&path, &self.cookie, &form)?;
        }
        Ok(match answer.status {
            303 => Saved::Yes,
            409 => Saved::Conflict,
            status if status >= 500 => Saved::Unknown,
            status => {
                let page = String::from_utf8_lossy(&answer.body);
                // The head of a page is long, and says nothing about the save.
                panic!("a save was answered {status}: {}", page.split_once("<main").map_or(&*page, |(_, main)| main))
            }
        })
    }
}
