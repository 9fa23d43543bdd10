//! The instance that a line is about: from the database once, or from lines and flags, kept as long as it does not change.

use std::str::FromStr;

use app::{
    instances::{form::field_name, stored::StoredInstance},
    redirects::{Environment, Fallbacks, Flow, Instance, InstanceError, InstanceField, Settings},
};

use super::{
    key::Key,
    line::{self, Line},
    unread::Unread,
};

/// More origins than an instance can have, and few enough to read them all.
const MOST_ORIGINS: usize = 1000;

/// Where instances come from.
#[derive(Debug)]
pub(super) enum Served {
    /// From the database, for all lines.
    Stored(Box<StoredInstance>),
    /// From each line, and from the flags for what it leaves out.
    Given(Box<Given>),
}

/// What was parsed last: once by the flags alone, and once with settings of a line's own.
#[derive(Debug, Default)]
pub(super) struct Given {
    by_flags: Option<Parsed>,
    by_line: Option<Parsed>,
    fallbacks_by_flags: Fallbacks,
    fallbacks_by_line: Fallbacks,
}

#[derive(Debug)]
struct Parsed {
    settings: Settings,
    instance: Result<Instance, Unread>,
}

impl Served {
    /// The instance of a line and its fallback redirects.
    ///
    /// # Errors
    /// The line says what the database says, or its settings are wrong.
    pub(super) fn of(&mut self, line: &Line<'_>, flags: &Line<'_>) -> Result<(&Instance, &Fallbacks), Unread> {
        match self {
            Self::Stored(stored) => match Key::INSTANCE.into_iter().find(|key| line.has(*key)) {
                Some(key) => Err(Unread::Stored(key)),
                None => Ok((&stored.instance, &stored.fallbacks)),
            },
            Self::Given(given) => given.of(line, flags),
        }
    }
}

impl Given {
    pub(super) fn new(flags: &Line<'_>) -> Self {
        Self { fallbacks_by_flags: flags.fallbacks.as_ref().map(collect).unwrap_or_default(), ..Self::default() }
    }

    fn of(&mut self, line: &Line<'_>, flags: &Line<'_>) -> Result<(&Instance, &Fallbacks), Unread> {
        let own = Key::INSTANCE.into_iter().any(|key| key != Key::Fallbacks && line.has(key));
        let place = if own { &mut self.by_line } else { &mut self.by_flags };
        let parsed = Parsed::renew(place, line, flags)?;
        let fallbacks = match &line.fallbacks {
            None => &self.fallbacks_by_flags,
            Some(given) => {
                if !is_same(&self.fallbacks_by_line, given) {
                    self.fallbacks_by_line = collect(given);
                }
                &self.fallbacks_by_line
            }
        };
        Ok((parsed.instance.as_ref().map_err(Clone::clone)?, fallbacks))
    }
}

impl Parsed {
    /// What is in place, parsed again only where the line means other settings.
    fn renew<'p>(place: &'p mut Option<Self>, line: &Line<'_>, flags: &Line<'_>) -> Result<&'p Self, Unread> {
        let text = |key| line.text(key).or_else(|| flags.text(key));
        let domain = text(Key::Domain).ok_or(Unread::Missing(Key::Domain))?;
        let environment = text(Key::Environment).map_or(Ok(Environment::Production), Environment::from_str);
        let environment = environment.map_err(|error| Unread::Value(Key::Environment, error.message))?;
        let portal_origin = text(Key::PortalOrigin).unwrap_or_default();
        let home_url = text(Key::HomeUrl).unwrap_or_default();
        let origins = line.allowed_origins.as_ref().or(flags.allowed_origins.as_ref()).map_or(&[][..], Vec::as_slice);
        if origins.len() > MOST_ORIGINS {
            return Err(Unread::Value(Key::AllowedOrigins, format!("there are more than {MOST_ORIGINS}")));
        }
        let unchanged = place.as_ref().is_some_and(|Self { settings, .. }| {
            settings.domain == domain
                && settings.environment == environment
                && settings.portal_origin == portal_origin
                && settings.home_url == home_url
                && settings.allowed_origins.iter().eq(origins.iter().map(|origin| &*origin.0))
        });
        if !unchanged {
            *place = None;
        }
        Ok(place.get_or_insert_with(|| {
            Self::parse(Settings {
                // Nobody sees these two: a resolution names neither.
                slug: "given".to_owned(),
                name: "Given".to_owned(),
                environment,
                domain: domain.to_owned(),
                portal_origin: portal_origin.to_owned(),
                home_url: home_url.to_owned(),
                allowed_origins: origins.iter().map(|origin| origin.0.clone().into_owned()).collect(),
            })
        }))
    }

    fn parse(settings: Settings) -> Self {
        let instance = Instance::parse(&settings, 0).map_err(|errors| Unread::Instance(sentences(&errors)));
        Self { settings, instance }
    }
}

/// Each field that is wrong, with its sentence.
fn sentences(errors: &[InstanceError]) -> String {
    let said: Vec<_> = errors
        .iter()
        .map(|error| match error.field {
            InstanceField::AllowedOrigin(at) => format!("{}[{at}]: {error}", Key::AllowedOrigins),
            field => format!("{}: {error}", field_name(field)),
        })
        .collect();
    said.join(" ")
}

fn collect(given: &line::Fallbacks<'_>) -> Fallbacks {
    given.0.iter().map(|(flow, url)| (*flow, url.0.clone().into_owned())).collect()
}

fn is_same(kept: &Fallbacks, given: &line::Fallbacks<'_>) -> bool {
    let url = |flow| given.0.iter().find(|(other, _)| *other == flow).map(|(_, url)| url.0.trim()).filter(|url| !url.is_empty());
    Flow::ALL.into_iter().all(|flow| kept.get(flow) == url(flow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_change_is_not_parsed_again() {
        let flags = Line::default();
        let mut given = Given::new(&flags);
        let mut read = |line: &str, mark: bool| {
            let said = given.of(&Line::read(line.as_bytes()).unwrap(), &flags).map(|_| ()).err();
            if mark {
                given.by_line.as_mut().unwrap().instance = Err(Unread::Blank);
            }
            said
        };
        assert_eq!(read(r#"{"domain":"a.com","allowed_origins":["https://b.com"]}"#, true), None);
        assert_eq!(read(r#"{"allowed_origins":["https://b.com"],"domain":"a.com","redirect_url":"/x"}"#, false), Some(Unread::Blank));
        for other in [
            r#"{"domain":"a.com"}"#,
            r#"{"domain":"c.com","allowed_origins":["https://b.com"]}"#,
            r#"{"domain":"a.com","allowed_origins":["https://b.com"],"environment":"development"}"#,
            r#"{"domain":"a.com","allowed_origins":["https://b.com"],"portal_origin":"https://a.com"}"#,
            r#"{"domain":"a.com","allowed_origins":["https://b.com"],"home_url":"https://a.com"}"#,
        ] {
            assert_eq!(read(other, true), None, "{other}");
        }
    }
}
