//! Does the checks that are due, if no other runtime does.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use app::{
    database::{in_background, is_outage, log_failure, timed},
    instances::store as instances,
    redirects::Instance,
    target_checks::{
        Target,
        store::{self, Due, Leader},
        targets,
    },
};
use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::{
    task::{Id, JoinSet},
    time::{sleep, timeout},
};
use url::Url;

use super::{
    check::{check_page, check_portal},
    hosts::Hosts,
    proof::DeploymentKey,
};
use crate::outgoing::Client;

/// How many instances are checked at a time.
const MAX_RUNNING: usize = 16;

/// How often it looks for checks that are due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How often another runtime looks whether it is to take over, and how long an instance is left alone after the database did not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(15);

/// How long PostgreSQL may take to say what is due.
const DUE_TIMEOUT: Duration = Duration::from_secs(10);

/// What checks need.
#[derive(Debug)]
pub(super) struct Checks {
    pool: PgPool,
    client: Client,
    key: DeploymentKey,
    hosts: Hosts,
}

/// Does the checks that are due, for as long as no other runtime does.
pub(crate) async fn run(pool: PgPool, client: Client) -> Infallible {
    let checks = Arc::new(Checks::new(pool, client));
    loop {
        match Leader::stand(&checks.pool).await {
            Ok(Some(leader)) => {
                tracing::debug!("this runtime checks the targets of all instances");
                let error = lead(leader, &checks).await;
                log_failure(&error, "another runtime may check the targets now");
            }
            Ok(None) => {}
            Err(error) => log_failure(&error, "it is not known whether another runtime checks the targets"),
        }
        sleep(RETRY_INTERVAL).await;
    }
}

/// Does the checks that are due, until another runtime has taken over, or PostgreSQL does not answer.
async fn lead(mut leader: Leader, checks: &Arc<Checks>) -> sqlx::Error {
    let mut running = JoinSet::new();
    let mut instances: HashMap<Id, i64> = HashMap::new();
    loop {
        let busy: Vec<i64> = instances.values().copied().collect();
        let free = MAX_RUNNING.saturating_sub(busy.len());
        // Asked even if none is free: it keeps the lease.
        let due = match timeout(DUE_TIMEOUT, leader.due(&busy, i64::try_from(free).unwrap_or_default())).await {
            Ok(Ok(due)) => due,
            Ok(Err(error)) => return error,
            Err(_) => return sqlx::Error::PoolTimedOut,
        };
        for due in due {
            let checks = Arc::clone(checks);
            let task = running.spawn(async move {
                if let Err(error) = checks.check(due).await {
                    log_failure(&error, "the targets of an instance could not be checked");
                    sleep(RETRY_INTERVAL).await;
                }
            });
            instances.insert(task.id(), due.instance);
        }
        tokio::select! {
            () = sleep(POLL_INTERVAL) => {}
            Some(ended) = running.join_next_with_id() => {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                instances.remove(&id);
            }
        }
    }
}

impl Checks {
    pub(super) fn new(pool: PgPool, client: Client) -> Self {
        Self { key: DeploymentKey::new(pool.clone()), pool, client, hosts: Hosts::default() }
    }

    /// Checks the targets of an instance, each URL once.
    pub(super) async fn check(&self, due: Due) -> sqlx::Result<()> {
        let found =
            instances::find_all(timed(&self.pool), &[due.instance]).await.map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
        // One that can't be restored has no targets.
        let Some(Ok(stored)) = found.into_iter().next().map(|(_, stored)| stored) else {
            return store::finish(&self.pool, due, &[]).await;
        };
        let all = targets(&stored);
        let mut by_url: Vec<(Url, Vec<Target>)> = Vec::new();
        for (target, url) in &all {
            let same =
                by_url.iter_mut().find(|(known, of)| known == url && *target != Target::PortalOrigin && of[0] != Target::PortalOrigin);
            match same {
                Some((_, targets)) => targets.push(*target),
                None => by_url.push((url.clone(), vec![*target])),
            }
        }
        let checked = join_all(by_url.iter().map(|(url, targets)| self.check_url(&stored.instance, due.instance, url, targets))).await;
        let failed = checked.into_iter().find_map(Result::err);
        if failed.as_ref().is_none_or(|error| !is_outage(error)) {
            // Also if an outcome can't be stored: the instance would be the first in line again each time, before all others.
            let all: Vec<Target> = all.into_iter().map(|(target, _)| target).collect();
            store::finish(&self.pool, due, &all).await?;
        }
        failed.map_or(Ok(()), Err)
    }

    async fn check_url(&self, instance: &Instance, id: i64, url: &Url, targets: &[Target]) -> sqlx::Result<()> {
        let outcome = {
            let _turn = self.hosts.lock(url.host_str().unwrap_or_default()).await;
            if targets == [Target::PortalOrigin] {
                check_portal(&self.client, url, &self.key.get().await?).await
            } else {
                check_page(&self.client, instance, url).await
            }
        };
        metrics::counter!("portal_target_checks_total", "result" => outcome.state.name()).increment(1);
        for target in targets {
            if store::record(in_background(&self.pool), id, *target, url.as_str(), &outcome).await? == Some(true) {
                metrics::counter!("portal_target_changes_total", "result" => outcome.state.name()).increment(1);
                tracing::info!(
                    instance = instance.slug(),
                    target = target.name(),
                    result = outcome.state.name(),
                    "a target answers differently"
                );
            }
        }
        Ok(())
    }
}
