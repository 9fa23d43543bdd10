//! Admins: their accounts, how they sign in, and the guard that protects every page and server function.

mod caller;
pub mod commands;
pub mod form;
pub mod guard;
pub mod one_time_links;
pub mod provider;
mod return_path;
pub mod second_factor;
pub mod sign_in;
pub mod store;
pub mod view;

pub use crate::credentials::email::{Email, NotAnEmail};
pub use crate::credentials::token::Token;
pub use crate::members::role::{Role, UnknownRole};
pub use caller::Caller;
pub use return_path::ReturnPath;
