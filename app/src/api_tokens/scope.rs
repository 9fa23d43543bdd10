//! A token's scope: what it is for.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What a token is for. Its maker's role limits it further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Scope {
    /// Reads everything, changes nothing.
    Read,
    /// Reads everything, and changes redirects.
    Redirects,
    /// Reads everything, changes redirects and settings, creates and archives instances.
    Settings,
    /// Adds and removes preview origins whose hosts match the token's pattern, and nothing else.
    PreviewOrigins,
}

impl Scope {
    /// The scope's name in forms, in JSON and in the database.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What a token of this scope may do, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Self::Read => "Reads everything. Changes nothing.",
            Self::Redirects => "Reads everything and changes redirects.",
            Self::Settings => "Reads everything, changes redirects and settings, creates and archives instances.",
            Self::PreviewOrigins => "Adds and removes preview origins whose hosts match a pattern, and nothing else.",
        }
    }

    /// Whether a token of this scope may do what requires `other`.
    pub fn covers(self, other: Self) -> bool {
        self == other
            || match self {
                Self::Settings => true,
                Self::Redirects => other == Self::Read,
                Self::Read | Self::PreviewOrigins => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_itself_and_the_smaller_ones() {
        let covered =
            |scope: Scope| Scope::VARIANTS.iter().filter(|other| scope.covers(**other)).map(|other| other.name()).collect::<Vec<_>>();
        assert_eq!(covered(Scope::Read), ["read"]);
        assert_eq!(covered(Scope::Redirects), ["read", "redirects"]);
        assert_eq!(covered(Scope::Settings), ["read", "redirects", "settings", "preview-origins"]);
        assert_eq!(covered(Scope::PreviewOrigins), ["preview-origins"], "it can't even read");
    }
}
