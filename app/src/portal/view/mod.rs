//! The hosted pages as HTML: rendered on the server, each with one small script. Each is one card with a way out.

mod create_organization;
mod document;
mod elements;
mod form_error;
mod move_on;
mod notice;
mod organization;
mod provider;
mod proxy_mistake;
mod script;
mod sign_in;
mod sign_out;
mod sign_up;
mod unauthorized_sign_in;
mod user;
mod waitlist;

pub use create_organization::create_organization;
pub use document::{Brand, Document};
pub use form_error::FormError;
pub use move_on::move_on;
pub use notice::{Notice, WAITING, notice};
pub use organization::organization;
pub use provider::{ProviderProblem, link_account, provider_problem};
pub use proxy_mistake::{PROXIES, ProxyMistake, ProxySettings};
pub use script::{FORM_PAGE, LOCAL_TIMES, MOVE_ON, Script};
pub use sign_in::sign_in;
pub use sign_out::sign_out;
pub use sign_up::sign_up;
pub use unauthorized_sign_in::unauthorized_sign_in;
pub use user::{UserPage, user};
pub use waitlist::waitlist;
