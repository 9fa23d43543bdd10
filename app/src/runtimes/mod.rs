//! Runtimes: the processes that serve the portal. Each one reports which versions of the instances it serves.

#[cfg(feature = "ssr")]
pub mod live;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod live_tests;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod store_tests;
#[cfg(feature = "ssr")]
pub mod view;
pub mod watch;

use std::fmt;

use strum::EnumCount;

/// What a runtime serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount)]
pub enum RuntimeRole {
    /// The dashboard and the portal.
    #[default]
    All,
    /// The portal only.
    Portal,
}

impl RuntimeRole {
    /// Every role.
    pub const ALL: [Self; Self::COUNT] = [Self::All, Self::Portal];

    /// The role's name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Portal => "portal",
        }
    }
}

/// What a runtime serves of an instance.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedSave {
    /// The instance's key.
    pub instance: i64,
    /// The version's number, for people.
    pub version: i64,
    /// The save. Of two versions with the same number, only this says whether they are the same.
    pub save_id: uuid::Uuid,
}

/// A process that serves the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// A random id that it makes at its start.
    pub id: String,
    /// What it serves.
    pub role: RuntimeRole,
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}
