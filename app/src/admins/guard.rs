//! The guard: what each request to the dashboard requires, and whether the caller has it. Reading any page of an instance
//! requires membership, and a post that is not listed here requires an owner. Server functions check for themselves. Any other path that is
//! not listed leads nowhere.

use crate::paths;
use sqlx::PgPool;

use super::{Caller, Role};
use crate::{
    database::{log_failure, timed},
    error::AppError,
    members::store::membership::{self, MemberAccess},
    redirects::is_slug,
};

/// What a request requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: sign-in pages and static files.
    Nothing,
    /// A sign-in whose password was right, and whose code is still missing.
    PendingSignIn,
    /// A signed-in admin. Server functions call [`admit`] themselves, because the instance is in the body.
    Session,
    /// A server-wide admin.
    ServerAdmin,
    /// A member of that instance with at least that role.
    Member(String, Role),
    /// An owner of that archived instance.
    Restore(String),
    /// There is no such page. Only signed-in admins get that answer.
    NoSuchPage,
}

/// The pages that are open to everybody.
const OPEN: [&str; 7] = ["/", paths::SIGN_IN, paths::PROVIDER, paths::PROVIDER_CALLBACK, paths::SETUP, paths::INVITATION, paths::RESET];

/// What is open to admins without a second factor, on a server that requires one.
const OPEN_WITHOUT_SECOND_FACTOR: [&str; 3] = [paths::SECOND_FACTOR, paths::CONFIRM_SECOND_FACTOR, paths::SIGN_OUT];

/// Whether a path is closed to admins without a second factor, on a server that requires one.
pub fn needs_second_factor(path: &str) -> bool {
    !OPEN_WITHOUT_SECOND_FACTOR.contains(&path)
}

impl Need {
    /// What a request requires. `path` is the path as the request has it, not decoded.
    pub fn of(writes: bool, path: &str) -> Self {
        if OPEN.contains(&path) || path.strip_prefix("/pkg/").is_some_and(|name| !name.contains('/')) {
            return Self::Nothing;
        }
        if path == paths::SIGN_IN_CODE {
            return Self::PendingSignIn;
        }
        let mut parts = path.trim_start_matches('/').split('/');
        match (parts.next(), parts.next()) {
            (Some("instances"), Some("new"))
            | (Some("history"), None | Some("export.csv" | "export.json"))
            | (Some("api-tokens"), None | Some("revoke")) => Self::ServerAdmin,
            (Some("instances"), None | Some("")) | (Some("switcher"), None) | (Some("account" | "api"), _) => Self::Session,
            (Some("instances"), Some(slug)) if is_slug(slug) => {
                let role = match (writes, [parts.next(), parts.next(), parts.next()]) {
                    (true, [Some("unarchive"), None, None]) => return Self::Restore(slug.to_owned()),
                    (true, [Some("redirects" | "settings" | "copy" | "history" | "portal" | "activity"), ..] | [Some("visitors" | "targets"), None, None])
                    // It holds everybody's email address.
                    | (false, [Some("visitors"), Some("waitlist.csv"), None]) => Role::Editor,
                    // Previews store nothing, every member may leave, and who has made a token may revoke it.
                    (false, _)
                    | (true, [Some("preview"), ..] | [Some("members"), Some("leave"), None] | [Some("api-tokens"), Some("revoke"), None]) => {
                        Role::Viewer
                    }
                    (true, _) => Role::Owner,
                };
                Self::Member(slug.to_owned(), role)
            }
            _ => Self::NoSuchPage,
        }
    }
}

/// The caller's role in an instance, if it is at least `least`.
///
/// # Errors
/// `NotFound` if they are not a member or there is no such instance, `Archived` if the instance is archived, `Forbidden` if their role
/// is lower, `Unavailable` if the database does not answer.
pub async fn admit(pool: &PgPool, caller: &Caller, slug: &str, least: Role) -> Result<Role, AppError> {
    match access(pool, caller, slug).await? {
        MemberAccess { is_archived: true, .. } => Err(AppError::Archived),
        MemberAccess { role, .. } if role >= least => Ok(role),
        MemberAccess { .. } => Err(AppError::Forbidden),
    }
}

/// Admits an owner to an instance that is archived, or has just been restored.
///
/// # Errors
/// `NotFound` if they are not a member or there is no such instance, `Forbidden` if they are not an owner, `Unavailable` if the
/// database does not answer.
pub async fn admit_to_restore(pool: &PgPool, caller: &Caller, slug: &str) -> Result<(), AppError> {
    match access(pool, caller, slug).await?.role {
        Role::Owner => Ok(()),
        Role::Editor | Role::Viewer => Err(AppError::Forbidden),
    }
}

async fn access(pool: &PgPool, caller: &Caller, slug: &str) -> Result<MemberAccess, AppError> {
    if !is_slug(slug) {
        return Err(AppError::NotFound);
    }
    let found = membership::find(timed(pool), slug, caller.id).await.map_err(|error| {
        log_failure(&error, "the guard could not look up a membership");
        AppError::Unavailable
    })?;
    found.ok_or(AppError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(role: Role) -> Need {
        Need::Member("my-app".to_owned(), role)
    }

    #[test]
    fn reading_requires_membership_and_writing_requires_the_role_for_it() {
        for path in ["/instances/my-app", "/instances/my-app/redirects", "/instances/my-app/anything/new"] {
            assert_eq!(Need::of(false, path), member(Role::Viewer), "{path}");
        }
        for path in ["/instances/my-app/preview", "/instances/my-app/preview/links.csv"] {
            assert_eq!(Need::of(true, path), member(Role::Viewer), "{path}");
        }
        for path in ["/redirects", "/settings", "/settings/preview-origins/remove", "/portal", "/targets", "/history/3"] {
            let path = &format!("/instances/my-app{path}");
            assert_eq!(Need::of(true, path), member(Role::Editor), "{path}");
        }
        for path in ["/instances/my-app/members", "/instances/my-app/archive", "/instances/my-app", "/instances/my-app/anything/new"] {
            assert_eq!(Need::of(true, path), member(Role::Owner), "{path}");
        }
    }

    #[test]
    fn every_member_may_leave_and_only_owners_change_members() {
        assert_eq!(Need::of(true, "/instances/my-app/members/leave"), member(Role::Viewer));
        for path in ["", "/role", "/remove", "/withdraw", "/leave/", "/leave/x", "/Leave", "/leave%2F", "//leave"] {
            let path = format!("/instances/my-app/members{path}");
            assert_eq!(Need::of(true, &path), member(Role::Owner), "{path}");
        }
        assert_eq!(Need::of(true, "/instances/my-app/leave"), member(Role::Owner));
    }

    #[test]
    fn owners_issue_tokens_and_every_member_may_revoke_their_own() {
        assert_eq!(Need::of(false, "/instances/my-app/api-tokens"), member(Role::Viewer));
        assert_eq!(Need::of(true, "/instances/my-app/api-tokens"), member(Role::Owner));
        assert_eq!(Need::of(true, "/instances/my-app/api-tokens/revoke"), member(Role::Viewer));
        for path in ["/revoke/", "/revoke/x", "/Revoke", "//revoke", "/revoke%2F"] {
            let path = format!("/instances/my-app/api-tokens{path}");
            assert_eq!(Need::of(true, &path), member(Role::Owner), "{path}");
        }
    }

    #[test]
    fn editors_find_visitors_and_only_owners_delete_them() {
        assert_eq!(Need::of(false, "/instances/my-app/visitors"), member(Role::Viewer));
        assert_eq!(Need::of(true, "/instances/my-app/visitors"), member(Role::Editor));
        assert_eq!(Need::of(false, "/instances/my-app/visitors/waitlist.csv"), member(Role::Editor));
        for path in ["/instances/my-app/visitors/delete", "/instances/my-app/visitors/waitlist", "/instances/my-app/visitors/"] {
            assert_eq!(Need::of(true, path), member(Role::Owner), "{path}");
        }
    }

    #[test]
    fn only_restoring_reaches_an_archived_instance() {
        assert_eq!(Need::of(true, "/instances/my-app/unarchive"), Need::Restore("my-app".to_owned()));
        assert_eq!(Need::of(false, "/instances/my-app/unarchive"), member(Role::Viewer));
        assert_eq!(Need::of(true, "/instances/my-app/unarchive/x"), member(Role::Owner));
    }

    #[test]
    fn a_path_that_is_not_listed_is_closed() {
        for path in ["/instances", "/account", "/account/sessions", "/api/preview", "/api/anything/new", "/api"] {
            assert_eq!(Need::of(false, path), Need::Session, "{path}");
        }
        for path in ["/instances/new", "/history", "/history/export.csv", "/api-tokens", "/api-tokens/revoke"] {
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
