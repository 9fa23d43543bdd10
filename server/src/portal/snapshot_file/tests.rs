//! What is written is read again, and what is none is left alone.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use app::{
    instances::stored::StoredInstance,
    portal::identity::IdentityKind,
    redirects::{Environment, Flow, Instance, Settings},
};
use sqlx::PgPool;
use time::{OffsetDateTime, macros::datetime};

use super::{
    Keeper,
    file::{self, Known, Unread},
};
use crate::portal::snapshot::Snapshots;

const AS_OF: OffsetDateTime = datetime!(2026-11-23 18:45:07 UTC);

fn stored(id: i64) -> StoredInstance {
    let settings = Settings {
        slug: format!("app-{id}"),
        name: "MyApp".into(),
        environment: Environment::Production,
        domain: format!("app-{id}.com"),
        portal_origin: format!("https://accounts.app-{id}.com"),
        home_url: format!("https://app-{id}.com/"),
        allowed_origins: vec!["https://fine.org".into()],
    };
    StoredInstance {
        id,
        instance: Instance::restore(settings.clone(), 12).unwrap(),
        domain_typed: settings.domain.clone(),
        settings,
        fallbacks: [(Flow::SignIn, "/in".to_owned())].into_iter().collect(),
        archived_at: (id == 2).then_some(AS_OF),
        portal_enabled: id != 3,
        identity: IdentityKind::Accounts,
    }
}

/// A folder of the test's own, and the file in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.json");
    (folder, path)
}

fn known(path: &Path) -> Known {
    file::read(path).unwrap().unwrap()
}

fn snapshots() -> Snapshots {
    Snapshots::new(PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/nowhere").unwrap(), 16 * 1024 * 1024)
}

#[test]
fn what_is_written_is_read_again_whole_and_is_its_owners_alone() {
    let (_folder, path) = place();
    assert!(file::read(&path).unwrap().is_none());
    let all = [stored(1), stored(2), stored(3)];
    fs::write(file::beside(&path), "left by one that was killed").unwrap();
    file::write(&path, AS_OF, &all).unwrap();
    let Known { as_of, instances } = known(&path);
    assert_eq!(as_of, AS_OF);
    assert_eq!(format!("{instances:?}"), format!("{all:?}"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!file::beside(&path).exists());
}

#[test]
fn a_file_that_is_broken_cut_off_of_another_format_or_something_else_is_not_read() {
    let (_folder, path) = place();
    file::write(&path, AS_OF, &[stored(1)]).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(file::read(&path), Err(Unread::Broken(_))), "{length}");
    }
    for text in ["{}", "[]", "null", "{\"format\":1}", "\u{0}", &whole.replace("\"id\"", "\"key\""), &format!("{whole}x")] {
        fs::write(&path, text).unwrap();
        assert!(matches!(file::read(&path), Err(Unread::Broken(_))), "{text}");
    }
    fs::write(&path, whole.replace("\"format\":1", "\"format\":2,\"later\":true")).unwrap();
    assert!(matches!(file::read(&path), Err(Unread::Format(2))));
    fs::write(&path, whole.replace(&format!("\"as_of\":{}", AS_OF.unix_timestamp()), "\"as_of\":9000000000000000")).unwrap();
    assert!(matches!(file::read(&path), Err(Unread::Time(_))));
    assert!(matches!(file::read(path.parent().unwrap()), Err(Unread::NotOwn)));
}

#[test]
fn todays_rules_hold_for_what_was_written_under_others() {
    let (_folder, path) = place();
    file::write(&path, AS_OF, &[stored(1), stored(2)]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replacen("https://fine.org", "https://*.vercel.app", 1).replacen("https://app-1.com/", "https://evil.com/", 1);
    fs::write(&path, text.replace("\"domain\":\"app-2.com\"", "\"domain\":\"co.uk\"")).unwrap();
    let read = known(&path).instances;
    assert_eq!(read.len(), 1, "one without a domain that may be is left out");
    assert!(read[0].instance.allowed_origins().is_empty());
    assert_eq!(read[0].instance.home_url().as_str(), "https://app-1.com/");
}

#[tokio::test]
async fn a_file_is_written_when_something_has_changed_and_not_emptied() {
    let (_folder, path) = place();
    let snapshots = snapshots();
    let keeper = Keeper::open(path.clone(), snapshots.clone());
    keeper.keep(true).await;
    assert!(!path.exists(), "nothing in memory is nothing to keep");
    snapshots.take(stored(1));
    keeper.keep(false).await;
    assert_eq!(known(&path).instances.len(), 1);
    fs::remove_file(&path).unwrap();
    keeper.keep(false).await;
    assert!(!path.exists(), "nothing has changed");
    snapshots.take(stored(2));
    keeper.keep(false).await;
    assert_eq!(known(&path).instances.len(), 2);
}

#[tokio::test]
async fn what_was_read_is_served_and_keeps_its_time_until_the_database_is_heard_from() {
    let (_folder, path) = place();
    file::write(&path, AS_OF, &[stored(1)]).unwrap();
    let snapshots = snapshots();
    let keeper = Keeper::open(path.clone(), snapshots.clone());
    assert_eq!((keeper.as_of(), keeper.count()), (Some(AS_OF), 1));
    assert_eq!(snapshots.all()[0].settings.slug, "app-1");
    assert!(keeper.compare().await.is_err());
    assert_eq!(snapshots.all().len(), 1, "a database that does not answer takes nothing away");
    keeper.keep(true).await;
    assert_eq!(known(&path).as_of, AS_OF);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_no_reason_to_end() {
    let (folder, _) = place();
    let path = folder.path().join("none/snapshot.json");
    let snapshots = snapshots();
    let keeper = Keeper::open(path.clone(), snapshots.clone());
    snapshots.take(stored(1));
    keeper.keep(false).await;
    fs::create_dir(folder.path().join("none")).unwrap();
    keeper.keep(false).await;
    assert_eq!(known(&path).instances.len(), 1);
}

#[test]
fn what_somebody_else_could_have_written_is_not_read() {
    let (folder, path) = place();
    file::write(&path, AS_OF, &[stored(1)]).unwrap();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(file::read(&link), Err(Unread::Io(_))));
    for (mode, is_read) in [(0o600, true), (0o644, true), (0o620, false), (0o602, false)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(file::read(&path).is_ok(), is_read, "{mode:o}");
    }
}

/// The variable that says where [`writes_until_it_is_killed`] writes.
const WHERE: &str = "SNAPSHOT_FILE_OF_A_TEST";

#[test]
#[ignore = "run by the test below, which kills it"]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(WHERE).map(PathBuf::from) else { return };
    let all: Vec<Arc<StoredInstance>> = (1..=300).map(|id| Arc::new(stored(id))).collect();
    loop {
        file::write(&path, AS_OF, &all).unwrap();
    }
}

#[test]
fn kill_9_in_the_middle_of_writing_leaves_a_whole_file() {
    let (_folder, path) = place();
    for round in 0..20 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "portal::snapshot_file::tests::writes_until_it_is_killed"])
            .env(WHERE, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Once it writes the second one, there is a first one to be broken.
        while !path.exists() || !file::beside(&path).exists() {
            std::thread::yield_now();
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        assert_eq!(known(&path).instances.len(), 300, "{round}");
    }
}
