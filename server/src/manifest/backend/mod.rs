//! Where the instances are: in a database beside this program, or behind a server's management API.

mod api;
mod direct;
mod transport;

use app::manifest::{Action, FieldDiff, InstanceSettings, ManifestError, SkippedRedirect};
use serde::{Deserialize, Serialize};

use super::{failure::Failure, flags::ServerFlags};
use crate::config::Config;
use api::Api;
use direct::Direct;

/// How many instances are read at a time.
pub(super) const PAGE_SIZE: usize = 500;

/// An instance as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Exported {
    pub(super) slug: String,
    /// The domain in ASCII, which defaults are made of.
    pub(super) domain: String,
    pub(super) settings: InstanceSettings,
}

/// What is planned for an instance.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    pub(super) slug: String,
    pub(super) action: Action,
    pub(super) fields: Vec<FieldDiff>,
    /// The redirects that stay as they are, and are skipped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) skipped: Vec<SkippedRedirect>,
    /// The impact on counted visits; none where it is not known or nothing was counted.
    pub(super) impact: Option<PlannedImpact>,
    /// What the backend needs to apply it.
    #[serde(skip)]
    pub(super) handle: Handle,
}

/// What is planned for an instance, or its slug and what is wrong with its settings.
pub(super) type PlanResult = Result<Planned, (String, Vec<ManifestError>)>;

/// The visits of the last week that a change concerns.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct PlannedImpact {
    /// All that were counted.
    pub(super) visits: u64,
    /// Those that would end elsewhere.
    pub(super) changed: u64,
    /// Those of which it is not known.
    pub(super) inexact_by: u64,
}

/// What a backend needs to apply a plan.
#[derive(Debug)]
pub(super) enum Handle {
    /// The change, against what was stored when it was planned.
    Direct(Box<app::manifest::Change>),
    /// The settings to send, and the version that they replace; none for a new instance.
    Api(Box<InstanceSettings>, Option<String>),
}

/// Why a planned change was not made. Only after [`NotApplied::Unknown`] it may be stored all the same.
#[derive(Debug)]
pub(super) enum NotApplied {
    /// Somebody has saved since. Who and when, if that is known.
    Conflict(Option<String>),
    /// The rules refuse it.
    Refused(Vec<ManifestError>),
    /// It is not allowed.
    Failed(Failure),
    /// No answer came.
    Unknown(Failure),
}

/// Where the instances are.
#[derive(Debug)]
pub(super) enum Backend {
    /// In the database of this configuration.
    Direct(Direct),
    /// Behind the management API of a server.
    Api(Box<Api>),
}

impl Backend {
    /// Opens the backend that the flags name.
    pub(super) async fn open(flags: &ServerFlags, config: &Config) -> Result<Self, Failure> {
        Ok(match &flags.server {
            Some(url) => Self::Api(Box::new(Api::open(url)?)),
            None => Self::Direct(Direct::open(config).await?),
        })
    }

    /// The URL of the schema of its files.
    pub(super) fn schema_url(&self) -> &str {
        match self {
            Self::Direct(direct) => direct.schema_url(),
            Self::Api(api) => api.schema_url(),
        }
    }

    /// The next instances after that slug, by slug.
    pub(super) async fn page(&self, after: &str) -> Result<Vec<Exported>, Failure> {
        match self {
            Self::Direct(direct) => direct.page(after).await,
            Self::Api(api) => api.page(after).await,
        }
    }

    /// The instances of these slugs. A slug without an instance is left out, and an archived instance is an error.
    pub(super) async fn find(&self, slugs: &[String]) -> Result<Vec<Exported>, Failure> {
        match self {
            Self::Direct(direct) => direct.find(slugs).await,
            Self::Api(api) => api.find(slugs).await,
        }
    }

    /// What these settings would change, in their order.
    pub(super) async fn plan(&self, wanted: &[(String, InstanceSettings)]) -> Result<Vec<PlanResult>, Failure> {
        match self {
            Self::Direct(direct) => direct.plan(wanted).await,
            Self::Api(api) => api.plan(wanted).await,
        }
    }

    /// The instances that are not among these slugs, to be archived.
    pub(super) async fn plan_pruning(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Planned>, Failure> {
        match self {
            Self::Direct(direct) => direct.plan_pruning(is_wanted).await,
            Self::Api(api) => api.plan_pruning(is_wanted).await,
        }
    }

    /// Makes a planned change, and returns the version that the instance has then, where that is known.
    pub(super) async fn apply(&self, planned: &Planned) -> Result<Option<i64>, NotApplied> {
        match (self, &planned.handle) {
            (Self::Direct(direct), Handle::Direct(change)) => direct.apply(planned, change).await.map(Some),
            (Self::Api(api), Handle::Api(settings, tag)) => api.apply(planned, settings, tag.as_deref()).await,
            _ => Err(NotApplied::Failed(Failure::Usage("the plan is of another backend".to_owned()))),
        }
    }
}

/// An instance that is asked for by its slug is archived.
fn archived(slug: &str) -> Failure {
    Failure::Usage(format!("the instance {slug} is archived, so it has no settings to export; an owner can restore it on the dashboard"))
}

/// What a conflict says of an instance that was archived since the plan.
const ARCHIVED_NOW: &str = "It is archived now.";
