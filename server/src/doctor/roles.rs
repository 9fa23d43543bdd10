//! The roles: whether the one that serves has what it needs, and no more.

use sqlx::PgConnection;

use super::{report::Report, store};
use crate::{
    config::Config,
    database::{MIGRATES_ELSEWHERE, connector::Connector, owner_url, same_place, schema},
};

/// The most missing privileges that are named.
const MAX_NAMED: usize = 5;

/// Checks the role that serves, and connects as the one that migrates.
pub(super) async fn check(config: &Config, connector: &Connector, connection: &mut PgConnection, report: &mut Report) {
    let role = connector.role().to_owned();
    match store::missing_privileges(connection).await {
        Ok(missing) if missing.is_empty() => report.ok("roles", format!("{role} has the privileges that it needs")),
        Ok(missing) => {
            let named = missing.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = if missing.len() > MAX_NAMED { " and others" } else { "" };
            report.problem(
                "roles",
                format!(
                    "{role} lacks privileges: {named}{more}. Run `portal-redirects migrate` with DATABASE_MIGRATE_URL, which grants them."
                ),
            );
        }
        Err(error) => report.failed("roles", error),
    }
    match schema::may_migrate(connection).await {
        Ok(true) => report.note(
            "roles",
            format!("{role} can change the schema and the history. With a second role it could not: see \"Database roles\" in the operations guide."),
        ),
        Ok(false) => {}
        Err(error) => report.failed("roles", error),
    }
    match owner_url(config).map(|url| url.map(Connector::new)) {
        Ok(None) => {}
        Ok(Some(owner)) => match owner.connect().await {
            Ok(mut owning) => check_owner(owner.role(), &mut owning, connection, report).await,
            Err(error) => report.problem("roles", error.to_string()),
        },
        Err(error) => report.problem("roles", format!("{error:#}")),
    }
}

/// Checks that the role that migrates does so in the database that is served, and may.
async fn check_owner(role: &str, owning: &mut PgConnection, serving: &mut PgConnection, report: &mut Report) {
    match same_place(owning, serving).await {
        Ok(true) => {}
        Ok(false) => return report.problem("roles", MIGRATES_ELSEWHERE),
        Err(error) => return report.failed("roles", error),
    }
    match schema::may_migrate(owning).await {
        Ok(true) => report.ok("roles", format!("{role} can migrate the schema")),
        Ok(false) => report.problem(
            "roles",
            format!("{role} of DATABASE_MIGRATE_URL can't create tables. Grant it that: grant create on schema public to {role}."),
        ),
        Err(error) => report.failed("roles", error),
    }
}
