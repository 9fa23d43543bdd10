//! The real binary, and whom it finds in the database.

use std::process::Command;

pub(crate) use app::fixtures::{account, join, session};
use app::{
    fixtures::{create_owned, other_app},
    history::Actor,
};
use sqlx::{ConnectOptions, PgPool};

/// What a run wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) said: String,
}

impl Run {
    /// The token of the link on the last line, which begins like that.
    #[track_caller]
    pub(crate) fn token(&self, start: &str) -> String {
        assert_eq!((self.code, self.said.as_str()), (Some(0), ""), "{self:?}");
        let (_, link) = self.output.trim_end().rsplit_once('\n').unwrap();
        link.strip_prefix(start).unwrap_or_else(|| panic!("{link}")).to_owned()
    }

    /// Why it was refused, with nothing on standard output.
    #[track_caller]
    pub(crate) fn refused(&self) -> &str {
        assert_eq!((self.code, self.output.as_str()), (Some(1), ""), "{self:?}");
        self.said.trim_end().strip_prefix("portal-redirects: ").unwrap()
    }
}

/// Runs `admin` with these words on a test's database.
pub(crate) fn admin(pool: &PgPool, words: &[&str]) -> Run {
    run(&[words, &["--database-url", pool.connect_options().to_url_lossy().as_str()]].concat())
}

/// Runs `admin` with these words.
pub(crate) fn run(words: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal-redirects"));
    for variable in ["DATABASE_URL", "PORTAL_REDIRECTS_LISTEN", "PORTAL_REDIRECTS_DASHBOARD_URL", "PORTAL_REDIRECTS_DATA_DIR"] {
        command.env_remove(variable);
    }
    let output = command.arg("admin").args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), output: text(output.stdout), said: text(output.stderr) }
}

/// Creates an instance with that slug and owner.
pub(crate) async fn instance(pool: &PgPool, slug: &str, owner: &Actor) {
    create_owned(pool, owner, &other_app(slug)).await;
}

/// What the command line has done, and about whom.
pub(crate) async fn recorded(pool: &PgPool) -> Vec<(String, String)> {
    sqlx::query_as("select kind, about from changes where who = 'the command line' and admin_id is null order by id")
        .fetch_all(pool)
        .await
        .unwrap()
}
