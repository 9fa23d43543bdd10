//! The hosted portal pages: who a visitor is, what they type, what is stored of it, and how the pages look.
//!
//! The flows know visitors only through [`identity::Identity`]; how an instance's visitors are recognised is behind it.

pub mod form;
pub mod identity;
