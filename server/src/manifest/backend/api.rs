//! Instances behind the management API of a server. What the token may not see is not there.

use app::manifest::{Action, FieldDiff, InstanceSettings, ManifestError, SCHEMA_PATH, SkippedRedirect};
use futures_util::{StreamExt, TryStreamExt, stream};
use hyper::{
    Method, StatusCode,
    header::{self, HeaderName},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    ARCHIVED_NOW, Exported, Handle, NotApplied, PAGE_SIZE, PlanResult, Planned, PlannedImpact, archived,
    transport::{Answer, Transport},
};
use crate::manifest::failure::Failure;

/// How many instances are asked for at the same time.
const AT_A_TIME: usize = 4;

/// The header with a random text by which the server knows a creation that comes twice.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A server, as the command line asks it.
#[derive(Debug)]
pub(crate) struct Api {
    transport: Transport,
    schema_url: String,
    /// All slugs in the order of the list, which is that of their bytes, once they were asked for.
    slugs: OnceCell<Vec<String>>,
}

#[derive(Deserialize)]
struct Page {
    instances: Vec<Listed>,
    /// The slug that the next page comes after.
    next: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    slug: String,
}

#[derive(Deserialize)]
struct Instance {
    settings: Value,
}

/// What a write changes, or would change.
#[derive(Deserialize)]
struct Change {
    changes: Vec<FieldDiff>,
    #[serde(default)]
    skipped: Vec<SkippedRedirect>,
    impact: Option<PlannedImpact>,
}

/// Settings that a server has, with the tag of their version.
struct Stored {
    settings: InstanceSettings,
    tag: String,
}

/// What a server has at a slug.
enum Found {
    Stored(Box<Stored>),
    /// An instance that can't be changed, and why.
    Refused(Vec<ManifestError>),
    /// Nothing that the token may see.
    Nothing,
}

impl Api {
    pub(super) fn open(server: &Url) -> Result<Self, Failure> {
        let transport = Transport::open(server)?;
        Ok(Self { schema_url: transport.url(SCHEMA_PATH).to_string(), transport, slugs: OnceCell::new() })
    }

    pub(super) fn schema_url(&self) -> &str {
        &self.schema_url
    }

    async fn slugs(&self) -> Result<&[String], Failure> {
        let listing = async {
            let (mut slugs, mut path) = (Vec::new(), "instances".to_owned());
            loop {
                let Page { instances, next } = self.transport.ask(Method::GET, &path, &[], None).await?.success()?.json()?;
                slugs.extend(instances.into_iter().map(|listed| listed.slug));
                let Some(after) = next else { break };
                path = format!("instances?after={}", encoded(&after));
            }
            Ok(slugs)
        };
        self.slugs.get_or_try_init(|| listing).await.map(Vec::as_slice)
    }

    async fn read(&self, slug: &str) -> Result<Found, Failure> {
        let answer = self.transport.ask(Method::GET, &path(slug), &[], None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Found::Nothing);
        }
        if let Some(errors) = answer.refused() {
            return Ok(Found::Refused(errors));
        }
        let answer = answer.success()?;
        let Instance { settings } = answer.json()?;
        let settings = InstanceSettings::read(&settings).map_err(|errors| {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            Failure::Unreachable(anyhow::anyhow!(
                "the server has settings that this program does not know; use one of its version: {first}"
            ))
        })?;
        Ok(Found::Stored(Box::new(Stored { settings, tag: answer.header(&header::ETAG)? })))
    }

    pub(super) async fn page(&self, after: &str) -> Result<Vec<Exported>, Failure> {
        let slugs = self.slugs().await?;
        let first = slugs.partition_point(|slug| slug.as_str() <= after);
        // One that was archived or removed since it was listed is left out.
        let found = self.read_all(&slugs[first..slugs.len().min(first + PAGE_SIZE)]).await?;
        Ok(found.into_iter().filter_map(|(slug, found)| exported(slug, found)).collect())
    }

    pub(super) async fn find(&self, slugs: &[String]) -> Result<Vec<Exported>, Failure> {
        let found = self.read_all(slugs).await?;
        match found.iter().find(|(_, found)| matches!(found, Found::Refused(_))) {
            Some((slug, _)) => Err(archived(slug)),
            None => Ok(found.into_iter().filter_map(|(slug, found)| exported(slug, found)).collect()),
        }
    }

    async fn read_all<'s>(&self, slugs: &'s [String]) -> Result<Vec<(&'s str, Found)>, Failure> {
        let found = stream::iter(slugs).map(async |slug| Ok::<_, Failure>((slug.as_str(), self.read(slug).await?)));
        found.buffered(AT_A_TIME).try_collect().await
    }

    pub(super) async fn plan(&self, wanted: &[(String, InstanceSettings)]) -> Result<Vec<PlanResult>, Failure> {
        stream::iter(wanted).map(|(slug, settings)| self.plan_one(slug, settings)).buffered(AT_A_TIME).try_collect().await
    }

    async fn plan_one(&self, slug: &str, settings: &InstanceSettings) -> Result<PlanResult, Failure> {
        let (answer, action, tag) = match self.read(slug).await? {
            Found::Refused(errors) => return Ok(Err((slug.to_owned(), errors))),
            Found::Stored(stored) if stored.settings == *settings => {
                return Ok(Ok(planned(slug, Action::Same, Handle::Api(Box::new(settings.clone()), Some(stored.tag)))));
            }
            Found::Stored(stored) => {
                let tag = stored.tag;
                let path = format!("{}?dry_run=true", path(slug));
                let answer = self.transport.ask(Method::PUT, &path, &[(header::IF_MATCH, &tag)], Some(&json!(settings))).await?;
                (answer, Action::Update, Some(tag))
            }
            Found::Nothing => {
                let body = json!({ "slug": slug, "settings": settings });
                (self.transport.ask(Method::POST, "instances?dry_run=true", &[], Some(&body)).await?, Action::Create, None)
            }
        };
        if let Some(errors) = answer.refused() {
            return Ok(Err((slug.to_owned(), errors)));
        }
        let Change { changes, skipped, impact, .. } = answer.success()?.json()?;
        let action = if changes.is_empty() && action == Action::Update { Action::Same } else { action };
        let handle = Handle::Api(Box::new(settings.clone()), tag);
        Ok(Ok(Planned { fields: changes, skipped, impact, ..planned(slug, action, handle) }))
    }

    pub(super) async fn plan_pruning(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Planned>, Failure> {
        let mut pruned = Vec::new();
        for slug in self.slugs().await?.iter().filter(|slug| !is_wanted(slug)) {
            if let Found::Stored(stored) = self.read(slug).await? {
                let Stored { settings, tag } = *stored;
                pruned.push(planned(slug, Action::Archive, Handle::Api(Box::new(settings), Some(tag))));
            }
        }
        Ok(pruned)
    }

    /// Makes a planned change, and returns the version that the instance has then, where the server says it.
    pub(super) async fn apply(&self, planned: &Planned, settings: &InstanceSettings, tag: Option<&str>) -> Result<Option<i64>, NotApplied> {
        let slug = &planned.slug;
        let if_match: Vec<_> = tag.map(|tag| (header::IF_MATCH, tag)).into_iter().collect();
        let asked = match planned.action {
            Action::Same => return Ok(None),
            Action::Create => {
                let body = json!({ "slug": slug, "settings": settings });
                let key = random_key().map_err(NotApplied::Failed)?;
                self.transport.ask(Method::POST, "instances", &[(IDEMPOTENCY_KEY, &key)], Some(&body)).await
            }
            Action::Update => self.transport.ask(Method::PUT, &path(slug), &if_match, Some(&json!(settings))).await,
            Action::Archive => self.transport.ask(Method::POST, &format!("{}/archive", path(slug)), &if_match, None).await,
        };
        let answer = asked.map_err(NotApplied::Unknown)?;
        match answer.status {
            StatusCode::PRECONDITION_FAILED => return Err(NotApplied::Conflict(Some(answer.who_saved()))),
            StatusCode::GONE => return Err(NotApplied::Conflict(Some(ARCHIVED_NOW.to_owned()))),
            StatusCode::NOT_FOUND if planned.action != Action::Create => return Err(NotApplied::Conflict(None)),
            _ => {}
        }
        if let Some(errors) = answer.refused() {
            return Err(NotApplied::Refused(errors));
        }
        // A server or a proxy that fails does not know what became of the change either.
        let failed = if answer.status.is_server_error() { NotApplied::Unknown } else { NotApplied::Failed };
        let answer = answer.success().map_err(failed)?;
        Ok(version_in(&answer))
    }
}

fn version_in(answer: &Answer) -> Option<i64> {
    answer.json::<Value>().ok()?.get("version")?.as_i64()
}

fn planned(slug: &str, action: Action, handle: Handle) -> Planned {
    Planned { slug: slug.to_owned(), action, fields: Vec::new(), skipped: Vec::new(), impact: None, handle }
}

fn exported(slug: &str, found: Found) -> Option<Exported> {
    let Found::Stored(stored) = found else { return None };
    let settings = stored.settings;
    // Defaults are made of the domain as URLs write it.
    let ascii = |domain: &str| Url::parse(&format!("https://{domain}")).ok()?.host_str().map(str::to_owned);
    let domain = ascii(&settings.domain).unwrap_or_else(|| settings.domain.clone());
    Some(Exported { slug: slug.to_owned(), domain, settings })
}

fn random_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(anyhow::Error::from)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The path of an instance. A slug that is none is refused by the file before.
fn path(slug: &str) -> String {
    format!("instances/{}", encoded(slug))
}

fn encoded(slug: &str) -> String {
    url::form_urlencoded::byte_serialize(slug.as_bytes()).collect()
}
