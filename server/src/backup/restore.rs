//! `restore`: replaces everything that is stored by what a file has.

use std::{path::Path, process::Stdio};

use anyhow::Context;
use sqlx::Connection;
use tokio::io::AsyncWriteExt;

use super::{
    archive,
    flags::RestoreFlags,
    store::{self, Contents},
    tools::{Tools, failure},
};
use crate::{
    config::Config,
    database::{owner::OwnedDatabase, privileges, schema},
    process::{shutdown::Shutdown, stdout::print_line},
    secret_key_file::encrypted::Encrypted,
};

/// Restores a backup, whole or not at all. A signal ends it, and then nothing has changed.
///
/// # Errors
/// The file is not a backup that this program can restore, the database has data, it can't be reached, or what is restored is not right.
pub(crate) async fn restore(flags: &RestoreFlags, config: &Config, mut shutdown: Shutdown) -> anyhow::Result<()> {
    std::fs::File::open(&flags.file).with_context(|| format!("can't read {}", flags.file.display()))?;
    let database = OwnedDatabase::open(config).await?;
    let result = tokio::select! {
        result = replace(&database, flags, config) => result,
        () = shutdown.wait() => Err(anyhow::anyhow!("the restore was stopped")),
    };
    database.close().await;
    let (contents, name) = result?;
    print_line(&format!("Restored {contents} from {} into {name}.", flags.file.display()));
    print_line("Running servers serve it within 30 seconds.");
    Ok(())
}

async fn replace(database: &OwnedDatabase, flags: &RestoreFlags, config: &Config) -> anyhow::Result<(Contents, String)> {
    let mut connection = database.connect().await?;
    database.refuse_pooler(&mut connection).await?;
    let tools = Tools::find(store::server_version(&mut connection).await?)?;
    let schema = archive::check(&tools, &flags.file).await?;
    let own = store::schema(&mut connection).await?;
    anyhow::ensure!(
        own == schema,
        "the backup is of the schema {schema}, but the role's own is {own}. Set the role's search_path to {schema}."
    );
    let mut serving = Vec::new();
    if store::has_schema(&mut connection).await? {
        if !flags.replace && store::is_in_use(&mut connection).await? {
            let held = Contents::of(&mut connection).await?;
            anyhow::bail!(
                "the database is in use: it holds {held}. With --replace, the backup replaces them. Make a backup of them first."
            );
        }
        schema::refuse_newer(&mut connection).await?;
        serving = store::serving_roles(&mut connection).await?;
    }
    connection.close().await?;
    load(&tools, database, &flags.file, &schema).await?;
    database.migrate(&serving).await.context("the backup is restored, but can't be brought up to date")?;
    let mut connection = database.connect().await?;
    let problems = store::problems(&mut connection).await?;
    if !problems.is_empty() {
        anyhow::bail!("the backup is restored, but not all of it is right: {}", problems.join("; "));
    }
    let contents = Contents::of(&mut connection).await?;
    let key_file = config.second_factor().key_file;
    for error in Encrypted::find(&mut connection).await?.iter().filter_map(|secrets| secrets.check(&key_file).err()) {
        tracing::warn!("the servers need the key of the backup's secrets: {error:#}");
    }
    let name = database.named(&mut connection).await?;
    connection.close().await?;
    Ok((contents, name))
}

/// Replaces the tables in one transaction. It is committed only after `pg_restore` has read the whole file. If anything ends before that,
/// PostgreSQL rolls it back.
///
/// # Errors
/// The file is damaged, or PostgreSQL refuses something of it.
pub(super) async fn load(tools: &Tools, database: &OwnedDatabase, file: &Path, schema: &str) -> anyhow::Result<()> {
    let mut reader = tools.command("pg_restore");
    reader.args(["--no-owner", "--no-privileges", "--file=-"]).arg(format!("--schema={schema}")).arg(file).stdout(Stdio::piped());
    let mut reader = reader.spawn().context("can't run pg_restore")?;
    let mut script = reader.stdout.take().context("pg_restore has no output")?;
    let mut writer = tools.on(database, "psql");
    writer.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"]);
    let mut writer = writer.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("can't run psql")?;
    let mut input = writer.stdin.take().context("psql has no input")?;
    let feeding = async move {
        input.write_all(format!("begin;\n{}\n", drop_everything()).as_bytes()).await?;
        tokio::io::copy(&mut script, &mut input).await?;
        drop(script);
        let read = reader.wait_with_output().await?;
        if read.status.success() {
            input.write_all(b"\ncommit;\n").await?;
        }
        std::io::Result::Ok(read)
    };
    let (read, written) = tokio::join!(feeding, writer.wait_with_output());
    // What psql says about a script that ends too early says nothing about the file.
    if let Ok(read) = &read
        && !read.status.success()
    {
        return Err(failure("pg_restore", read)).context("nothing was restored, because the backup is damaged");
    }
    // If psql has ended early, nobody reads what it is fed, and psql says why.
    let written = written.context("can't run psql")?;
    if !written.status.success() {
        return Err(failure("psql", &written)).context("nothing was restored");
    }
    read.context("nothing was restored")?;
    Ok(())
}

/// Drops what this program's migrations have made. Servers that use it are waited for, but not for long.
fn drop_everything() -> String {
    let tables: Vec<&str> = privileges::TABLES.iter().map(|(table, _)| *table).collect();
    // Without `cascade`, PostgreSQL refuses if something of somebody else's depends on one of them.
    let (tables, functions) = (tables.join(", "), schema::FUNCTIONS.join(", "));
    format!(
        "set lock_timeout = '30s'; set client_min_messages = warning; drop table if exists {tables}; drop function if exists {functions};"
    )
}
