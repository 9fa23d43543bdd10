//! The addresses of the dashboard's pages and forms. Links, forms and redirects are written with these; `routes.rs` and the
//! server's router hold the templates.

/// The list of instances.
pub const INSTANCES: &str = "/instances";
/// The form for a new instance.
pub const NEW_INSTANCE: &str = "/instances/new";
/// What the switcher finds, alone.
pub const SWITCHER: &str = "/switcher";
/// The caller's own account.
pub const ACCOUNT: &str = "/account";
/// Signing in.
pub const SIGN_IN: &str = "/account/sign-in";
/// The second step of signing in: a code of the second factor.
pub const SIGN_IN_CODE: &str = "/account/sign-in/code";
/// Signing in at the company's identity provider.
pub const PROVIDER: &str = "/account/provider";
/// Where the identity provider sends admins back.
pub const PROVIDER_CALLBACK: &str = "/account/provider/callback";
/// Signing out.
pub const SIGN_OUT: &str = "/account/sign-out";
/// Ending one of the caller's sessions.
pub const SESSIONS: &str = "/account/sessions";
/// The caller's second factor.
pub const SECOND_FACTOR: &str = "/account/second-factor";
/// The form that confirms a second factor with its first code.
pub const CONFIRM_SECOND_FACTOR: &str = "/account/second-factor/confirm";
/// The form that makes new recovery codes.
pub const RECOVERY_CODES: &str = "/account/second-factor/recovery-codes";
/// The form that turns the second factor off.
pub const TURN_OFF_SECOND_FACTOR: &str = "/account/second-factor/off";
/// The one-time link that creates the first admin.
pub const SETUP: &str = "/account/setup";
/// The one-time link of an invitation.
pub const INVITATION: &str = "/account/invitation";
/// The one-time link to choose a new password.
pub const RESET: &str = "/account/reset";
/// The history of the server's accounts.
pub const SERVER_HISTORY: &str = "/history";

/// The API tokens of the whole server.
pub const SERVER_API_TOKENS: &str = "/api-tokens";
/// The form that revokes one of them.
pub const REVOKE_SERVER_API_TOKEN: &str = "/api-tokens/revoke";

/// The paths of one instance's pages.
#[derive(Clone, Copy, Debug)]
pub struct InstancePaths<'a> {
    slug: &'a str,
}

/// The paths of the pages of the instance with that slug.
pub fn instance(slug: &str) -> InstancePaths<'_> {
    InstancePaths { slug }
}

/// The slug in the path of an instance's page; `None` for any other path.
pub fn slug_of(path: &str) -> Option<&str> {
    path.strip_prefix("/instances/")?.split('/').next()
}

impl InstancePaths<'_> {
    fn page(self, page: &str) -> String {
        format!("/instances/{}{page}", self.slug)
    }

    /// The Overview tab.
    pub fn overview(self) -> String {
        self.page("")
    }

    /// The line that says on which runtimes its version is live, alone.
    pub fn live(self) -> String {
        self.page("/live")
    }

    /// The Redirects tab.
    pub fn redirects(self) -> String {
        self.page("/redirects")
    }

    /// The form that has the targets checked.
    pub fn check_targets(self) -> String {
        self.page("/targets")
    }

    /// The Preview tab.
    pub fn preview(self) -> String {
        self.page("/preview")
    }

    /// The bulk check of the Preview tab.
    pub fn bulk_check(self) -> String {
        self.page("/preview/links")
    }

    /// The results of a bulk check as a file.
    pub fn bulk_check_csv(self) -> String {
        self.page("/preview/links.csv")
    }

    /// The Snippets tab.
    pub fn snippets(self) -> String {
        self.page("/snippets")
    }

    /// The Activity tab.
    pub fn activity(self) -> String {
        self.page("/activity")
    }

    /// The History tab.
    pub fn history(self) -> String {
        self.page("/history")
    }

    /// What restoring a version would change.
    pub fn version(self, version: impl std::fmt::Display) -> String {
        format!("{}/{version}", self.history())
    }

    /// The refused redirects of the Activity tab as a file.
    pub fn activity_csv(self) -> String {
        self.page("/activity/refused.csv")
    }

    /// The form that allows the origin of a refused redirect, or takes that back.
    pub fn allow_origin(self) -> String {
        self.page("/activity/allow")
    }

    /// The form that dismisses a refused redirect, or shows it again.
    pub fn dismiss_refused(self) -> String {
        self.page("/activity/dismiss")
    }

    /// The form that switches the counting of visits.
    pub fn counting(self) -> String {
        self.page("/activity/counting")
    }

    /// The members.
    pub fn members(self) -> String {
        self.page("/members")
    }

    /// The form that changes a member's role.
    pub fn member_role(self) -> String {
        self.page("/members/role")
    }

    /// The form that removes a member.
    pub fn remove_member(self) -> String {
        self.page("/members/remove")
    }

    /// The form with which the caller leaves the instance.
    pub fn leave(self) -> String {
        self.page("/members/leave")
    }

    /// The form that withdraws an invitation.
    pub fn withdraw_invitation(self) -> String {
        self.page("/members/withdraw")
    }

    /// The API tokens.
    pub fn api_tokens(self) -> String {
        self.page("/api-tokens")
    }

    /// The form that revokes an API token.
    pub fn revoke_api_token(self) -> String {
        self.page("/api-tokens/revoke")
    }

    /// The visitors. The form that finds one is sent there too.
    pub fn visitors(self) -> String {
        self.page("/visitors")
    }

    /// The form that deletes a visitor.
    pub fn delete_visitor(self) -> String {
        self.page("/visitors/delete")
    }

    /// The form that takes an email address off the waitlist.
    pub fn delete_waitlist_entry(self) -> String {
        self.page("/visitors/waitlist")
    }

    /// The waitlist as a file.
    pub fn waitlist_csv(self) -> String {
        self.page("/visitors/waitlist.csv")
    }

    /// The applications. The form that saves them is sent there too.
    pub fn applications(self) -> String {
        self.page("/applications")
    }

    /// The form that adds a client with a secret.
    pub fn add_client(self) -> String {
        self.page("/applications/clients")
    }

    /// The form that makes a new secret for a client.
    pub fn replace_client_secret(self) -> String {
        self.page("/applications/clients/secret")
    }

    /// The form that removes a client.
    pub fn remove_client(self) -> String {
        self.page("/applications/clients/remove")
    }

    /// The identity provider. Its form is sent there too.
    pub fn sign_in(self) -> String {
        self.page("/sign-in")
    }

    /// The settings.
    pub fn settings(self) -> String {
        self.page("/settings")
    }

    /// The form that removes a preview origin.
    pub fn remove_preview_origin(self) -> String {
        self.page("/settings/preview-origins/remove")
    }

    /// The form that switches the hosted pages on or off.
    pub fn portal_pages(self) -> String {
        self.page("/portal")
    }

    /// Copying settings from another instance.
    pub fn copy_settings(self) -> String {
        self.page("/copy")
    }

    /// The form that archives the instance.
    pub fn archive(self) -> String {
        self.page("/archive")
    }

    /// The form that restores an archived instance.
    pub fn unarchive(self) -> String {
        self.page("/unarchive")
    }
}
