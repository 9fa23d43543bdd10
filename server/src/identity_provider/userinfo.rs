//! The claims that a provider puts into its userinfo response instead of the ID token. They count only for the same subject
//! (`OpenID` Connect Core 1.0, 5.3.2).

use hyper::header::HeaderValue;
use serde_json::{Map, Value};
use url::Url;

use super::{Person, ProviderError, Providers};

/// Adds the claims that the ID token does not have.
///
/// # Errors
/// The provider does not answer, or its answer is wrong or about somebody else.
pub(super) async fn add(providers: &Providers, url: &Url, access_token: &str, person: &mut Person) -> Result<(), ProviderError> {
    let mut authorization =
        HeaderValue::from_str(&format!("Bearer {access_token}")).map_err(|_| ProviderError::UserInfo("the access token can't be sent"))?;
    authorization.set_sensitive(true);
    let fetched = providers.get(url, Some(authorization)).await?;
    let mut claims: Map<String, Value> =
        serde_json::from_slice(&fetched.body).map_err(|_| ProviderError::UserInfo("it is not a JSON object"))?;
    if claims.get("sub").and_then(Value::as_str) != Some(&person.subject) {
        return Err(ProviderError::UserInfo("it is about somebody else"));
    }
    // Only the ID token says how somebody has signed in.
    for name in ["amr", "acr", "auth_time"] {
        claims.remove(name);
    }
    // The source that names the address also says whether it is verified.
    if person.claims.contains_key("email") {
        claims.remove("email_verified");
    } else {
        person.claims.remove("email_verified");
    }
    for (name, value) in claims {
        person.claims.entry(name).or_insert(value);
    }
    Ok(())
}
