//! Instances in the database: the configured one, or that of the server that runs on the data directory.

use std::collections::{HashMap, HashSet};

use app::{
    database::{StoreError, timed},
    history::{Actor, store::version},
    insight::impact::{
        Figure, Measured,
        measure::{LATELY, measure},
    },
    instances::{
        save::DashboardHost,
        store::{find_by_slug, page, portal_hosts},
        stored::StoredInstance,
    },
    manifest::{self, Change, InstanceSettings, ManifestError, SCHEMA_PATH, plan_one},
    ui::text::timestamp,
};
use futures_util::{StreamExt, stream};
use sqlx::PgPool;

use super::{ARCHIVED_NOW, Exported, Handle, NotApplied, PAGE_SIZE, PlanResult, Planned, PlannedImpact, archived};
use crate::{config::Config, database, http::dashboard_url::DashboardUrl, manifest::failure::Failure};

/// How many impacts are measured at the same time.
const MEASURED_AT_A_TIME: usize = 3;

/// The database, as the command line uses it.
#[derive(Debug)]
pub(crate) struct Direct {
    pool: PgPool,
    dashboard: DashboardHost,
    schema_url: String,
}

impl Direct {
    pub(super) async fn open(config: &Config) -> Result<Self, Failure> {
        let dashboard = DashboardUrl::new(config.dashboard_url.clone(), config.listen)?;
        let pool = database::connect_pool(config).await?;
        Ok(Self { pool, dashboard: DashboardHost(dashboard.own_host()), schema_url: dashboard.page(SCHEMA_PATH) })
    }

    pub(super) fn schema_url(&self) -> &str {
        &self.schema_url
    }

    async fn stored_page(&self, after: &str) -> Result<Vec<StoredInstance>, Failure> {
        let limit = i64::try_from(PAGE_SIZE).unwrap_or(i64::MAX);
        page(timed(&self.pool), after, limit).await.map_err(unreadable)
    }

    pub(super) async fn page(&self, after: &str) -> Result<Vec<Exported>, Failure> {
        Ok(self.stored_page(after).await?.iter().map(exported).collect())
    }

    pub(super) async fn find(&self, slugs: &[String]) -> Result<Vec<Exported>, Failure> {
        let found = find_by_slug(timed(&self.pool), slugs).await.map_err(unreadable)?;
        match found.iter().find(|stored| stored.archived_at.is_some()) {
            Some(stored) => Err(archived(&stored.settings.slug)),
            None => Ok(found.iter().map(exported).collect()),
        }
    }

    pub(super) async fn plan(&self, wanted: &[(String, InstanceSettings)]) -> Result<Vec<PlanResult>, Failure> {
        let mut changes = Vec::with_capacity(wanted.len());
        for some in wanted.chunks(PAGE_SIZE) {
            let slugs: Vec<String> = some.iter().map(|(slug, _)| slug.clone()).collect();
            let stored = find_by_slug(timed(&self.pool), &slugs).await.map_err(unreadable)?;
            let stored: HashMap<&str, &StoredInstance> = stored.iter().map(|stored| (stored.settings.slug.as_str(), stored)).collect();
            for (slug, settings) in some {
                let change = plan_one(slug, stored.get(slug.as_str()).copied(), settings, &self.dashboard);
                changes.push(change.map_err(|errors| (slug.clone(), errors)));
            }
        }
        self.check_portal_hosts(&mut changes).await?;
        let planned = stream::iter(changes).map(async |change| match change {
            Ok(change) => Ok(self.planned(change).await),
            Err(errors) => Err(errors),
        });
        Ok(planned.buffered(MEASURED_AT_A_TIME).collect().await)
    }

    /// Refuses each portal origin that another instance has. An origin that another instance gives up in the same plan counts as free.
    async fn check_portal_hosts(&self, changes: &mut [Result<Change, (String, Vec<ManifestError>)>]) -> Result<(), Failure> {
        let hosts: Vec<String> = changes.iter().flatten().filter_map(Change::new_portal_host).map(str::to_owned).collect();
        let mut taken: HashMap<String, String> = HashMap::new();
        for some in hosts.chunks(PAGE_SIZE) {
            taken.extend(portal_hosts(timed(&self.pool), some).await.map_err(unreadable)?);
        }
        let given_up: HashSet<String> =
            changes.iter().flatten().filter(|change| change.new_portal_host().is_some()).map(|change| change.slug.clone()).collect();
        taken.retain(|_, slug| !given_up.contains(slug));
        for planned in changes {
            let Ok(change) = planned else { continue };
            let Some(host) = change.new_portal_host() else { continue };
            let other = taken.insert(host.to_owned(), change.slug.clone());
            if let Some(other) = other {
                let message = format!("The instance {other} has this portal origin. Each portal needs its own host name.");
                *planned = Err((change.slug.clone(), vec![ManifestError { pointer: "/portal_origin".to_owned(), message }]));
            }
        }
        Ok(())
    }

    async fn planned(&self, change: Change) -> Planned {
        let impact = match change.proposed() {
            Some((stored, proposed)) => match measure(&self.pool, stored, &proposed, LATELY).await {
                Measured::Known(impact) => {
                    Some(PlannedImpact { visits: impact.visits, changed: impact.changed, inexact_by: impact.inexact_by })
                }
                Measured::Unknown | Measured::NoVisits => None,
            },
            None => None,
        };
        Planned {
            slug: change.slug.clone(),
            action: change.action,
            fields: change.fields.clone(),
            skipped: change.skipped.clone(),
            impact,
            handle: Handle::Direct(Box::new(change)),
        }
    }

    pub(super) async fn plan_pruning(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Planned>, Failure> {
        let mut planned = Vec::new();
        let mut after = String::new();
        loop {
            let stored = self.stored_page(&after).await?;
            let Some(last) = stored.last() else { return Ok(planned) };
            after.clone_from(&last.settings.slug);
            for stored in stored.into_iter().filter(|stored| !is_wanted(&stored.settings.slug)) {
                planned.push(self.planned(Change::archive(stored)).await);
            }
        }
    }

    pub(super) async fn apply(&self, planned: &Planned, change: &Change) -> Result<i64, NotApplied> {
        let figure = planned.impact.map(|impact| Figure { visits: impact.visits, changed: impact.changed });
        match manifest::apply(&self.pool, &Actor::command_line(), change, figure).await {
            Ok(version) => Ok(version),
            Err(StoreError::Conflict(stored)) => Err(NotApplied::Conflict(self.last_save(&stored).await)),
            Err(StoreError::Fields(errors)) => Err(NotApplied::Refused(errors.into_iter().map(ManifestError::of_field).collect())),
            Err(StoreError::NotFound) => Err(NotApplied::Conflict(None)),
            Err(StoreError::Archived) => Err(NotApplied::Conflict(Some(ARCHIVED_NOW.to_owned()))),
            // The connection may have ended after the commit.
            Err(StoreError::Database(error)) => {
                Err(NotApplied::Unknown(anyhow::Error::from(error).context("the database did not answer").into()))
            }
            Err(error) => Err(NotApplied::Failed(anyhow::Error::from(error).context("can't save the instance").into())),
        }
    }

    /// Who has made the version that is stored, and when.
    async fn last_save(&self, stored: &StoredInstance) -> Option<String> {
        let (who, at) = version(&self.pool, stored.id, stored.instance.version()).await.ok().flatten()?;
        Some(format!("Version {} is from {who}, {}.", stored.instance.version(), timestamp(at)))
    }
}

fn exported(stored: &StoredInstance) -> Exported {
    Exported { slug: stored.settings.slug.clone(), domain: stored.settings.domain.clone(), settings: InstanceSettings::of(stored) }
}

fn unreadable(error: impl Into<StoreError>) -> Failure {
    Failure::Unreachable(anyhow::Error::from(error.into()).context("can't read the instances from the database"))
}
