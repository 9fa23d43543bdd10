//! Credentials that admins and visitors share: passwords, tokens, email addresses, descriptions of browsers.

pub(crate) mod browser;
pub(crate) mod email;
pub mod password;
pub mod token;
