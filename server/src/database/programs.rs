//! PostgreSQL's own programs on this machine: in which directories they are, and of which version.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The directories that have this program: Debian's, the newest version first, then those of PATH.
pub(crate) fn directories(program: &str) -> Vec<PathBuf> {
    let mut debian: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        for entry in versions.flatten() {
            if let Ok(number) = entry.file_name().to_string_lossy().parse() {
                debian.push((number, entry.path().join("bin")));
            }
        }
    }
    debian.sort();
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    debian.into_iter().rev().map(|(_, bin)| bin).chain(on_path).filter(|bin| bin.join(program).exists()).collect()
}

/// Each PostgreSQL on this machine that can create and run a cluster: its version and its directory, the newest first.
pub(crate) fn installed() -> Vec<(u32, PathBuf)> {
    let found = directories("initdb").into_iter();
    let mut found: Vec<_> = found.filter_map(|directory| Some((major_version(&directory.join("postgres"))?, directory))).collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found
}

/// The major version of a program, as it says itself: `pg_dump (PostgreSQL) 15.14`.
pub(crate) fn major_version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    major_version_in(&String::from_utf8_lossy(&output.stdout))
}

fn major_version_in(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_say_their_version() {
        assert_eq!(major_version_in("pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version_in("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version_in("pg_dump: error"), None);
        assert_eq!(major_version(Path::new("/nowhere/pg_dump")), None);
    }
}
