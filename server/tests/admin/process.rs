//! The real binary, and whom it finds in the database.

pub(crate) use app::fixtures::{account, join, session};
use app::{
    fixtures::{create_owned, other_app},
    history::Actor,
};
use sqlx::{ConnectOptions, PgPool};

use crate::run::{Run, program};

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
    program(&[&["admin"], words].concat()).output().unwrap().into()
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
