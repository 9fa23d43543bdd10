//! The Overview tab: where each flow ends today and why, what is skipped, who changed what, what is live, and the portal's addresses.

mod addresses;
mod ends;
mod skipped;
mod status;
#[cfg(test)]
mod tests;
pub mod view;

use crate::instances::stored::StoredInstance;

/// How many stored values of an instance are skipped at run time: fallback redirects, the home URL, allowed origins.
pub(crate) fn count_skipped(stored: &StoredInstance) -> usize {
    ends::ends(stored).iter().filter(|end| end.skipped.is_some()).count() + skipped::skipped_settings(stored).len()
}
