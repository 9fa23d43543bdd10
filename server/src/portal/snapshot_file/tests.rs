//! Tests of the snapshot file: what is written is read again, and other files are ignored.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use app::{
    fixtures::{self, other_app},
    identity_provider::ProviderButton,
    instances::stored::StoredInstance,
    redirects::{Environment, Flow, Instance, Settings, policy},
};
use sqlx::postgres::PgPoolOptions;
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::{
    SnapshotFile,
    file::{self, Contents, ReadError},
};
use crate::portal::snapshot::{Row, Snapshots};

const AS_OF: OffsetDateTime = datetime!(2026-11-23 18:45:07 UTC);

fn stored(id: i64) -> StoredInstance {
    let settings = Settings {
        environment: Environment::Production,
        portal_origin: format!("https://accounts.app-{id}.com"),
        home_url: format!("https://app-{id}.com/"),
        allowed_origins: vec!["https://fine.org".into()],
        ..other_app(&format!("app-{id}"))
    };
    StoredInstance {
        id,
        save_id: Uuid::from_u128(1_000 + u128::from(id.unsigned_abs())),
        instance: Instance::restore(settings.clone(), 12).unwrap(),
        archived_at: (id == 2).then_some(AS_OF),
        portal_enabled: id != 3,
        visits_counted: id != 3,
        provider: (id == 3).then(|| ProviderButton { text: "Sign in".into(), replaces_accounts: true, manages_names: false }),
        ..fixtures::stored(settings, &[(Flow::SignIn, "/in")])
    }
}

/// A new folder, and the path of a file in it.
fn new_path() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.json");
    (folder, path)
}

fn write<'a>(path: &Path, as_of: OffsetDateTime, all: impl IntoIterator<Item = &'a StoredInstance, IntoIter: Clone>) -> io::Result<()> {
    file::write(path, as_of, all.into_iter().map(Row::from))
}

fn contents(path: &Path) -> Contents {
    file::read(path).unwrap().unwrap()
}

fn snapshots() -> Snapshots {
    let nowhere = PgPoolOptions::new().acquire_timeout(Duration::from_millis(100)).connect_lazy("postgres://nobody@127.0.0.1:1/nowhere");
    Snapshots::new(nowhere.unwrap(), 16 * 1024 * 1024)
}

#[test]
fn a_written_file_is_read_again_and_belongs_to_its_owner_alone() {
    let (_folder, path) = new_path();
    assert!(file::read(&path).unwrap().is_none());
    let all = [stored(1), stored(2), stored(3)];
    fs::write(file::temporary_path(&path), "left by a killed server").unwrap();
    write(&path, AS_OF, &all).unwrap();
    let Contents { as_of, instances } = contents(&path);
    assert_eq!(as_of, AS_OF);
    assert_eq!(format!("{instances:?}"), format!("{all:?}"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!file::temporary_path(&path).exists());
}

#[test]
fn an_origin_with_any_port_is_read_again() {
    let (_folder, path) = new_path();
    let settings = Settings { allowed_origins: vec!["http://localhost:*".into()], ..other_app("app-1") };
    assert_eq!(settings.environment, Environment::Development);
    write(&path, AS_OF, [&fixtures::stored(settings, &[(Flow::SignIn, "http://localhost:4321/in")])]).unwrap();
    let [read] = &contents(&path).instances[..] else { panic!("one instance") };
    assert_eq!(read.instance.allowed_origins()[0].as_str(), "http://localhost:*");
    assert!(policy::check(&read.instance, Flow::SignIn, None, "http://localhost:1/").is_ok());
}

#[test]
fn preview_origins_are_read_again_with_their_ends() {
    let (_folder, path) = new_path();
    let plain = stored(1);
    let ends = [("https://b.example", AS_OF), ("https://a.example:8443", AS_OF + time::Duration::HOUR)];
    let instance = plain.instance.clone().with_stored_expiring(ends.map(|(origin, end)| (origin.to_owned(), end.into())));
    let written = StoredInstance { instance, ..plain };
    write(&path, AS_OF, [&written]).unwrap();
    let read = contents(&path).instances;
    assert_eq!(read[0].instance.expiring_origins().len(), 2);
    assert_eq!(read[0].instance.expiring_origins(), written.instance.expiring_origins());
    // The format before had none.
    let text = fs::read_to_string(&path).unwrap();
    let (start, rest) = text.split_once("\"preview_origins\":{").unwrap();
    let (_, end) = rest.split_once("},").unwrap();
    fs::write(&path, format!("{start}{end}").replace("\"format\":5", "\"format\":3")).unwrap();
    assert_eq!(contents(&path).instances[0].instance.expiring_origins(), []);
}

#[test]
fn a_broken_or_truncated_file_and_one_of_another_format_are_not_read() {
    let (_folder, path) = new_path();
    write(&path, AS_OF, [&stored(1)]).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(file::read(&path), Err(ReadError::Broken(_))), "{length}");
    }
    for text in ["{}", "[]", "null", "{\"format\":5}", "\u{0}", &whole.replace("\"id\"", "\"key\""), &format!("{whole}x")] {
        fs::write(&path, text).unwrap();
        assert!(matches!(file::read(&path), Err(ReadError::Broken(_))), "{text}");
    }
    fs::write(&path, whole.replace("\"format\":5", "\"format\":6,\"later\":true")).unwrap();
    assert!(matches!(file::read(&path), Err(ReadError::Format(6))));
    fs::write(&path, whole.replace(&format!("\"as_of\":{}", AS_OF.unix_timestamp()), "\"as_of\":9000000000000000")).unwrap();
    assert!(matches!(file::read(&path), Err(ReadError::Time(_))));
    assert!(matches!(file::read(path.parent().unwrap()), Err(ReadError::NotOwn)));
}

#[test]
fn a_file_of_the_first_format_is_read_and_is_of_no_save() {
    let (_folder, path) = new_path();
    write(&path, AS_OF, [&stored(1)]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let save_id = format!("\"save_id\":\"{}\",", stored(1).save_id);
    assert!(text.contains(&save_id), "{text}");
    let first = text
        .replace("\"format\":5", "\"format\":1")
        .replace(&save_id, "")
        .replace("\"visits_counted\":true,", "")
        .replace("\"preview_origins\":{},", "");
    assert!(!first.contains("visits_counted") && !first.contains("preview_origins"), "{first}");
    fs::write(&path, first).unwrap();
    let read = contents(&path).instances;
    assert_eq!((read[0].instance.version(), read[0].save_id), (12, Uuid::nil()));
    assert!(read[0].visits_counted);
}

#[test]
fn an_old_file_is_read_by_todays_rules() {
    let (_folder, path) = new_path();
    write(&path, AS_OF, [&stored(1), &stored(2)]).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replacen("https://fine.org", "https://*.vercel.app", 1).replacen("https://app-1.com/", "https://evil.com/", 1);
    fs::write(&path, text.replace("\"domain\":\"app-2.com\"", "\"domain\":\"co.uk\"")).unwrap();
    let read = contents(&path).instances;
    assert_eq!(read.len(), 1, "the instance with an invalid domain is left out");
    assert!(read[0].instance.allowed_origins().is_empty());
    assert_eq!(read[0].instance.home_url().as_str(), "https://app-1.com/");
}

#[tokio::test]
async fn the_file_is_written_when_something_has_changed_and_is_never_emptied() {
    let (_folder, path) = new_path();
    let snapshots = snapshots();
    let file = SnapshotFile::open(path.clone(), snapshots.clone());
    file.write(true).await;
    assert!(!path.exists(), "an empty memory is not written");
    snapshots.insert(stored(1));
    file.write(false).await;
    assert_eq!(contents(&path).instances.len(), 1);
    fs::remove_file(&path).unwrap();
    file.write(false).await;
    assert!(!path.exists(), "nothing has changed");
    snapshots.insert(stored(2));
    file.write(false).await;
    assert_eq!(contents(&path).instances.len(), 2);
}

#[tokio::test]
async fn what_was_read_is_served_and_keeps_its_time_until_the_database_answers() {
    let (_folder, path) = new_path();
    write(&path, AS_OF, [&stored(1)]).unwrap();
    let snapshots = snapshots();
    let file = SnapshotFile::open(path.clone(), snapshots.clone());
    assert_eq!((file.as_of(), file.count()), (Some(AS_OF), 1));
    assert_eq!(snapshots.warm(Some("app-1"), None).unwrap().settings.slug, "app-1");
    assert!(file.overwrite_from_database().await.is_err());
    assert_eq!(snapshots.in_memory().len(), 1, "a database that does not answer removes nothing");
    file.write(true).await;
    assert_eq!(contents(&path).as_of, AS_OF);
}

#[tokio::test]
async fn a_write_that_fails_is_tried_again() {
    let (folder, _) = new_path();
    let path = folder.path().join("none/snapshot.json");
    let snapshots = snapshots();
    let file = SnapshotFile::open(path.clone(), snapshots.clone());
    snapshots.insert(stored(1));
    file.write(false).await;
    fs::create_dir(folder.path().join("none")).unwrap();
    file.write(false).await;
    assert_eq!(contents(&path).instances.len(), 1);
}

#[test]
fn a_file_that_other_users_may_write_is_not_read() {
    let (folder, path) = new_path();
    write(&path, AS_OF, [&stored(1)]).unwrap();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(file::read(&link), Err(ReadError::Io(_))));
    for (mode, is_read) in [(0o600, true), (0o644, true), (0o620, false), (0o602, false)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(file::read(&path).is_ok(), is_read, "{mode:o}");
    }
}

/// The environment variable with the path that [`writes_until_it_is_killed`] writes to.
const PATH_VARIABLE: &str = "SNAPSHOT_FILE_OF_A_TEST";

#[test]
#[ignore = "run by the test below, which kills it"]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(PATH_VARIABLE).map(PathBuf::from) else { return };
    let all: Vec<StoredInstance> = (1..=300).map(stored).collect();
    loop {
        write(&path, AS_OF, &all).unwrap();
    }
}

#[test]
fn kill_9_during_a_write_leaves_a_complete_file() {
    let (_folder, path) = new_path();
    let (_, module) = module_path!().split_once("::").unwrap();
    for round in 0..20 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", &format!("{module}::writes_until_it_is_killed")])
            .env(PATH_VARIABLE, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // While it writes the second file, the first one could be damaged.
        while !path.exists() || !file::temporary_path(&path).exists() {
            std::thread::yield_now();
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        assert_eq!(contents(&path).instances.len(), 300, "{round}");
    }
}
