//! What a visitor does on the portal, and the names that each flow has in links, JSON and screens.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Page;

/// What the visitor does on the portal. Each flow has a fallback redirect of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// A new account.
    SignUp,
    /// A returning visitor.
    SignIn,
    /// The end of a session.
    SignOut,
    /// A click on the logo of any portal page.
    Logo,
    /// A new organization.
    CreateOrganization,
    /// Leaving an organization.
    LeaveOrganization,
    /// Joining the waitlist.
    Waitlist,
}

/// The groups in which the Redirects tab shows the flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    pub const ALL: [Self; 3] = [Self::User, Self::Organization, Self::Waitlist];

    /// The group's heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::User => "User redirects",
            Self::Organization => "Organization redirects",
            Self::Waitlist => "Waitlist",
        }
    }

    /// The group's flows, in the order of the Redirects tab.
    pub fn flows(self) -> impl Iterator<Item = Flow> {
        Flow::ALL.into_iter().filter(move |flow| flow.group() == self)
    }
}

impl Flow {
    /// Every flow, in the order of the Redirects tab.
    pub const ALL: [Self; 7] =
        [Self::SignUp, Self::SignIn, Self::SignOut, Self::Logo, Self::CreateOrganization, Self::LeaveOrganization, Self::Waitlist];

    /// The flow's name in links, JSON and the database.
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

    /// The JSON and form field that holds the flow's fallback redirect.
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

    /// The flow whose fallback redirect that field holds.
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

    /// The place of the flow in [`Flow::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no flow has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown flow; use one of sign-up, sign-in, sign-out, logo, create-organization, leave-organization, waitlist")]
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
