//! What counted visits take: the memory of busy instances until they are stored.

use app::{
    fixtures::{my_app, stored},
    instances::stored::StoredInstance,
    redirects::{Flow, LinkParams, Visit, resolve},
};
use server::portal::visits::VisitCounter;

use crate::{
    load::memory,
    report::{Limit, Report},
};

/// How many instances have visits at once.
const BUSY: i64 = 10_000;

/// How many different links each of them has.
const LINKS: u32 = 10;

/// The default of --visits-memory, in bytes.
const MEMORY: u64 = 64 * 1024 * 1024;

const MIB: f64 = 1024.0 * 1024.0;

/// Adds the figures to the report.
///
/// # Errors
/// The memory of this process can't be read.
pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    report.section("Counted visits");
    let counter = VisitCounter::new(MEMORY);
    let instance = stored(my_app(), &[]);
    let before = memory(std::process::id())?;
    for id in 0..BUSY {
        let instance = StoredInstance { id, ..instance.clone() };
        for n in 0..LINKS {
            let link = LinkParams { redirect_url: Some(format!("https://app-{n}.partner.example/x").into()), ..LinkParams::default() };
            let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None };
            counter.count(&instance, visit, &resolve(&instance.instance, &instance.fallbacks, visit));
        }
    }
    let more = (memory(std::process::id())? - before) / MIB;
    report.check(format!("memory of {BUSY} instances with {LINKS} links each"), more, "MiB", Limit::AtMost(64.0));
    drop(counter);
    Ok(())
}
