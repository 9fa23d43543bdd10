//! The impact of a form while somebody types into it.

use super::{
    measure::{DAYS, measure},
    view::in_bar,
};
use crate::{error::AppError, layout::loading, saving::merge::Merge};

/// What the bar says of a form, as HTML. Empty where no visits were counted, or something is wrong with the form.
///
/// # Errors
/// The caller is not a member, or the instance can't be read.
pub async fn of_typed<Form: Merge>(slug: &str, form: Form) -> Result<String, AppError> {
    let stored = loading::instance(slug).await?;
    let Some(proposed) = form.proposed(&stored) else { return Ok(String::new()) };
    Ok(in_bar(&measure(&loading::pool()?, &stored, &proposed, DAYS).await))
}
