//! A backup file before it is restored: whether it is one, and which version of this program it needs.

use std::path::Path;

use anyhow::Context;

use super::tools::{Tools, failure};
use crate::database::schema;

/// Checks that this program can restore the file.
///
/// # Errors
/// It is no backup, it is damaged, or a newer version has written it.
pub(super) async fn check(tools: &Tools, file: &Path) -> anyhow::Result<()> {
    let mut command = tools.command("pg_restore");
    command.args(["--data-only", "--table=_sqlx_migrations", "--file=-"]).arg(file);
    let output = command.output().await.context("can't run pg_restore")?;
    let name = file.display();
    if !output.status.success() {
        return Err(failure("pg_restore", &output)).with_context(|| format!("{name} can't be read as a backup"));
    }
    let versions = migrations(&String::from_utf8_lossy(&output.stdout));
    if versions.is_empty() {
        anyhow::bail!("{name} is not a backup of Portal Redirects: it has none of its tables");
    }
    match versions.into_iter().find(|version| !schema::knows(*version)) {
        Some(version) => {
            anyhow::bail!("a newer portal-redirects wrote {name}: it has migration {version}. Restore it with that version or a later one.")
        }
        None => Ok(()),
    }
}

/// The migrations in the data of their table: the first column of each row between `COPY` and `\.`.
fn migrations(data: &str) -> Vec<i64> {
    let mut lines = data.lines().skip_while(|line| !line.starts_with("COPY ") || !line.contains("_sqlx_migrations (version,")).skip(1);
    let rows = lines.by_ref().take_while(|line| *line != "\\.");
    rows.filter_map(|row| row.split('\t').next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_of_a_backup_are_found_in_its_data() {
        let data = "SET x = 0;\n\nCOPY public._sqlx_migrations (version, description, installed_on) FROM stdin;\n1\tinstances\t2026\n15\tpreview origins\t2026\n\\.\n\n2\t\n";
        assert_eq!(migrations(data), [1, 15]);
        assert!(migrations("COPY public.other (version, x) FROM stdin;\n1\t2\n\\.\n").is_empty());
    }
}
