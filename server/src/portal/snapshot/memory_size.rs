//! How many bytes of memory an instance takes.

use std::mem::size_of;

use app::{instances::store::StoredInstance, redirects::Flow};

/// What is around an instance: its place in the table, in the order of use and under two names, and what the allocator rounds up.
/// Measured as what a process grows by for each of 100,000 small ones.
const AROUND: usize = 1312;

/// About as many bytes as an instance takes in memory, with what is kept to find it.
pub(super) fn weight(stored: &StoredInstance) -> u32 {
    let StoredInstance { settings, instance, fallbacks, domain_typed, .. } = stored;
    let each = |texts: &[&str]| texts.iter().map(|text| text.len()).sum::<usize>();
    let origins: usize = settings.allowed_origins.iter().map(|origin| 24 + origin.len()).sum();
    // What is parsed holds each text again, an origin twice over, and a URL's parts.
    let parsed: usize = instance.allowed_origins().iter().map(|origin| 96 + 2 * origin.as_str().len()).sum();
    let typed = each(&[&settings.slug, &settings.name, &settings.domain, &settings.portal_origin, &settings.home_url, domain_typed]);
    let read = each(&[instance.slug(), instance.name(), instance.domain().as_str(), instance.home_url().as_str()])
        + 2 * instance.portal_origin().as_str().len();
    let urls: usize = Flow::ALL.iter().filter_map(|flow| fallbacks.get(*flow)).map(str::len).sum();
    let bytes = size_of::<StoredInstance>() + origins + parsed + typed + read + urls + AROUND;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
