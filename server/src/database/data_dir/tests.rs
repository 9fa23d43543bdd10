//! Tests of the data directory: its lock, its owners, and whether PostgreSQL runs in it.

use std::os::unix::fs::symlink;

use super::*;

fn data_dir(cluster: &Path) -> DataDir {
    let lock = File::open("/dev/null").unwrap();
    let other = PathBuf::from("/none");
    DataDir { cluster: cluster.to_owned(), unfinished: other.clone(), socket: other.clone(), log: other, user: None, lock }
}

async fn is_running(cluster: &Path) -> Option<bool> {
    data_dir(cluster).postmaster().await.ok().map(|id| id.is_some())
}

#[tokio::test]
async fn only_a_missing_file_means_that_postgres_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postmaster.pid");
    assert_eq!(is_running(folder.path()).await, Some(false), "no file");
    for text in ["", "x", "0", "-1", "4194999\n"] {
        fs::write(&file, text).unwrap();
        assert_eq!(is_running(folder.path()).await, Some(false), "{text:?}: no process");
    }
    fs::write(&file, format!("{}\n/somewhere", std::process::id())).unwrap();
    assert_eq!(is_running(folder.path()).await, Some(false), "a process that works elsewhere");
    fs::remove_file(&file).unwrap();
    // It can't be read, as when too many files are open.
    fs::create_dir(&file).unwrap();
    assert_eq!(is_running(folder.path()).await, None, "unknown");
}

#[tokio::test]
async fn a_process_that_works_in_the_cluster_is_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new("sleep").arg("60").current_dir(folder.path()).spawn().unwrap();
    fs::write(folder.path().join("postmaster.pid"), format!("{}\n", process.id())).unwrap();
    assert_eq!(data_dir(folder.path()).postmaster().await.unwrap(), Some(process.id()));
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(is_running(folder.path()).await, Some(false));
}

#[tokio::test]
async fn a_postgres_that_answers_is_alive_where_there_is_no_proc() {
    let (folder, no_proc) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data_dir = DataDir { socket: folder.path().to_owned(), ..data_dir(folder.path()) };
    let mut process = Command::new("sleep").arg("60").current_dir("/").spawn().unwrap();
    fs::write(folder.path().join("postmaster.pid"), format!("{}\n", process.id())).unwrap();
    assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), None, "nobody answers: the number is another process's");
    let listener = std::os::unix::net::UnixListener::bind(folder.path().join(SOCKET)).unwrap();
    assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), Some(process.id()));
    // A container in which root may not look at other users' processes has a /proc, but it says nothing.
    assert_eq!(data_dir.postmaster().await.unwrap(), Some(process.id()));
    drop(listener);
    assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), None, "the socket is left, but nobody listens");
    process.kill().unwrap();
    // Nobody has reaped it yet: it is still there, and serves nobody.
    while fs::read_to_string(format!("/proc/{}/stat", process.id())).is_ok_and(|stat| !stat.contains(") Z ")) {
        std::thread::yield_now();
    }
    assert_eq!(data_dir.postmaster().await.unwrap(), None, "a zombie");
    process.wait().unwrap();
    assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), None, "no process");
}

#[test]
fn the_lock_follows_no_link_and_blocks_on_no_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let (target, lock) = (folder.path().join("target"), folder.path().join("lock"));
    fs::write(&target, "precious").unwrap();
    symlink(&target, &lock).unwrap();
    assert!(lock_file(folder.path()).is_err());
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    fs::remove_file(&lock).unwrap();
    nix::unistd::mkfifo(&lock, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(lock_file(folder.path()).is_err());
    fs::remove_file(&lock).unwrap();
    let held = lock_file(folder.path()).unwrap();
    assert!(lock_file(folder.path()).unwrap_err().to_string().contains("another server"));
    drop(held);
    assert!(lock_file(folder.path()).is_ok());
}

#[test]
fn a_folder_that_others_may_write_to_is_refused_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    assert!(check_owner(folder.path()).is_ok());
    for mode in [0o702, 0o777] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert!(check_owner(folder.path()).unwrap_err().to_string().contains("chmod go-w"), "{mode:o}");
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(check_owner(&file).unwrap_err().to_string().contains("not a directory"));
    // Root may own what it likes: its own folders belong to it.
    if nix::unistd::geteuid().is_root() {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        chown(folder.path(), Some(65_534), None).unwrap();
        assert!(check_owner(folder.path()).unwrap_err().to_string().contains("belongs to the user with ID 65534"));
    }
}

#[test]
fn a_cluster_that_an_upgrade_has_not_completed_is_never_used() {
    let folder = tempfile::tempdir().unwrap();
    let (cluster, upgrading, upgraded) =
        (folder.path().join("postgres"), folder.path().join("postgres.upgrading"), folder.path().join("postgres.upgraded"));
    let directory = data_dir(&cluster);
    fs::create_dir(&upgrading).unwrap();
    directory.finish_upgrade().unwrap();
    assert!(!cluster.exists(), "it is not complete");
    // Complete, but the old one was still in use, and has gone on since.
    fs::create_dir(&cluster).unwrap();
    fs::create_dir(&upgraded).unwrap();
    directory.finish_upgrade().unwrap();
    assert!(cluster.exists() && !upgraded.exists());
    assert_eq!(directory.replace("14").unwrap(), folder.path().join("postgres-14"));
    assert!(cluster.exists() && !upgrading.exists() && !upgraded.exists());
}
