//! The portal origins: whether DNS, TLS and the proxies lead each of them to this deployment.

use app::{
    database::timed_on,
    instances,
    target_checks::{Target, TargetCheck, TargetChecks, TargetState, store::deployment_key},
};
use futures_util::{StreamExt, stream};
use sqlx::PgConnection;
use time::OffsetDateTime;
use url::Url;

use super::report::Report;
use crate::{
    config::Config,
    outgoing::{AddressPolicy, Client},
    target_checks::check_portal,
};

/// The most portal origins that are asked.
const MAX_ASKED: u16 = 200;

/// How many are asked at a time.
const AT_A_TIME: usize = 8;

/// Asks the portal origins.
pub(super) async fn check(config: &Config, connection: &mut PgConnection, report: &mut Report) {
    let policy = match config.target_checks {
        TargetChecks::Off => return report.note("portals", "they were not asked, because --target-checks is off"),
        TargetChecks::Public => AddressPolicy::Public,
        TargetChecks::Private => AddressPolicy::Private,
    };
    let (key, instances) = match (
        deployment_key(timed_on(&mut *connection)).await,
        instances::store::page(timed_on(connection), "", MAX_ASKED.into()).await,
    ) {
        (Ok(key), Ok(instances)) => (key, instances),
        (Err(error), _) => return report.failed("portals", error),
        (_, Err(error)) => return report.failed("portals", error),
    };
    let client = match Client::new(policy) {
        Ok(client) => client,
        Err(error) => return report.failed("portals", error),
    };
    let origins = instances
        .iter()
        .filter_map(|stored| Some((stored.settings.slug.clone(), Url::parse(stored.instance.portal_origin().as_str()).ok()?)));
    let (client, key) = (&client, &key[..]);
    let asked: Vec<(String, Url, _)> = stream::iter(origins)
        .map(|(slug, origin)| async move {
            let outcome = check_portal(client, &origin, key).await;
            (slug, origin, outcome)
        })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let (mut fine, mut skipped) = (0, 0);
    let now = OffsetDateTime::now_utc();
    for (slug, origin, outcome) in asked {
        match outcome.state {
            TargetState::PrivateAddress => skipped += 1,
            TargetState::Ok if outcome.certificate_ends_in(now).is_none() => fine += 1,
            _ => {
                let check =
                    TargetCheck { target: Target::PortalOrigin, url: origin.to_string(), outcome, checked_at: now, state_since: now };
                report.problem(
                    "portals",
                    format!("{} of the instance {slug}: {}", origin.origin().ascii_serialization(), check.sentence(now)),
                );
            }
        }
    }
    if fine > 0 {
        report.ok("portals", format!("{fine} lead here"));
    }
    if skipped > 0 {
        report.note(
            "portals",
            format!("{skipped} were not asked, because their addresses are private. --target-checks private asks them too."),
        );
    }
    if instances.len() == usize::from(MAX_ASKED) {
        report.note("portals", format!("only the first {MAX_ASKED} were asked"));
    }
}
