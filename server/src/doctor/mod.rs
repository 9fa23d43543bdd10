//! `doctor`: checks the configuration and everything around the server, and says what to do about each problem. It changes nothing.
//!
//! Each file checks one thing and adds its findings to a report.

mod configuration;
mod connections;
mod database;
mod files;
mod flags;
mod identity_providers;
mod portals;
mod report;
mod roles;
mod store;
mod url;

use std::process::ExitCode;

pub(crate) use flags::DoctorFlags;
use report::Report;

use crate::{
    config::Config,
    database::{check_urls, connector::Connector, running_url},
};

/// Checks everything and prints what it finds. Exit code 0 if there is no problem, 1 if there is one.
///
/// # Errors
/// The program can't run.
pub(crate) fn run(flags: &DoctorFlags, config: &Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let mut report = Report::default();
        configuration::check(config, &mut report);
        files::check(config, &mut report);
        let mut connection = None;
        // A URL that is not valid is among the options' problems already.
        if check_urls(config).is_ok() {
            connection = database::check(config, running_url(config).map(Connector::new), &mut report).await;
        }
        if let Some((connector, connection)) = &mut connection {
            roles::check(config, connector, connection, &mut report).await;
            connections::check(config, connector, connection, &mut report).await;
            files::check_key(config, connection, &mut report).await;
            identity_providers::check(config, connection, &mut report).await;
        }
        let mut connection = connection.map(|(_, connection)| connection);
        url::check(flags, config, connection.as_mut(), &mut report).await;
        if let Some(connection) = &mut connection {
            portals::check(config, connection, &mut report).await;
        }
        report
    });
    Ok(report.exit_code())
}
