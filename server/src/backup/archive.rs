//! A backup file before it is restored: whether it is one, and which version of this program it needs.

use std::path::Path;

use anyhow::Context;

use super::tools::{Tools, failure};
use crate::database::schema;

/// Checks that this program can restore the file. Returns the schema that its tables are in.
///
/// # Errors
/// It is no backup, it is damaged, or a newer version has written it.
pub(super) async fn check(tools: &Tools, file: &Path) -> anyhow::Result<String> {
    let mut command = tools.command("pg_restore");
    command.args(["--data-only", "--table=_sqlx_migrations", "--file=-"]).arg(file);
    let output = command.output().await.context("can't run pg_restore")?;
    let name = file.display();
    if !output.status.success() {
        return Err(failure("pg_restore", &output)).with_context(|| format!("{name} can't be read as a backup"));
    }
    let found = migrations(&String::from_utf8_lossy(&output.stdout));
    let (schema, versions) = found.with_context(|| format!("{name} is not a backup of Portal Redirects: it has none of its tables"))?;
    match schema::first_unknown(versions) {
        Some(version) => {
            anyhow::bail!("a newer portal-redirects wrote {name}: it has migration {version}. Restore it with that version or a later one.")
        }
        None => Ok(schema),
    }
}

/// The schema of the table of migrations, and the migrations in its data: the first column of each row between `COPY` and `\.`.
fn migrations(data: &str) -> Option<(String, Vec<i64>)> {
    let mut lines = data.lines();
    let schema = lines.find_map(|line| line.strip_prefix("COPY ")?.split_once("._sqlx_migrations (version,")).map(|(schema, _)| schema)?;
    // A name that is not an ordinary one is quoted.
    let schema = schema.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(schema).replace("\"\"", "\"");
    let versions = lines.take_while(|line| *line != "\\.").filter_map(|row| row.split('\t').next()?.parse().ok());
    Some((schema, versions.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_of_a_backup_are_found_in_its_data() {
        let data = "SET x = 0;\n\nCOPY public._sqlx_migrations (version, description, installed_on) FROM stdin;\n1\tinstances\t2026\n15\tpreview origins\t2026\n\\.\n\n2\t\n";
        assert_eq!(migrations(data), Some(("public".to_owned(), vec![1, 15])));
        let quoted = data.replace("public.", "\"My \"\"own\"\"\".");
        assert_eq!(migrations(&quoted), Some(("My \"own\"".to_owned(), vec![1, 15])));
        assert_eq!(migrations("COPY public.other (version, x) FROM stdin;\n1\t2\n\\.\n"), None);
    }
}
