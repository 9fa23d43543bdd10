//! A member's role: what they may do with an instance.

use std::{fmt, str::FromStr};

use strum::EnumCount;

/// A member's role. A greater role may do everything that a smaller one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumCount)]
pub enum Role {
    /// Sees everything and previews links.
    Viewer,
    /// Changes settings and redirects.
    Editor,
    /// Does everything, including members and archiving.
    Owner,
}

impl Role {
    /// Every role, the greatest first.
    pub const ALL: [Self; Self::COUNT] = [Self::Owner, Self::Editor, Self::Viewer];

    /// The role's name in forms and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Editor => "editor",
            Self::Viewer => "viewer",
        }
    }

    /// The role's name on screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Editor => "Editor",
            Self::Viewer => "Viewer",
        }
    }

    /// What the role may do, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Self::Owner => "Does everything, including members and archiving.",
            Self::Editor => "Changes settings and redirects.",
            Self::Viewer => "Sees everything and previews links. Changes nothing.",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose owner, editor or viewer.")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_above_an_editor_and_each_role_is_found_by_its_name() {
        assert!(Role::Owner > Role::Editor && Role::Editor > Role::Viewer);
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert_eq!("Owner".parse::<Role>(), Err(UnknownRole));
    }
}
