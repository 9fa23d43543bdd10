//! `backup`: writes everything that is stored into a file.

use std::{fs::File, path::Path};

use anyhow::Context;
use app::ui::text::Grouped;
use sqlx::Connection;

use super::{
    flags::BackupFlags,
    store::{self, Contents},
    tools::{Tools, failure},
    unfinished::Unfinished,
};
use crate::{
    config::Config,
    database::{is_private, owner::OwnedDatabase, private_version, privileges::OF_RUNNING_SERVERS},
    process::{shutdown::Shutdown, stdout::print_line},
    secret_key_file::encrypted::Encrypted,
};

/// Writes a backup. A signal ends it, and then there is no file.
///
/// # Errors
/// The file exists or can't be written, the database can't be reached, or `pg_dump` fails.
pub(crate) async fn backup(flags: &BackupFlags, config: &Config, mut shutdown: Shutdown) -> anyhow::Result<()> {
    let file = &flags.file;
    if file.symlink_metadata().is_ok() {
        anyhow::bail!("{} exists already. Choose another name, or move it away.", file.display());
    }
    if is_private(config)? {
        let path = config.data_dir()?;
        anyhow::ensure!(
            private_version(&path).is_some(),
            "there is no private PostgreSQL in {}. Which --data-dir is the right one?",
            path.display()
        );
    }
    let unfinished = Unfinished::create(file)?;
    let database = OwnedDatabase::open(config).await?;
    let result = tokio::select! {
        result = dump(&database, &unfinished.path, &unfinished.file) => result,
        () = shutdown.wait() => Err(anyhow::anyhow!("the backup was stopped before it was complete")),
    };
    database.close().await;
    let (contents, has_encrypted) = result?;
    unfinished.finish()?;
    let kilobytes = file.metadata()?.len().div_ceil(1000);
    print_line(&format!("Backed up {contents} to {} ({} kB).", file.display(), Grouped(kilobytes)));
    print_line("Keep it like a secret: it has the admins' and visitors' email addresses, and hashes of their passwords.");
    if has_encrypted {
        let key = config.second_factor().key_file;
        print_line(&format!("The secret key is not in it. Keep a copy of {} in another place.", key.path().display()));
    }
    Ok(())
}

/// Writes everything into a file. Returns how much that is, and whether some of it is encrypted with the secret
/// key.
///
/// # Errors
/// The database can't be reached or has no tables, or `pg_dump` fails.
pub(super) async fn dump(database: &OwnedDatabase, path: &Path, file: &File) -> anyhow::Result<(Contents, bool)> {
    let mut connection = database.connect().await?;
    if !store::has_schema(&mut connection).await? {
        anyhow::bail!("there is nothing to back up: the database has no tables of Portal Redirects");
    }
    database.refuse_pooler(&mut connection).await?;
    let tools = Tools::find(store::server_version(&mut connection).await?)?;
    let schema = store::schema(&mut connection).await?;
    // The numbers are those of the same moment as the backup.
    let mut snapshot = connection.begin_with("begin isolation level repeatable read read only").await?;
    let name = store::export_snapshot(&mut snapshot).await?;
    let contents = Contents::of(&mut snapshot).await?;
    let has_encrypted = !Encrypted::find(&mut snapshot).await?.is_empty();
    let mut command = tools.on(database, "pg_dump");
    command.args(["--format=custom", "--lock-wait-timeout=60s"]).arg(format!("--snapshot={name}"));
    // Nothing else that the database may have, such as extensions and the tables of other programs. It is a pattern.
    command.arg(format!("--schema=\"{}\"", schema.replace('"', "\"\"")));
    command.args(OF_RUNNING_SERVERS.map(|table| format!("--exclude-table-data={table}")));
    // Not `output`, which would take standard output for itself.
    let running = command.stdout(file.try_clone()?).spawn().context("can't run pg_dump")?;
    let output = running.wait_with_output().await?;
    snapshot.rollback().await?;
    if !output.status.success() {
        return Err(failure("pg_dump", &output));
    }
    // It can be read to its end.
    let mut list = tools.command("pg_restore");
    let output = list.arg("--list").arg(path).output().await.context("can't run pg_restore")?;
    if output.status.success() {
        Ok((contents, has_encrypted))
    } else {
        Err(failure("pg_restore", &output)).context("the backup can't be read again")
    }
}
