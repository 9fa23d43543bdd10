//! How many visits a copy concerns, before it is made.

use super::{form::CopyForm, plan::Plan, rewrite::rewritten};
use crate::{database::timed, insight::impact::Figure, instances::store::find, saving::save::Saver};

/// The figure to record with a copy. None where it is not known, and where no copy will be made.
///
/// # Errors
/// The question to ask first, as HTML.
pub(super) async fn weigh(saver: &Saver, form: &CopyForm) -> Result<Option<Figure>, String> {
    let (Ok(target), Ok(Some(source))) = (saver.stored().await, find(timed(&saver.pool), &form.from).await) else { return Ok(None) };
    if form.from == saver.slug || (target.instance.version(), source.instance.version()) != (form.version, form.from_version) {
        return Ok(None);
    }
    let source = if form.rewrites() { rewritten(&source, &target) } else { source };
    let plan = Plan::new(&target, &source, Some(form));
    if plan.changes_nothing() {
        return Ok(None);
    }
    saver.weigh_change(&target, &plan.proposed(), &form.confirmed, "Copy").await
}
