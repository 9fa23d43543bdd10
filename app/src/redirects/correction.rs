//! Common mistakes in what is pasted into a setting: each has a name and a corrected value. A value is offered only if the setting's own
//! parser accepts it.

use super::{
    AllowedOrigin, Domain, Environment, Flow, Instance, InstanceField, PortalOrigin, Settings,
    instance::default_portal_origin,
    parse_fallback,
    repairs::{self, Repair},
};

/// A mistake in a value, and what the value should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The corrected value. The setting's parser accepts it.
    pub value: String,
    /// What the mistake is, in a sentence. Empty where the error of the setting says it already.
    pub mistake: &'static str,
}

/// How many mistakes of one value are corrected.
const MAX_REPAIRS: usize = 8;

/// The longest value that is corrected, in bytes.
const MAX_CORRECTED_BYTES: usize = 2048;

/// Repairs `text` step by step until `accepts` takes it. The first mistake gives the correction its name.
fn correct(text: &str, environment: Environment, own: &[Repair], accepts: impl Fn(&str) -> bool) -> Option<Correction> {
    if text.len() > MAX_CORRECTED_BYTES {
        return None;
    }
    let mut text = text.trim().to_owned();
    let mut first = None;
    for _ in 0..MAX_REPAIRS {
        let (mistake, repaired) = repairs::COMMON.iter().chain(own).find_map(|repair| repair(&text, environment))?;
        first.get_or_insert(mistake);
        text = repaired;
        if accepts(&text) {
            return first.map(|mistake| Correction { value: text, mistake });
        }
    }
    None
}

/// Corrects a domain.
pub(super) fn correct_domain(text: &str, environment: Environment) -> Option<Correction> {
    // An empty portal origin stands for the one below the domain, so that must be valid too.
    let portal = |domain: &Domain| PortalOrigin::parse(&default_portal_origin(domain.as_str()), environment);
    let accepts = |text: &str| Domain::parse(text, environment).is_ok_and(|domain| domain.objection().is_none() && portal(&domain).is_ok());
    correct(text, environment, &[repairs::host_alone, repairs::star_of_domain, repairs::dots], accepts)
}

/// Corrects an allowed origin.
fn correct_allowed_origin(text: &str, environment: Environment) -> Option<Correction> {
    let own = [repairs::scheme, repairs::origin_alone, repairs::secure, repairs::dots];
    correct(text, environment, &own, |text| AllowedOrigin::parse(text, environment).is_ok())
}

/// Corrects a portal origin.
fn correct_portal_origin(text: &str, environment: Environment) -> Option<Correction> {
    let own = [repairs::scheme, repairs::origin_alone, repairs::secure, repairs::dots];
    correct(text, environment, &own, |text| PortalOrigin::parse(text, environment).is_ok())
}

/// Corrects a field of an instance's settings. `None` if the mistake is not a common one.
pub fn correct_setting(settings: &Settings, field: InstanceField) -> Option<Correction> {
    let environment = settings.environment;
    match field {
        InstanceField::Domain => correct_domain(&settings.domain, environment),
        InstanceField::PortalOrigin => correct_portal_origin(&settings.portal_origin, environment),
        InstanceField::AllowedOrigin(index) => correct_allowed_origin(settings.allowed_origins.get(index)?, environment),
        InstanceField::HomeUrl => {
            let valid = |text: &String| AllowedOrigin::parse(text, environment).is_ok();
            let allowed_origins = settings.allowed_origins.iter().filter(|text| valid(text)).cloned().collect();
            let settings = Settings { slug: "my-app".into(), name: "MyApp".into(), allowed_origins, ..settings.clone() };
            let accepts = |home: &str| Instance::parse(&Settings { home_url: home.to_owned(), ..settings.clone() }, 0).is_ok();
            let path = Some(settings.home_url.trim()).filter(|home| home.starts_with('/') && !home.starts_with("//"));
            let whole = path.map(|path| format!("https://{}{path}", settings.domain.trim())).filter(|home| accepts(home));
            let whole = whole.map(|value| Correction { value, mistake: repairs::KEEP });
            whole.or_else(|| correct(&settings.home_url, environment, &[repairs::scheme, repairs::secure, repairs::dots], accepts))
        }
        InstanceField::Slug | InstanceField::Name | InstanceField::Environment => None,
    }
}

/// Corrects a fallback redirect. `None` if the mistake is not a common one.
pub fn correct_fallback(instance: &Instance, flow: Flow, text: &str) -> Option<Correction> {
    let own = [repairs::page, repairs::scheme, repairs::secure, repairs::dots];
    correct(text, instance.environment(), &own, |text| parse_fallback(instance, flow, text).is_ok())
}
