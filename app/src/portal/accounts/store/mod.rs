//! The queries about visitors: their accounts and their sessions.

pub(in crate::portal) mod accounts;
pub(in crate::portal) mod sessions;
