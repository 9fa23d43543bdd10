//! The queries about tokens: keys, the visitor of a session, requests that wait for a sign-in, codes.

pub mod authorizations;
pub mod codes;
pub mod keys;
pub mod subjects;
