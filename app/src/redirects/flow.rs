//! The flows: what visitors do on the portal. Their names, labels and help texts are here, and nowhere else.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use strum::EnumCount;

use super::Page;

/// What a visitor does on the portal. Each flow has its own fallback redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumCount)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// Creating an account.
    SignUp,
    /// Signing in to an account.
    SignIn,
    /// Ending the session.
    SignOut,
    /// Clicking the logo on any portal page.
    Logo,
    /// Creating an organization.
    CreateOrganization,
    /// Leaving an organization.
    LeaveOrganization,
    /// Joining the waitlist.
    Waitlist,
}

/// A section of the Redirects tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum Group {
    /// Sign-up, sign-in, sign-out and the logo.
    User,
    /// Creating and leaving organizations.
    Organization,
    /// The waitlist.
    Waitlist,
}

impl Group {
    /// Every group, in the order of the Redirects tab.
    pub const ALL: [Self; Self::COUNT] = [Self::User, Self::Organization, Self::Waitlist];

    /// The heading of the group.
    pub fn title(self) -> &'static str {
        match self {
            Self::User => "User redirects",
            Self::Organization => "Organization redirects",
            Self::Waitlist => "Waitlist",
        }
    }

    /// The help text below the heading.
    pub fn help(self) -> &'static str {
        match self {
            Self::User => "Where people go when a link to the portal names no target, or one that is not allowed.",
            Self::Organization => "Where people go after they create or leave an organization.",
            Self::Waitlist => "Where people go after they join the waitlist.",
        }
    }

    /// The HTML `id` of the heading.
    pub fn id(self) -> &'static str {
        match self {
            Self::User => "user-redirects",
            Self::Organization => "organization-redirects",
            Self::Waitlist => "waitlist-redirects",
        }
    }

    /// The group's flows, in the order of the Redirects tab.
    pub fn flows(self) -> impl Iterator<Item = Flow> {
        Flow::ALL.into_iter().filter(move |flow| flow.group() == self)
    }
}

impl Flow {
    /// Every flow, in the order of the Redirects tab.
    pub const ALL: [Self; Self::COUNT] =
        [Self::SignUp, Self::SignIn, Self::SignOut, Self::Logo, Self::CreateOrganization, Self::LeaveOrganization, Self::Waitlist];

    /// The flow's name in JSON, in the command line and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::SignIn => "sign-in",
            Self::SignOut => "sign-out",
            Self::Logo => "logo",
            Self::CreateOrganization => "create-organization",
            Self::LeaveOrganization => "leave-organization",
            Self::Waitlist => "waitlist",
        }
    }

    /// The field that holds the flow's fallback redirect, in JSON, in forms and in the history.
    pub fn field(self) -> &'static str {
        match self {
            Self::SignUp => "after_sign_up_url",
            Self::SignIn => "after_sign_in_url",
            Self::SignOut => "after_sign_out_url",
            Self::Logo => "logo_link_url",
            Self::CreateOrganization => "after_create_organization_url",
            Self::LeaveOrganization => "after_leave_organization_url",
            Self::Waitlist => "after_join_waitlist_url",
        }
    }

    /// The flow whose fallback redirect is in the field of that name.
    pub fn of_field(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.field() == name)
    }

    /// The flow's label in the Redirects tab.
    pub fn label(self) -> &'static str {
        match self {
            Self::SignUp => "After sign-up",
            Self::SignIn => "After sign-in",
            Self::SignOut => "After sign-out",
            Self::Logo => "After logo click",
            Self::CreateOrganization => "After creating an organization",
            Self::LeaveOrganization => "After leaving an organization",
            Self::Waitlist => "After joining the waitlist",
        }
    }

    /// The help text in the Redirects tab. A word between backticks is code.
    pub fn help(self) -> &'static str {
        match self {
            Self::SignUp => "When a new account is complete.",
            Self::SignIn => "When someone signs in. A link's own `redirect_url` takes precedence.",
            Self::SignOut => "When someone signs out.",
            Self::Logo => "When someone clicks the logo on any portal page.",
            Self::CreateOrganization => "When a new organization has been created.",
            Self::LeaveOrganization => "When someone leaves an organization.",
            Self::Waitlist => "When someone has joined the waitlist.",
        }
    }

    /// The flow in Preview's list, with its page: `Sign-up, /sign-up`.
    pub fn preview_label(self) -> String {
        format!("{}, {}", self.title(), self.page().map_or("on any page", Page::path))
    }

    /// The flow's name on screens.
    pub fn title(self) -> &'static str {
        match self {
            Self::SignUp => "Sign-up",
            Self::SignIn => "Sign-in",
            Self::SignOut => "Sign-out",
            Self::Logo => "The logo",
            Self::CreateOrganization => "Create an organization",
            Self::LeaveOrganization => "Leave an organization",
            Self::Waitlist => "Waitlist",
        }
    }

    /// The page on which the flow ends; `None` for the logo, which is on all of them.
    pub fn page(self) -> Option<Page> {
        Page::ALL.into_iter().find(|page| page.flow() == Some(self))
    }

    /// The flow's group in the Redirects tab.
    pub fn group(self) -> Group {
        match self {
            Self::SignUp | Self::SignIn | Self::SignOut | Self::Logo => Group::User,
            Self::CreateOrganization | Self::LeaveOrganization => Group::Organization,
            Self::Waitlist => Group::Waitlist,
        }
    }

    /// The flow's index in [`Flow::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for a name that is not the name of a flow. It lists the names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown flow; use one of {}", Flow::ALL.map(Flow::name).join(", "))]
pub struct UnknownFlow;

impl FromStr for Flow {
    type Err = UnknownFlow;

    fn from_str(name: &str) -> Result<Self, UnknownFlow> {
        Self::ALL.into_iter().find(|flow| flow.name() == name).ok_or(UnknownFlow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_is_found_by_its_name_and_at_its_place() {
        for (index, flow) in Flow::ALL.into_iter().enumerate() {
            assert_eq!(flow.name().parse(), Ok(flow));
            assert_eq!(Flow::of_field(flow.field()), Some(flow));
            assert_eq!(flow.index(), index);
            assert_eq!(serde_json::to_value(flow).unwrap(), flow.name());
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_every_name_listed() {
        let error = "signin".parse::<Flow>().unwrap_err().to_string();
        for flow in Flow::ALL {
            assert!(error.contains(flow.name()), "{error}");
        }
    }
}
