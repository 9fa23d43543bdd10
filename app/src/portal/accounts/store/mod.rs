//! The queries about visitors: their accounts and their sessions.

pub(in crate::portal) mod accounts;
pub(super) mod sessions;
