//! A change as it is read, and which changes are read.

use serde_json::{Map, Value};
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::{
    admins::Role,
    history::{Kind, UnknownKind},
};

/// Which changes are read, and with which rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An instance's changes, read by a member with that role. Owners also see what the members did with their accounts, and from
    /// which address.
    Instance {
        /// The instance's key.
        id: i64,
        /// The reader's role.
        role: Role,
    },
    /// Changes that concern accounts and no instance, read by a server-wide admin.
    Server,
}

/// How many failed sign-ins one row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Their number.
    pub count: i64,
    /// When the last one was made. The first one was made when the row says.
    pub last_at: OffsetDateTime,
}

/// A recorded change, or the failed sign-ins to one account from one network on one day.
#[derive(Clone, Debug)]
pub struct Change {
    /// The row's key. A later change has a greater key.
    pub id: i64,
    /// When it was made; of failed sign-ins, the first one.
    pub at: OffsetDateTime,
    /// What kind of change it is.
    pub kind: Kind,
    /// The instance's slug; `None` for a change that concerns accounts only.
    pub instance: Option<String>,
    /// The instance's version after the change; `None` where the change did not raise it.
    pub version: Option<i64>,
    /// Who made it.
    pub who: String,
    /// The name of the API token that their program made it with; `None` if they made it themselves.
    pub api_token: Option<String>,
    /// The address it was made from; `None` if it is unknown or the reader may not see it.
    pub address: Option<String>,
    /// The person, version or instance that the change is about.
    pub about: Option<String>,
    /// The earlier values of the fields that changed, by the names of form fields.
    pub before: Map<String, Value>,
    /// The new values of the same fields.
    pub after: Map<String, Value>,
    /// How many failed sign-ins they are; `None` for everything else, and for those that an earlier version recorded one by one.
    pub attempts: Option<Attempts>,
}

/// A page of changes.
#[derive(Clone, Debug)]
pub struct ChangesPage {
    /// The changes, the newest first.
    pub changes: Vec<Change>,
    /// The key below which the next page begins; `None` if there are no older changes.
    pub older: Option<i64>,
}

/// The number of changes on one page of a screen.
pub const PAGE_SIZE: i64 = 50;

/// A change as a query reads it.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) at: OffsetDateTime,
    pub(super) kind: String,
    pub(super) instance: Option<String>,
    pub(super) version: Option<i64>,
    pub(super) who: String,
    pub(super) api_token: Option<String>,
    pub(super) address: Option<String>,
    pub(super) about: Option<String>,
    pub(super) before: Json<Map<String, Value>>,
    pub(super) after: Json<Map<String, Value>>,
    pub(super) attempts: Option<i64>,
    pub(super) last_at: OffsetDateTime,
}

impl Row {
    pub(super) fn read(self) -> sqlx::Result<Change> {
        let Self { id, at, kind, instance, version, who, api_token, address, about, before, after, attempts, last_at } = self;
        let (Json(before), Json(after)) = (before, after);
        let kind = kind.parse().map_err(|error: UnknownKind| sqlx::Error::Decode(error.into()))?;
        let attempts = attempts.map(|count| Attempts { count, last_at });
        Ok(Change { id, at, kind, instance, version, who, api_token, address, about, before, after, attempts })
    }
}
