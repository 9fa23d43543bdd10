//! The form fields that a change can affect, and their labels.

use crate::redirects::{Flow, InstanceField};

/// The setting that an address is confirmed before a session begins.
pub const CONFIRMED_EMAIL: &str = "requires_confirmed_email";

/// The form fields that a change can affect, in the order of the screens. An instance keeps its slug.
pub fn fields() -> impl Iterator<Item = &'static str> {
    let settings = InstanceField::ALL.into_iter().filter(|field| *field != InstanceField::Slug).map(InstanceField::name);
    Flow::ALL.into_iter().map(Flow::field).chain(settings).chain(["application_origins", "names_in_tokens", CONFIRMED_EMAIL, "role"])
}

/// A field's label on the screens.
pub fn label(field: &str) -> &str {
    match field {
        "application_origins" => "Application origins",
        "names_in_tokens" => "Names in tokens",
        CONFIRMED_EMAIL => "Confirmed email address required",
        "redirect_uris" => "Redirect URIs",
        "expires_at" => "Expires",
        "host_pattern" => "Hosts",
        "issuer" => "Issuer",
        "client_id" => "Client id",
        "client_secret" => "Client secret",
        "scopes" => "Scopes",
        "button_text" => "Button",
        "email_claim" => "Claim of the email address",
        "email_use" => "Email address",
        "first_name_claim" => "Claim of the first name",
        "last_name_claim" => "Claim of the last name",
        "names_use" => "Names",
        "username_claim" => "Claim of the username",
        "username_use" => "Username",
        "trusts_email" => "Every address counts as verified",
        "allows_sign_up" => "New people may sign up",
        "email_domains" => "Allowed email domains",
        "replaces_accounts" => "Instead of passwords",
        "role" => "Role",
        "scope" => "Scope",
        "recovery_codes" => "Recovery codes left",
        "second_factor" => "Second factor",
        "server_admin" => "May create instances",
        "owner_of_all" => "Owner of every instance",
        other => InstanceField::named(other).map(InstanceField::label).or_else(|| Flow::of_field(other).map(Flow::label)).unwrap_or(other),
    }
}
