//! What saving a form has in common: its outcome as data, the three-way merge of two people's changes, and how the browser saves in
//! place.

pub mod api_call;
#[cfg(feature = "ssr")]
pub mod bar;
#[cfg(feature = "ssr")]
pub mod choices;
mod conflict;
pub mod correction;
mod effect;
pub mod errors;
pub mod form_element;
pub mod in_place;
pub mod live_check;
#[cfg(feature = "ssr")]
pub mod merge;
pub mod offer;
pub mod outcome;
mod page_refresh;
#[cfg(feature = "ssr")]
pub mod save;
#[cfg(feature = "ssr")]
pub mod saved_instances;
mod submit;
#[cfg(feature = "ssr")]
pub mod undo;
pub mod unsaved;
