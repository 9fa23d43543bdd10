//! Why a value is refused and how to fix it, in a sentence for people.

use std::fmt;

use super::{
    AllowedOrigin, Instance, Invisible, Outcome, Page, Resolution, Source, Step, Visit,
    missing_origin::missing_origin,
    origin::check_stored_host,
    policy::{MAX_URL_BYTES, Refusal, Refused},
    resolve::check_candidate,
};

/// A sentence about a refused value. It holds the host apart, so that a screen can highlight it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The text before the host.
    pub before: String,
    /// The real host, if the sentence is about one.
    pub host: Option<String>,
    /// The text after the host.
    pub after: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.before, self.host.as_deref().unwrap_or_default(), self.after)
    }
}

/// What can be done about a foreign origin. A screen can make a link of it.
pub const UNDER_SETTINGS: &str = "add this origin under Settings";

/// Says why a value that is stored, or is to be stored, was refused and how to fix it.
pub fn explain(instance: &Instance, value: &str, refused: &Refused) -> Explanation {
    explain_refusal(instance, value, refused, true)
}

/// Says why a candidate of a visit was refused and how to fix it.
pub fn explain_candidate(instance: &Instance, source: Source, value: &str, refused: &Refused) -> Explanation {
    explain_refusal(instance, value, refused, matches!(source, Source::Fallback | Source::HomeUrl))
}

fn explain_refusal(instance: &Instance, value: &str, refused: &Refused, is_stored: bool) -> Explanation {
    let domain = instance.domain();
    // Only the time is missing: a visit within it would have been allowed.
    let expiry = refused.url.as_ref().and_then(|url| instance.expiry_of(url));
    let host = refused.url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
    let sentence = |text: String| Explanation { before: String::new(), host: None, after: text };
    match refused.reason {
        Refusal::TooLong if value.len() > MAX_URL_BYTES => {
            sentence(format!("That is too long: {} bytes. The limit is {MAX_URL_BYTES} bytes.", value.len()))
        }
        Refusal::TooLong => {
            sentence(format!("That is too long: in full and encoded, as browsers send it, it has more than {MAX_URL_BYTES} bytes."))
        }
        Refusal::NotAUrl => {
            let invisible = Invisible::first(value).map(|invisible| invisible.to_string());
            let host = || refused.url.as_ref().and_then(|url| check_stored_host(url).err()).map(|error| error.to_string());
            let other = || "That is not a URL. Start with / for a page of your application, or with https://.".into();
            sentence(invisible.or_else(host).unwrap_or_else(other))
        }
        Refusal::Ambiguous => sentence(
            "Browsers read this URL in different ways. Write it in full, without .. or *, and with the host in ASCII (xn--…).".into(),
        ),
        Refusal::Scheme => sentence("Only web addresses can be a target. Use https://, or a path like /dashboard.".into()),
        Refusal::Credentials => Explanation {
            before: "It contains a user name, and its real host is ".into(),
            host,
            after: ". Remove everything before the @.".into(),
        },
        Refusal::Insecure => sentence("Production requires https. Change http:// to https://.".into()),
        Refusal::Foreign if host.as_ref().is_some_and(|host| host.ends_with('.')) => {
            Explanation { before: "There is a dot at the end of ".into(), host, after: " Remove it.".into() }
        }
        Refusal::Foreign if expiry.is_some() => {
            let expiry = expiry.map(|expiry| expiry.to_string()).unwrap_or_default();
            let after = if is_stored {
                // Said before and after it expires.
                format!(
                    " is a preview origin (expiry: {expiry}), and nothing can be stored on one. Use a URL on {domain}, or {UNDER_SETTINGS} for good."
                )
            } else {
                format!(" was a preview origin until {expiry}. Add it again, or {UNDER_SETTINGS} for good.")
            };
            Explanation { before: String::new(), host, after }
        }
        Refusal::Foreign => {
            Explanation { before: String::new(), host, after: format!(" is not on {domain}. Use a URL on {domain}, or {UNDER_SETTINGS}.") }
        }
        Refusal::Loop => {
            let page =
                refused.url.as_ref().and_then(|url| Page::at(url.path())).map_or("continue", |page| page.path().trim_start_matches('/'));
            sentence(format!("That is the portal's own {page} page, so visitors would go in circles. Use a page of your application."))
        }
    }
}

/// Says why a step of the visit's resolution was refused. `None` if it was not.
fn explain_step(instance: &Instance, visit: Visit<'_>, step: &Step<'_>) -> Option<Explanation> {
    let (Some(value), Outcome::Refused { .. }) = (&step.value, step.outcome) else { return None };
    let refused = check_candidate(instance, visit, step.source, value).err()?;
    Some(explain_candidate(instance, step.source, value, &refused))
}

/// The origin that would have to be allowed for the candidate of the visit that was refused first. `None` if that would not help.
pub fn first_missing_origin(instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>) -> Option<AllowedOrigin> {
    let refused = |step: &&Step<'_>| matches!(step.outcome, Outcome::Refused { .. });
    let step = resolution.steps.iter().find(refused)?;
    missing_origin(instance, &check_candidate(instance, visit, step.source, step.value.as_ref()?).err()?)
}

/// Says which candidate of the visit was refused first, and why. `None` if none was.
pub fn explain_first_refusal(instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>) -> Option<(Source, Explanation)> {
    resolution.steps.iter().find_map(|step| Some((step.source, explain_step(instance, visit, step)?)))
}
