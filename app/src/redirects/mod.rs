//! The redirect rules: what a portal link means and where it sends its visitor. Pure code, without I/O, screens or a clock.
//!
//! [`policy::check`] is the only place that decides whether a URL may be a target. [`resolve()`] calls it for each candidate in
//! order, and [`parse_fallback`] and [`Instance::parse`] call it for what an admin stores. [`Page`] lists the hosted pages, and
//! [`Flow`] what is said of a flow on screens and in JSON.

#[cfg(feature = "ssr")]
mod application;
mod correction;
mod direct_link;
mod domain;
mod expiring;
mod explain;
mod fallback;
mod flow;
mod fragment;
mod host;
mod hostname;
mod instance;
mod invisible;
mod link_advice;
mod link_params;
mod missing_origin;
mod misspelling;
mod not_a_link;
mod origin;
mod page;
mod parameter_advice;
mod path;
pub mod policy;
mod prefill;
mod repairs;
mod requesting;
mod resolve;
mod restore;
mod scheme;
mod settings;
#[cfg(feature = "ssr")]
mod shape;
mod wrapper;

#[cfg(test)]
mod tests;

#[cfg(feature = "ssr")]
pub use application::{ApplicationOriginError, Applications, MAX_APPLICATION_ORIGINS, check_application_origin, is_application_origin};
pub use correction::{Correction, correct_fallback, correct_setting};
pub use direct_link::{DirectLink, MAX_QUERY_BYTES};
#[cfg(feature = "ssr")]
pub(crate) use domain::host_name;
#[cfg(feature = "ssr")]
pub use domain::is_same_site;
pub use domain::{Domain, DomainError};
pub use expiring::{ExpiringOrigin, Timestamp};
pub use explain::{Explanation, UNDER_SETTINGS, explain, explain_candidate, explain_first_refusal, first_missing_origin};
pub use fallback::{Fallbacks, parse_fallback};
pub use flow::{Flow, Group, UnknownFlow};
pub use fragment::with_fragment;
pub use host::HostError;
pub use instance::{Instance, is_slug};
#[cfg(feature = "ssr")]
pub(crate) use instance::{MAX_ORIGINS, check_home, default_home_url, default_portal_origin};
pub use invisible::{Invisible, is_invisible, trim_invisible};
pub use link_advice::LinkAdvice;
pub use link_params::LinkParams;
pub use missing_origin::{OriginOwner, missing_origin, missing_origin_of_fallback};
#[cfg(feature = "ssr")]
pub(crate) use misspelling::is_close;
pub use not_a_link::NotALink;
pub use origin::{AllowedOrigin, OriginError, PortalOrigin};
pub use page::{CHECK_MAIL, CONFIRM_EMAIL, CONTINUE, FORGOT_PASSWORD, JOIN_ORGANIZATION, Page, RESET_PASSWORD};
pub use parameter_advice::{ParameterAdvice, parameter_advice};
pub use policy::{Ground, Refusal};
pub use prefill::{Prefill, prefill_advice};
pub use requesting::RequestingOrigin;
pub use resolve::{Outcome, Resolution, Source, Step, Visit, check_candidate, resolve};
pub use restore::Skipped;
#[cfg(feature = "ssr")]
pub(crate) use scheme::is_absolute;
pub use settings::{Environment, InstanceError, InstanceField, Settings};
#[cfg(feature = "ssr")]
pub use shape::{CandidateShape, LinkShape, OtherScheme, PagePath, WebScheme, WebShape};
pub use wrapper::Wrapper;
