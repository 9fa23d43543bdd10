//! The queries about visitors: their accounts, their sessions, and the codes that were sent to them.

pub(in crate::portal) mod accounts;
pub(in crate::portal) mod codes;
pub(in crate::portal) mod sessions;
