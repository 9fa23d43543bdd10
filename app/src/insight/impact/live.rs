//! The impact of a form while somebody types into it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::{
    Measured,
    measure::{LATELY, measure},
    view::in_bar,
};
use crate::{error::AppError, layout::loading, saving::merge::Merge};

/// How many questions of one admin are answered at a time. A browser asks again before it has heard the answer to the last one.
const MAX_OF_ADMIN: u8 = 2;

/// The questions that are being answered, by the key of the admin who asks.
static ASKED: Mutex<BTreeMap<i64, u8>> = Mutex::new(BTreeMap::new());

/// What the bar says of a form, as HTML. Empty where no visits were counted, or something is wrong with the form.
///
/// # Errors
/// The caller is not a member, or the instance can't be read.
pub async fn of_typed<Form: Merge>(slug: &str, form: Form) -> Result<String, AppError> {
    let stored = loading::instance(slug).await?;
    let Some(proposed) = form.proposed(&stored) else { return Ok(String::new()) };
    let Some(_turn) = Turn::take(loading::caller()?.id) else { return Ok(in_bar(&Measured::Unknown)) };
    Ok(in_bar(&measure(&loading::pool()?, &stored, &proposed, LATELY).await))
}

/// A question that is being answered, until it is dropped.
struct Turn(i64);

impl Turn {
    /// None if that many questions of the same admin are being answered.
    fn take(admin: i64) -> Option<Self> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.entry(admin).or_default();
        (*count < MAX_OF_ADMIN).then(|| {
            *count += 1;
            Self(admin)
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = asked.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                asked.remove(&self.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_admin_asks_twice_at_a_time_and_others_are_not_kept_waiting() {
        let (first, second) = (Turn::take(-1), Turn::take(-1));
        assert!(first.is_some() && second.is_some() && Turn::take(-1).is_none() && Turn::take(-2).is_some());
        drop(first);
        assert!(Turn::take(-1).is_some());
    }
}
