//! The text of a preview origin: the rules of all allowed origins, and no pattern.

use crate::redirects::{AllowedOrigin, Environment, OriginError};

/// Why a text is not a preview origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreviewOriginError {
    /// It can't be allowed at all.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// It has a `*`.
    #[error("A preview origin can't have a *. Add the address of each preview, like https://my-app-git-branch-my-team.vercel.app.")]
    Pattern,
}

/// Reads an origin as a build sends it.
///
/// # Errors
/// It breaks a rule of allowed origins, or is a pattern.
pub fn parse_origin(text: &str, environment: Environment) -> Result<AllowedOrigin, PreviewOriginError> {
    if text.contains('*') {
        return Err(PreviewOriginError::Pattern);
    }
    Ok(AllowedOrigin::parse(text, environment)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_origin_is_one_origin_as_browsers_write_it() {
        let parsed = |text| parse_origin(text, Environment::Production).map(|origin| origin.to_string());
        for (text, origin) in [
            ("https://my-app-git-x-my-team.vercel.app", "https://my-app-git-x-my-team.vercel.app"),
            (" HTTPS://My-App.Example:443/ ", "https://my-app.example"),
            ("https://münchen.example:8443", "https://xn--mnchen-3ya.example:8443"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(origin), "{text}");
        }
        for (text, error) in [
            ("https://*.preview.myapp.dev", PreviewOriginError::Pattern),
            ("http://localhost:*", PreviewOriginError::Pattern),
            ("http://a.example", OriginError::Insecure.into()),
            ("https://a.example/x", OriginError::NotAlone.into()),
            ("a.example", OriginError::NotAnOrigin.into()),
            ("", OriginError::NotAnOrigin.into()),
        ] {
            assert_eq!(parsed(text), Err(error), "{text}");
        }
        assert!(parse_origin("http://localhost:5173", Environment::Development).is_ok());
    }
}
