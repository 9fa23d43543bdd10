//! Open files: the limit is raised at startup, and connections leave enough of them for the database and for files.

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Files for everything but clients and the database: listeners, logs, snapshot files, the processes of PostgreSQL's tools.
const RESERVED: u64 = 128;

/// The fewest connections that are worth listening for.
const MIN_CONNECTIONS: u64 = 32;

/// Raises this process's limit of open files to the most that it may have. Returns the limit.
///
/// # Errors
/// The system does not tell the limit.
pub(crate) fn raise() -> anyhow::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("can't read the limit of open files")?;
    if soft >= hard {
        return Ok(soft);
    }
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => Ok(hard),
        Err(error) => {
            tracing::warn!(%error, "the limit of open files stays at {soft}");
            Ok(soft)
        }
    }
}

/// How many connections to accept with that limit of open files.
///
/// # Errors
/// The limit is too low to serve anybody.
pub(crate) fn connections(configured: u32, files: u64, database_connections: u32) -> anyhow::Result<usize> {
    // A connection of the pool that is being replaced takes two files for a moment.
    let others = RESERVED + 2 * u64::from(database_connections);
    let possible = files.saturating_sub(others);
    if possible < MIN_CONNECTIONS {
        anyhow::bail!(
            "the limit of open files, {files}, is too low: {} are needed. Raise it (ulimit -n, or LimitNOFILE= in the unit), or lower --database-connections.",
            others + MIN_CONNECTIONS
        );
    }
    if possible < u64::from(configured) {
        tracing::warn!("at most {possible} connections are served, because the limit of open files is {files}");
    }
    Ok(usize::try_from(possible.min(configured.into()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_database_and_everything_else() {
        assert_eq!(connections(4096, 1_048_576, 10).unwrap(), 4096);
        assert_eq!(connections(4096, 1024, 10).unwrap(), 1024 - 128 - 20);
        assert_eq!(connections(100, 1024, 10).unwrap(), 100);
        assert!(connections(4096, 150, 10).unwrap_err().to_string().contains("180 are needed"));
        assert!(connections(4096, 1024, 500).is_err());
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_may() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(raise().unwrap(), hard);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (hard, hard));
    }
}
