//! The guard: what each request of the dashboard needs, and whether who asks has it. What is not named here needs most.

use crate::paths;
use sqlx::PgPool;

use super::{Caller, Role};
use crate::{error::AppError, redirects::is_slug};

/// What a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: the ways in, the browser's files, how the process is.
    Nothing,
    /// Somebody who is signed in. A server function asks [`admit`] itself: its instance is in its body.
    Session,
    /// A server-wide admin.
    ServerAdmin,
    /// A member of that instance, with that role at least.
    Member(String, Role),
    /// An owner of that instance, which is archived.
    Restore(String),
    /// There is nothing there; who is not signed in is not told.
    NoSuchPage,
}

/// What is open to everybody.
const OPEN: [&str; 7] = ["/", "/healthz", "/readyz", paths::SIGN_IN, paths::SETUP, paths::INVITATION, paths::RESET];

impl Need {
    /// What a request with that method needs at that path, as it was asked for.
    pub fn of(writes: bool, path: &str) -> Self {
        if OPEN.contains(&path) || path.strip_prefix("/pkg/").is_some_and(|name| !name.contains('/')) {
            return Self::Nothing;
        }
        let mut parts = path.trim_start_matches('/').split('/');
        match (parts.next(), parts.next()) {
            (Some("instances"), Some("new")) | (Some("history"), None | Some("export.csv" | "export.json")) => Self::ServerAdmin,
            (Some("instances"), None | Some("")) | (Some("account" | "api"), _) => Self::Session,
            (Some("instances"), Some(slug)) if is_slug(slug) => {
                let role = match (writes, [parts.next(), parts.next(), parts.next()]) {
                    (true, [Some("unarchive"), None, None]) => return Self::Restore(slug.to_owned()),
                    // Previews answer a post and store nothing; whoever is a member may leave.
                    (false, _) | (true, [Some("preview"), ..] | [Some("members"), Some("leave"), None]) => Role::Viewer,
                    (true, [Some("redirects" | "settings" | "copy" | "history" | "portal"), ..]) => Role::Editor,
                    (true, _) => Role::Owner,
                };
                Self::Member(slug.to_owned(), role)
            }
            _ => Self::NoSuchPage,
        }
    }
}

/// The caller's role in an instance, if it is at least this one.
///
/// # Errors
/// They are no member, and are not told that there is such an instance; it is archived; they may not; or PostgreSQL.
pub async fn admit(pool: &PgPool, caller: &Caller, slug: &str, least: Role) -> Result<Role, AppError> {
    match standing(pool, caller, slug).await? {
        (_, true) => Err(AppError::Archived),
        (role, false) if role >= least => Ok(role),
        (_, false) => Err(AppError::Forbidden),
    }
}

/// Lets an owner through to an instance that is archived, or was a moment ago.
///
/// # Errors
/// They are no member, and are not told that there is such an instance; they may not; or PostgreSQL.
pub async fn admit_to_restore(pool: &PgPool, caller: &Caller, slug: &str) -> Result<(), AppError> {
    match standing(pool, caller, slug).await? {
        (Role::Owner, _) => Ok(()),
        (Role::Editor | Role::Viewer, _) => Err(AppError::Forbidden),
    }
}

/// The caller's role in an instance, and whether that is archived.
async fn standing(pool: &PgPool, caller: &Caller, slug: &str) -> Result<(Role, bool), AppError> {
    if !is_slug(slug) {
        return Err(AppError::NotFound);
    }
    let row = sqlx::query!(
        r#"select m.role, i.archived_at is not null as "is_archived!" from members m join instances i on i.id = m.instance_id
        where i.slug = $1 and m.admin_id = $2"#,
        slug,
        caller.id
    )
    .fetch_optional(pool)
    .await
    .map_err(|error| {
        tracing::warn!(%error, "the guard could not ask");
        AppError::Unavailable
    })?;
    let row = row.ok_or(AppError::NotFound)?;
    Ok((row.role.parse().map_err(|_| AppError::NotFound)?, row.is_archived))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(role: Role) -> Need {
        Need::Member("my-app".to_owned(), role)
    }

    #[test]
    fn who_reads_an_instance_is_a_member_and_who_writes_may() {
        for path in ["/instances/my-app", "/instances/my-app/redirects", "/instances/my-app/anything/new"] {
            assert_eq!(Need::of(false, path), member(Role::Viewer), "{path}");
        }
        for path in ["/instances/my-app/preview", "/instances/my-app/preview/links.csv"] {
            assert_eq!(Need::of(true, path), member(Role::Viewer), "{path}");
        }
        for path in ["/instances/my-app/redirects", "/instances/my-app/settings", "/instances/my-app/portal", "/instances/my-app/history/3"]
        {
            assert_eq!(Need::of(true, path), member(Role::Editor), "{path}");
        }
        for path in ["/instances/my-app/members", "/instances/my-app/archive", "/instances/my-app", "/instances/my-app/anything/new"] {
            assert_eq!(Need::of(true, path), member(Role::Owner), "{path}");
        }
    }

    #[test]
    fn whoever_is_a_member_may_leave_and_nothing_else_of_the_members_is_theirs_to_write() {
        assert_eq!(Need::of(true, "/instances/my-app/members/leave"), member(Role::Viewer));
        for path in ["", "/role", "/remove", "/withdraw", "/leave/", "/leave/x", "/Leave", "/leave%2F", "//leave"] {
            let path = format!("/instances/my-app/members{path}");
            assert_eq!(Need::of(true, &path), member(Role::Owner), "{path}");
        }
        assert_eq!(Need::of(true, "/instances/my-app/leave"), member(Role::Owner));
    }

    #[test]
    fn only_restoring_reaches_an_archived_instance() {
        assert_eq!(Need::of(true, "/instances/my-app/unarchive"), Need::Restore("my-app".to_owned()));
        assert_eq!(Need::of(false, "/instances/my-app/unarchive"), member(Role::Viewer));
        assert_eq!(Need::of(true, "/instances/my-app/unarchive/x"), member(Role::Owner));
    }

    #[test]
    fn what_is_not_named_is_closed() {
        for path in ["/instances", "/account", "/account/sessions", "/api/preview", "/api/anything/new", "/api"] {
            assert_eq!(Need::of(false, path), Need::Session, "{path}");
        }
        for path in ["/instances/new", "/history", "/history/export.csv"] {
            assert_eq!(Need::of(true, path), Need::ServerAdmin, "{path}");
        }
        for path in
            ["/anything", "/instances/My-App/redirects", "/instances/my%2Dapp", "//instances/my-app/", "/pkg/a/b", "/account%2Fsign-in"]
        {
            let need = Need::of(true, path);
            assert!(!matches!(need, Need::Nothing), "{path} {need:?}");
        }
    }
}
