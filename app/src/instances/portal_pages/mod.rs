//! Switching an instance's hosted pages off and on. Its redirects stay as they are, and the portal's API goes on answering.

#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub(crate) mod view;

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub(super) use store::set;

/// What the button posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalPagesForm {
    /// What becomes of the pages.
    pub pages: PortalPages,
}

/// Whether there are hosted pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortalPages {
    /// Visitors find them.
    On,
    /// Visitors get 404.
    Off,
}

impl PortalPages {
    /// The name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// The state, on screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::Off => "Off",
        }
    }

    /// What switching means, from this state.
    pub fn help(self) -> &'static str {
        match self {
            Self::On => "Switching them off takes effect at once: visitors of sign-in, sign-up and the other pages get 404.",
            Self::Off => "Visitors of sign-in, sign-up and the other pages get 404 until you switch them on.",
        }
    }

    /// What the button says that leaves this state.
    pub fn switch(self) -> &'static str {
        match self {
            Self::On => "Switch off",
            Self::Off => "Switch on",
        }
    }

    /// The other state.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::On => Self::Off,
            Self::Off => Self::On,
        }
    }
}
