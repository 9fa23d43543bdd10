//! The hosted pages of a portal. This is the only list of them: links, the Overview tab, Preview and the server's routes are made from it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use strum::EnumCount;

use super::Flow;

/// A hosted page of the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum Page {
    /// Asks for an identifier and a password.
    SignIn,
    /// Creates an account.
    SignUp,
    /// Ends the session.
    SignOut,
    /// Shows the visitor's profile.
    User,
    /// Creates an organization.
    CreateOrganization,
    /// Shows the visitor's organizations.
    Organization,
    /// Takes an email address for the waitlist.
    Waitlist,
    /// Helps a visitor whose account somebody else has signed in to.
    UnauthorizedSignIn,
}

impl Page {
    /// Every page, in the order of the Overview tab.
    pub const ALL: [Self; Self::COUNT] = [
        Self::SignIn,
        Self::SignUp,
        Self::SignOut,
        Self::User,
        Self::CreateOrganization,
        Self::Organization,
        Self::Waitlist,
        Self::UnauthorizedSignIn,
    ];

    /// The page's path below the portal's origin.
    pub fn path(self) -> &'static str {
        match self {
            Self::SignIn => "/sign-in",
            Self::SignUp => "/sign-up",
            Self::SignOut => "/sign-out",
            Self::User => "/user",
            Self::CreateOrganization => "/create-organization",
            Self::Organization => "/organization",
            Self::Waitlist => "/waitlist",
            Self::UnauthorizedSignIn => "/unauthorized-sign-in",
        }
    }

    /// The page's name on screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::SignIn => "Sign-in",
            Self::SignUp => "Sign-up",
            Self::SignOut => "Sign-out",
            Self::User => "Profile",
            Self::CreateOrganization => "Create organization",
            Self::Organization => "Organization",
            Self::Waitlist => "Waitlist",
            Self::UnauthorizedSignIn => "Unauthorized sign-in",
        }
    }

    /// The flow that ends on the page; `None` for a page that has no redirect of its own.
    pub fn flow(self) -> Option<Flow> {
        match self {
            Self::SignIn => Some(Flow::SignIn),
            Self::SignUp => Some(Flow::SignUp),
            Self::SignOut => Some(Flow::SignOut),
            Self::CreateOrganization => Some(Flow::CreateOrganization),
            Self::Organization => Some(Flow::LeaveOrganization),
            Self::Waitlist => Some(Flow::Waitlist),
            Self::User | Self::UnauthorizedSignIn => None,
        }
    }

    /// The page that the path of a URL names: the root is the sign-in page, and a path below a flow's page (`/sign-in/factor-one`) is
    /// that page. Slashes at the end and percent-encoding change nothing. `None` if the portal has no page there.
    pub fn at(path: &str) -> Option<Self> {
        let path: Cow<'_, [u8]> = percent_decode_str(path).into();
        if path.iter().all(|byte| *byte == b'/') {
            return Some(Self::SignIn);
        }
        Self::ALL.into_iter().find(|page| {
            path.strip_prefix(page.path().as_bytes()).is_some_and(|rest| {
                let is_below = rest.starts_with(b"/") && (page.flow().is_some() || rest.iter().all(|byte| *byte == b'/'));
                rest.is_empty() || is_below
            })
        })
    }
}

/// The path of the page on which a flow ends before its visitor moves on. It asks nothing, so no link leads there.
pub const CONTINUE: &str = "/continue";

/// The path of the page that sends a mail to a visitor who has forgotten their password.
pub const FORGOT_PASSWORD: &str = "/forgot-password";

/// The path of the page that takes the code of a mail before a session begins.
pub const CHECK_MAIL: &str = "/check-mail";

/// The path of the page where a visitor confirms their email address.
pub const CONFIRM_EMAIL: &str = "/confirm-email";

/// The path of the page where a visitor joins an organization.
pub const JOIN_ORGANIZATION: &str = "/join-organization";

/// The path of the page where the mail's link leads.
pub const RESET_PASSWORD: &str = "/reset-password";

/// Whether the path of a URL names that page.
pub(super) fn is_continue(path: &str) -> bool {
    percent_decode_str(path.trim_end_matches('/')).eq(CONTINUE.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_at_its_path() {
        for page in Page::ALL {
            assert_eq!(Page::at(page.path()), Some(page));
        }
        assert_eq!(Page::at("/sign%2Din//"), Some(Page::SignIn));
        assert_eq!(Page::at("/user/"), Some(Page::User));
        for path in ["/SIGN-IN", "/sign-in-help", "/help/sign-in", "//sign-in", "/user.html", "/sign-inn/x"] {
            assert_eq!(Page::at(path), None, "{path}");
        }
    }

    #[test]
    fn the_root_is_the_sign_in_page() {
        for path in ["", "/", "//", "/%2F"] {
            assert_eq!(Page::at(path), Some(Page::SignIn), "{path}");
        }
    }

    #[test]
    fn a_path_below_a_flows_page_is_that_page() {
        for page in Page::ALL {
            let below = [format!("{}/factor-one", page.path()), format!("{}%2Fa/b//", page.path())];
            for path in below {
                assert_eq!(Page::at(&path), page.flow().map(|_| page), "{path}");
            }
        }
        assert_eq!(Page::at("/sign-up/tasks"), Some(Page::SignUp));
        assert_eq!(Page::at("/user/security"), None);
    }

    #[test]
    fn every_flow_but_the_logo_has_one_page() {
        for flow in Flow::ALL {
            let pages: Vec<_> = Page::ALL.into_iter().filter(|page| page.flow() == Some(flow)).collect();
            assert_eq!(pages.first().copied(), flow.page(), "{flow}");
            assert_eq!(pages.len(), usize::from(flow != Flow::Logo), "{flow}");
        }
    }
}
