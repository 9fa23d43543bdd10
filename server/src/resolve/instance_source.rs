//! The instance of each line: loaded once from the database, or parsed from the line and the flags and cached until it changes.

use std::str::FromStr;

use app::{
    instances::{form::field_name, stored::StoredInstance},
    redirects::{Environment, Fallbacks, Flow, Instance, InstanceError, InstanceField, Settings, explain, parse_fallback, trim_invisible},
};

use super::{
    line::{self, Line, Text},
    line_error::LineError,
    line_key::LineKey,
};

/// The maximum number of origins in a line: more than an instance can have, and few enough to parse.
const MAX_ORIGINS: usize = 1000;

/// The source of instances.
#[derive(Debug)]
pub(super) enum InstanceSource {
    /// One instance from the database, for all lines.
    Database(Box<StoredInstance>),
    /// Each line, with the flags as defaults.
    Input(Box<InputInstances>),
}

/// The instances that were parsed last: one from the flags alone, one from a line with its own settings.
#[derive(Debug, Default)]
pub(super) struct InputInstances {
    by_flags: Option<ParsedInstance>,
    by_line: Option<ParsedInstance>,
    fallbacks_by_flags: Fallbacks,
    fallbacks_by_line: Fallbacks,
}

#[derive(Debug)]
struct ParsedInstance {
    settings: Settings,
    instance: Result<Instance, LineError>,
    /// Whether the instance allows the fallback redirects of the flags, once they were checked.
    by_flags: Option<Result<(), LineError>>,
    /// Whether it allows those of the last line that had its own, once they were checked.
    by_line: Option<Result<(), LineError>>,
}

/// The settings that a line and the flags ask for.
#[derive(Debug)]
struct Wanted<'a> {
    domain: &'a str,
    environment: Environment,
    portal_origin: &'a str,
    home_url: &'a str,
    origins: &'a [Text<'a>],
}

impl InstanceSource {
    /// The instance of a line and its fallback redirects.
    ///
    /// # Errors
    /// The line sets what comes from the database, or its settings are not valid.
    pub(super) fn of(&mut self, line: &Line<'_>, flags: &Line<'_>) -> Result<(&Instance, &Fallbacks), LineError> {
        match self {
            Self::Database(stored) => match LineKey::INSTANCE.into_iter().find(|key| line.has(*key)) {
                Some(key) => Err(LineError::Stored(key)),
                None => Ok((&stored.instance, &stored.fallbacks)),
            },
            Self::Input(instances) => instances.of(line, flags),
        }
    }
}

impl InputInstances {
    pub(super) fn new(flags: &Line<'_>) -> Self {
        Self { fallbacks_by_flags: flags.fallbacks.as_ref().map(collect).unwrap_or_default(), ..Self::default() }
    }

    fn of(&mut self, line: &Line<'_>, flags: &Line<'_>) -> Result<(&Instance, &Fallbacks), LineError> {
        let has_own_fallbacks = line.fallbacks.is_some();
        if let Some(fallbacks) = line.fallbacks.as_ref().filter(|fallbacks| !is_same(&self.fallbacks_by_line, fallbacks)) {
            self.fallbacks_by_line = collect(fallbacks);
            for parsed in [&mut self.by_flags, &mut self.by_line].into_iter().flatten() {
                parsed.by_line = None;
            }
        }
        let fallbacks = if has_own_fallbacks { &self.fallbacks_by_line } else { &self.fallbacks_by_flags };
        let wanted = Wanted::new(line, flags)?;
        let has_own = LineKey::INSTANCE.into_iter().any(|key| key != LineKey::Fallbacks && line.has(key));
        // A line may also repeat what the flags say.
        let is_by_line = has_own && !self.by_flags.as_ref().is_some_and(|parsed| wanted.matches(&parsed.settings));
        let parsed = ParsedInstance::update(if is_by_line { &mut self.by_line } else { &mut self.by_flags }, &wanted);
        let instance = parsed.instance.as_ref().map_err(Clone::clone)?;
        let checked = if has_own_fallbacks { &mut parsed.by_line } else { &mut parsed.by_flags };
        checked.get_or_insert_with(|| check(instance, fallbacks)).clone()?;
        Ok((instance, fallbacks))
    }
}

impl<'a> Wanted<'a> {
    fn new(line: &'a Line<'_>, flags: &'a Line<'_>) -> Result<Self, LineError> {
        let text = |key| line.text(key).or_else(|| flags.text(key));
        let environment = text(LineKey::Environment).map_or(Ok(Environment::Production), Environment::from_str);
        let origins = line.allowed_origins.as_ref().or(flags.allowed_origins.as_ref()).map_or(&[][..], Vec::as_slice);
        let wanted = Self {
            domain: text(LineKey::Domain).ok_or(LineError::Missing(LineKey::Domain))?,
            environment: environment.map_err(|error| LineError::Value(LineKey::Environment, error.message))?,
            portal_origin: text(LineKey::PortalOrigin).unwrap_or_default(),
            home_url: text(LineKey::HomeUrl).unwrap_or_default(),
            origins,
        };
        if origins.len() > MAX_ORIGINS {
            return Err(LineError::Value(LineKey::AllowedOrigins, format!("more than {MAX_ORIGINS} origins")));
        }
        Ok(wanted)
    }

    /// Whether these settings are the same.
    fn matches(&self, settings: &Settings) -> bool {
        settings.domain == self.domain
            && settings.environment == self.environment
            && settings.portal_origin == self.portal_origin
            && settings.home_url == self.home_url
            && settings.allowed_origins.iter().eq(self.origins.iter().map(|origin| &*origin.0))
    }

    fn to_settings(&self) -> Settings {
        Settings {
            // Placeholders: a resolution contains neither of them.
            slug: "input".to_owned(),
            name: "Input".to_owned(),
            environment: self.environment,
            domain: self.domain.to_owned(),
            portal_origin: self.portal_origin.to_owned(),
            home_url: self.home_url.to_owned(),
            allowed_origins: self.origins.iter().map(|origin| origin.0.clone().into_owned()).collect(),
        }
    }
}

impl ParsedInstance {
    /// The cached instance, parsed again only if the settings have changed.
    fn update<'c>(cached: &'c mut Option<Self>, wanted: &Wanted<'_>) -> &'c mut Self {
        let previous = cached.take_if(|parsed| !wanted.matches(&parsed.settings));
        cached.get_or_insert_with(|| Self::parse(wanted.to_settings(), previous.and_then(|parsed| parsed.instance.ok())))
    }

    fn parse(settings: Settings, previous: Option<Instance>) -> Self {
        let instance = match previous {
            Some(previous) => Instance::parse_after(&previous, &settings, 0),
            None => Instance::parse(&settings, 0),
        };
        let instance = instance.map_err(|errors| LineError::Instance(sentences(&errors)));
        Self { settings, instance, by_flags: None, by_line: None }
    }
}

/// One sentence for each field that is not valid.
fn sentences(errors: &[InstanceError]) -> String {
    let sentences: Vec<_> = errors
        .iter()
        .map(|error| match error.field {
            InstanceField::AllowedOrigin(at) => format!("{}[{at}]: {error}", LineKey::AllowedOrigins),
            field => format!("{}: {error}", field_name(field)),
        })
        .collect();
    sentences.join(" ")
}

/// Checks fallback redirects as the dashboard does when they are saved.
fn check(instance: &Instance, fallbacks: &Fallbacks) -> Result<(), LineError> {
    for flow in Flow::ALL {
        if let Some(value) = fallbacks.get(flow)
            && let Err(refused) = parse_fallback(instance, flow, value)
        {
            return Err(LineError::Value(LineKey::Fallbacks, format!("{flow}: {}", explain(instance, value, &refused))));
        }
    }
    Ok(())
}

fn collect(fallbacks: &line::Fallbacks<'_>) -> Fallbacks {
    fallbacks.0.iter().map(|(flow, url)| (*flow, url.0.clone().into_owned())).collect()
}

fn is_same(cached: &Fallbacks, fallbacks: &line::Fallbacks<'_>) -> bool {
    let url =
        |flow| fallbacks.0.iter().find(|(other, _)| *other == flow).map(|(_, url)| trim_invisible(&url.0)).filter(|url| !url.is_empty());
    Flow::ALL.into_iter().all(|flow| cached.get(flow) == url(flow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_repeats_the_flags_shares_their_instance() {
        let flags = Line::read(br#"{"domain":"a.com"}"#).unwrap();
        let mut instances = InputInstances::new(&flags);
        for line in ["{}", r#"{"domain":"b.com"}"#, r#"{"domain":"a.com"}"#] {
            assert!(instances.of(&Line::read(line.as_bytes()).unwrap(), &flags).is_ok());
        }
        assert_eq!(instances.by_line.unwrap().settings.domain, "b.com", "the line in between is still cached");
    }

    #[test]
    fn an_origin_that_one_environment_allows_is_judged_anew_in_the_other() {
        let flags = Line::default();
        let mut instances = InputInstances::new(&flags);
        let mut is_valid = |line: &str| instances.of(&Line::read(line.as_bytes()).unwrap(), &flags).is_ok();
        let origins = r#""allowed_origins":["http://b.com","https://*.c.com"]"#;
        assert!(is_valid(&format!(r#"{{"domain":"a.com","environment":"development",{origins}}}"#)));
        assert!(is_valid(&format!(r#"{{"domain":"d.com","environment":"development",{origins}}}"#)));
        assert!(!is_valid(&format!(r#"{{"domain":"d.com","environment":"production",{origins}}}"#)));
        assert!(!is_valid(&format!(r#"{{"domain":"e.com","environment":"production",{origins}}}"#)));
    }

    #[test]
    fn unchanged_settings_are_not_parsed_again() {
        let flags = Line::default();
        let mut instances = InputInstances::new(&flags);
        let mut read = |line: &str, poison: bool| {
            let error = instances.of(&Line::read(line.as_bytes()).unwrap(), &flags).map(|_| ()).err();
            if poison {
                instances.by_line.as_mut().unwrap().instance = Err(LineError::Blank);
            }
            error
        };
        assert_eq!(read(r#"{"domain":"a.com","allowed_origins":["https://b.com"]}"#, true), None);
        assert_eq!(read(r#"{"allowed_origins":["https://b.com"],"domain":"a.com","redirect_url":"/x"}"#, false), Some(LineError::Blank));
        for other in [
            r#"{"domain":"a.com"}"#,
            r#"{"domain":"c.com","allowed_origins":["https://b.com"]}"#,
            r#"{"domain":"a.com","allowed_origins":["https://b.com"],"environment":"development"}"#,
            r#"{"domain":"a.com","allowed_origins":["https://b.com"],"portal_origin":"https://b.a.com"}"#,
            r#"{"domain":"a.com","allowed_origins":["https://b.com"],"home_url":"https://a.com"}"#,
        ] {
            assert_eq!(read(other, true), None, "{other}");
        }
    }
}
