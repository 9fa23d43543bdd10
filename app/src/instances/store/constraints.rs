//! Constraints of the database become errors of fields here, and nowhere else.

use crate::{database::StoreError, redirects::DomainError, ui::form::FieldError};

/// A constraint of the database as a field's error, by its name.
pub(super) fn on_constraint(error: sqlx::Error) -> StoreError {
    let field = match error.as_database_error().and_then(|error| error.constraint()) {
        Some("instances_slug_key") => FieldError::new("slug", "Another instance has this slug. Choose another."),
        Some("instances_portal_origin_key" | "instances_portal_host_key") => {
            FieldError::new("portal_origin", "Another instance has this portal origin. Each portal needs its own host name.")
        }
        Some("instances_domain_typed_check") => FieldError::new("domain", DomainError::TooLong),
        _ => return StoreError::Database(error),
    };
    StoreError::Fields(vec![field])
}
