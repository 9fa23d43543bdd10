//! Instances behind the management API of a server. What the token may not see is not there.

use std::collections::HashSet;

use app::manifest::{Action, FieldDiff, InstanceSettings, SkippedRedirect};
use futures_util::{StreamExt, TryStreamExt, stream};
use hyper::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    Exported, Handle, NotApplied, PAGE_SIZE, PlanResult, Planned, PlannedImpact,
    transport::{Answer, Transport},
};
use crate::manifest::failure::Failure;

/// How many instances are asked for at the same time.
const AT_A_TIME: usize = 4;

/// The last page that the server's list has.
const MAX_PAGES: i64 = 100;

/// A server, as the command line asks it.
#[derive(Debug)]
pub(crate) struct Api {
    transport: Transport,
    schema_url: String,
    /// All slugs in order, once they were asked for.
    slugs: OnceCell<Vec<String>>,
}

#[derive(Deserialize)]
struct Page {
    instances: Vec<Listed>,
    next: Option<i64>,
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

impl Api {
    pub(super) fn open(server: &Url) -> Result<Self, Failure> {
        let transport = Transport::open(server)?;
        Ok(Self { schema_url: transport.url("settings.schema.json").to_string(), transport, slugs: OnceCell::new() })
    }

    pub(super) fn schema_url(&self) -> &str {
        &self.schema_url
    }

    async fn slugs(&self) -> Result<&[String], Failure> {
        let listing = async {
            let (mut slugs, mut page) = (HashSet::new(), 1);
            loop {
                let answer = self.transport.ask(Method::GET, &format!("instances?page={page}"), &[], None).await?;
                let Page { instances, next } = answer.success()?.json()?;
                slugs.extend(instances.into_iter().map(|listed| listed.slug));
                let Some(next) = next else {
                    // The list may go on where the server ends it, and a part of it must not pass for the whole.
                    if page >= MAX_PAGES {
                        let why = "the server lists no more instances than these; name those to export, or run this beside the database";
                        return Err(Failure::Unreachable(anyhow::anyhow!(why)));
                    }
                    break;
                };
                page = next;
            }
            let mut slugs: Vec<String> = slugs.into_iter().collect();
            slugs.sort_unstable();
            Ok(slugs)
        };
        self.slugs.get_or_try_init(|| listing).await.map(Vec::as_slice)
    }

    /// The stored settings; `None` if there is no such instance.
    async fn stored(&self, slug: &str) -> Result<Option<Stored>, Failure> {
        let answer = self.transport.ask(Method::GET, &path(slug), &[], None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = answer.success()?;
        let Instance { settings } = answer.json()?;
        let settings = InstanceSettings::read(&settings).map_err(|errors| {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            Failure::Unreachable(anyhow::anyhow!(
                "the server has settings that this program does not know; use one of its version: {first}"
            ))
        })?;
        Ok(Some(Stored { settings, tag: answer.header(&header::ETAG)? }))
    }

    pub(super) async fn page(&self, after: &str) -> Result<Vec<Exported>, Failure> {
        let slugs = self.slugs().await?;
        let first = slugs.partition_point(|slug| slug.as_str() <= after);
        self.find(&slugs[first..slugs.len().min(first + PAGE_SIZE)]).await
    }

    pub(super) async fn find(&self, slugs: &[String]) -> Result<Vec<Exported>, Failure> {
        let found = stream::iter(slugs).map(async |slug| {
            let stored = self.stored(slug).await?;
            // Defaults are made of the domain as URLs write it.
            let ascii = |domain: &str| Url::parse(&format!("https://{domain}")).ok()?.host_str().map(str::to_owned);
            Ok::<_, Failure>(stored.map(|Stored { settings, .. }| Exported {
                slug: slug.clone(),
                domain: ascii(&settings.domain).unwrap_or_else(|| settings.domain.clone()),
                settings,
            }))
        });
        let found: Vec<Option<Exported>> = found.buffered(AT_A_TIME).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    pub(super) async fn plan(&self, wanted: &[(String, InstanceSettings)]) -> Result<Vec<PlanResult>, Failure> {
        stream::iter(wanted).map(|(slug, settings)| self.plan_one(slug, settings)).buffered(AT_A_TIME).try_collect().await
    }

    async fn plan_one(&self, slug: &str, settings: &InstanceSettings) -> Result<PlanResult, Failure> {
        let (answer, action, tag) = match self.stored(slug).await {
            Ok(Some(stored)) if stored.settings == *settings => {
                return Ok(Ok(planned(slug, Action::Same, Handle::Api(Box::new(settings.clone()), Some(stored.tag)))));
            }
            Ok(Some(Stored { tag, .. })) => {
                let path = format!("{}?dry_run=true", path(slug));
                let answer = self.transport.ask(Method::PUT, &path, &[(header::IF_MATCH, &tag)], Some(&json!(settings))).await?;
                (answer, Action::Update, Some(tag))
            }
            Ok(None) => {
                let body = json!({ "slug": slug, "settings": settings });
                (self.transport.ask(Method::POST, "instances?dry_run=true", &[], Some(&body)).await?, Action::Create, None)
            }
            Err(failure) => return Err(failure),
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
            if let Some(Stored { settings, tag }) = self.stored(slug).await? {
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
                self.transport.ask(Method::POST, "instances", &[], Some(&body)).await
            }
            Action::Update => self.transport.ask(Method::PUT, &path(slug), &if_match, Some(&json!(settings))).await,
            Action::Archive => self.transport.ask(Method::POST, &format!("{}/archive", path(slug)), &if_match, None).await,
        };
        let answer = asked.map_err(NotApplied::Failed)?;
        if answer.status == StatusCode::PRECONDITION_FAILED {
            return Err(NotApplied::Conflict(Some(answer.who_saved())));
        }
        if let Some(errors) = answer.refused() {
            return Err(NotApplied::Refused(errors));
        }
        let answer = answer.success().map_err(NotApplied::Failed)?;
        Ok(version_in(&answer))
    }
}

fn version_in(answer: &Answer) -> Option<i64> {
    answer.json::<Value>().ok()?.get("version")?.as_i64()
}

fn planned(slug: &str, action: Action, handle: Handle) -> Planned {
    Planned { slug: slug.to_owned(), action, fields: Vec::new(), skipped: Vec::new(), impact: None, handle }
}

/// The path of an instance. A slug that is none is refused by the file before.
fn path(slug: &str) -> String {
    let slug: String = url::form_urlencoded::byte_serialize(slug.as_bytes()).collect();
    format!("instances/{slug}")
}
