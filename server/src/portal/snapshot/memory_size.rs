//! How many bytes of memory an instance takes.

use std::mem::size_of;

use app::{instances::stored::StoredInstance, redirects::Flow};

use super::compact_instance::CompactInstance;

/// What an instance takes besides its texts: its entries in the cache and in the index, and what the allocator rounds up. Measured as the
/// growth of a process per instance with 100,000 small ones, and the same where others were evicted before.
const OVERHEAD_BYTES: usize = 380;

/// What a parsed instance takes besides its data: its place in the list, and what the allocator rounds up. Measured in the same way.
const PARSED_OVERHEAD_BYTES: usize = 250;

/// About how many bytes an instance takes in memory, including the entries that find it.
pub(super) fn memory_size(compact: &CompactInstance) -> u64 {
    (compact.row_bytes() + OVERHEAD_BYTES) as u64
}

/// About how many bytes more it takes while it is parsed.
pub(super) fn parsed_size(stored: &StoredInstance) -> u32 {
    let StoredInstance { settings, instance, fallbacks, domain_typed, .. } = stored;
    let each = |texts: &[&str]| texts.iter().map(|text| text.len()).sum::<usize>();
    let origins: usize = settings.allowed_origins.iter().map(|origin| 24 + origin.len()).sum();
    // A parsed instance holds each text again, an origin twice, and the positions of a URL's parts.
    let parsed: usize = instance.allowed_origins().iter().map(|origin| 96 + 2 * origin.as_str().len()).sum();
    let expiring: usize = instance.expiring_origins().iter().map(|expiring| 128 + 2 * expiring.origin.as_str().len()).sum();
    let applications: usize = stored.applications.origins.iter().map(|origin| 24 + origin.len()).sum();
    let typed = each(&[&settings.slug, &settings.name, &settings.domain, &settings.portal_origin, &settings.home_url, domain_typed]);
    let read = each(&[instance.slug(), instance.name(), instance.domain().as_str(), instance.home_url().as_str()])
        + 2 * instance.portal_origin().as_str().len();
    let urls: usize = Flow::ALL.iter().filter_map(|flow| fallbacks.get(*flow)).map(str::len).sum();
    let provider = stored.provider.as_ref().map_or(0, |provider| provider.text.len());
    let bytes = size_of::<StoredInstance>() + origins + applications + provider + parsed + expiring + typed + read + urls;
    u32::try_from(bytes + PARSED_OVERHEAD_BYTES).unwrap_or(u32::MAX)
}
