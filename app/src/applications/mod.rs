//! Applications of an instance, as its owners manage them: which origins are applications, what tokens say, and clients with a secret on
//! other sites. `redirects/application.rs` decides which origins count.

pub mod client;
pub mod form;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;

use crate::{
    redirects::{Instance, MAX_APPLICATION_ORIGINS, check_application_origin},
    ui::form::FieldError,
};

/// Checks origins to be marked. Those that are marked already may stay, even if they no longer count.
///
/// # Errors
/// What is wrong, one entry for each origin, all at once.
pub fn check_origins(instance: &Instance, had: &[String], wanted: &[String]) -> Result<Vec<String>, Vec<FieldError>> {
    let (mut origins, mut errors): (Vec<String>, _) = (Vec::new(), Vec::new());
    for (index, text) in wanted.iter().enumerate() {
        let field = if index == 0 { "application_origins".to_owned() } else { format!("application_origins-{index}") };
        match check_application_origin(instance, text) {
            _ if had.contains(text) => origins.push(text.clone()),
            Ok(origin) => origins.push(origin),
            Err(error) => errors.push(FieldError::new(&field, error)),
        }
    }
    let mut seen = Vec::new();
    origins.retain(|origin| {
        !seen.contains(origin) && {
            seen.push(origin.clone());
            true
        }
    });
    if origins.len() > MAX_APPLICATION_ORIGINS {
        errors.push(FieldError::new("application_origins", format_args!("Mark at most {MAX_APPLICATION_ORIGINS} origins.")));
    }
    if errors.is_empty() { Ok(origins) } else { Err(errors) }
}
