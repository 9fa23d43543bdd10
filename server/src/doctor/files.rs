//! Files: room on the disk, the snapshot file, the private PostgreSQL's version, the secret key.

use std::path::Path;

use app::ui::text::listed;
use nix::{
    sys::statvfs::statvfs,
    unistd::{AccessFlags, access},
};
use sqlx::PgConnection;

use super::report::Report;
use crate::{
    config::Config,
    database::{is_private, private_version, programs},
    secret_key_file::encrypted::Encrypted,
};

/// The least room on a disk that is no problem.
const MIN_FREE_BYTES: u64 = 1 << 30;

/// Checks the disk, the snapshot file, and the versions of the private PostgreSQL.
pub(super) fn check(config: &Config, report: &mut Report) {
    if let Some(file) = &config.snapshot_file {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match access(folder, AccessFlags::W_OK | AccessFlags::X_OK) {
            Ok(()) => check_room(folder, "or the snapshot file can't be written", report),
            Err(error) => report.problem(
                "snapshot file",
                format!("can't write to {}: {error}. The server needs that for --snapshot-file.", folder.display()),
            ),
        }
    }
    // A URL that is not valid is reported elsewhere.
    if !is_private(config).unwrap_or(false) {
        return;
    }
    match config.data_dir() {
        Ok(path) if path.exists() => {
            check_room(&path, "or PostgreSQL stops when the disk is full", report);
            check_version(&path, report);
        }
        Ok(path) => report.note("data directory", format!("{} does not exist yet; the first start creates it", path.display())),
        Err(error) => report.problem("data directory", format!("{error:#}")),
    }
}

fn check_room(folder: &Path, or: &str, report: &mut Report) {
    match statvfs(folder) {
        Ok(disk) => {
            let (free, all) = (disk.blocks_available() * disk.fragment_size(), disk.blocks() * disk.fragment_size());
            let text = format!("{} MB are free below {}", free / 1_000_000, folder.display());
            if free < MIN_FREE_BYTES || free < all / 50 {
                report.problem("disk", format!("only {text}. Make room, {or}."));
            } else {
                report.ok("disk", text);
            }
        }
        Err(error) => report.failed("disk", error),
    }
}

fn check_version(data_dir: &Path, report: &mut Report) {
    let Some(version) = private_version(data_dir) else { return };
    let installed: Vec<String> = programs::installed().iter().map(|(version, _)| version.to_string()).collect();
    if !installed.contains(&version) {
        report.problem(
            "PostgreSQL",
            format!("version {version} has created the private PostgreSQL, and is not on this machine. Install it, and run `portal-redirects upgrade-database` if a newer one is here."),
        );
    } else if let Some(newest) = installed.first().filter(|newest| **newest != version) {
        report
            .note("PostgreSQL", format!("the private one is of version {version}; `portal-redirects upgrade-database` makes it {newest}"));
    } else {
        report.ok("PostgreSQL", format!("the private one and the programs on this machine are of version {version}"));
    }
}

/// Checks that the secret key is there, and is the one that encrypted what is stored.
pub(super) async fn check_key(config: &Config, connection: &mut PgConnection, report: &mut Report) {
    let about = "secret key";
    let file = config.second_factor().key_file;
    let found = match Encrypted::find(connection).await {
        Ok(found) if found.is_empty() => return,
        Ok(found) => found,
        Err(error) => return report.failed(about, error),
    };
    let before = report.problems();
    for error in found.iter().filter_map(|secrets| secrets.check(&file).err()) {
        report.problem(about, format!("{error:#}"));
    }
    if file.is_exposed() {
        report.problem(about, format!("other users can read {}. Take that right away (chmod 600).", file.path().display()));
    } else if report.problems() == before {
        let names: Vec<&str> = found.iter().map(Encrypted::name).collect();
        report.ok(about, format!("{} has the key of the {}", file.path().display(), listed(&names)));
    }
}
