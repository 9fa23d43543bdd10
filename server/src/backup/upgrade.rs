//! `upgrade-database`: a private PostgreSQL of an earlier version becomes one of the newest version on this machine. The old one is kept.

use sqlx::Connection;

use super::{
    archive,
    dump::dump,
    restore,
    store::{self, Contents},
    tools::Tools,
    unfinished::Unfinished,
};
use crate::{
    config::Config,
    database::{owner::OwnedDatabase, upgrade::Upgrade},
    process::{shutdown::Shutdown, stdout::print_line},
};

/// Upgrades the private PostgreSQL. Until the last step, nothing of the old one has changed.
///
/// # Errors
/// There is no private PostgreSQL, a server runs it, a version is missing, or the new one lacks something that the old one has.
pub(crate) async fn upgrade(config: &Config, mut shutdown: Shutdown) -> anyhow::Result<()> {
    let Some(upgrade) = Upgrade::plan(config)? else {
        print_line("The private PostgreSQL is already of the newest version on this machine.");
        return Ok(());
    };
    let backup = Unfinished::create(&upgrade.backup())?;
    let old = upgrade.start_old().await?;
    let before = finish(old, &mut shutdown, async |old| Ok(dump(old, &backup.path, &backup.file).await?.0)).await?;
    let new = upgrade.start_new().await?;
    let after = finish(new, &mut shutdown, async |new| fill(new, &backup).await).await?;
    anyhow::ensure!(before == after, "the old PostgreSQL has {before}, but the new one {after}. The old one is still in use.");
    let kept = upgrade.replace()?;
    print_line(&format!("Upgraded the private PostgreSQL from {} to {}, with {after}.", upgrade.from, upgrade.to));
    print_line(&format!("The old one is kept in {}. Remove it when you are sure.", kept.display()));
    Ok(())
}

/// Works with a private PostgreSQL, and stops it in any case. A signal ends the work.
async fn finish<T>(
    database: OwnedDatabase,
    shutdown: &mut Shutdown,
    work: impl AsyncFnOnce(&OwnedDatabase) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let result = tokio::select! {
        result = work(&database) => result,
        () = shutdown.wait() => Err(anyhow::anyhow!("the upgrade was stopped; the old PostgreSQL is still in use")),
    };
    database.close().await;
    result
}

async fn fill(new: &OwnedDatabase, backup: &Unfinished) -> anyhow::Result<Contents> {
    let mut connection = new.connect().await?;
    let tools = Tools::find(store::server_version(&mut connection).await?)?;
    let schema = archive::check(&tools, &backup.path).await?;
    restore::load(&tools, new, &backup.path, &schema).await?;
    let problems = store::problems(&mut connection).await?;
    anyhow::ensure!(problems.is_empty(), "not everything was restored: {}. The old PostgreSQL is still in use.", problems.join("; "));
    let contents = Contents::of(&mut connection).await?;
    connection.close().await?;
    Ok(contents)
}
