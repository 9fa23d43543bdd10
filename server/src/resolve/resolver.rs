//! Resolves an input line: its own keys take precedence over the flags.

use std::borrow::Cow;

use app::redirects::{
    DirectLink, Flow, Instance, LinkAdvice, LinkParams, NotALink, RequestingOrigin, Timestamp, Visit, parameter_advice, resolve,
};
use time::OffsetDateTime;

use super::{instance_source::InstanceSource, line::Line, line_error::LineError, line_key::LineKey, output::Resolved};

/// Resolves lines, one after the other.
#[derive(Debug)]
pub(super) struct Resolver {
    /// The flags: the defaults for all lines.
    flags: Line<'static>,
    /// Where instances come from.
    instances: InstanceSource,
    requesting: LastRequesting,
    /// The time for all lines.
    now: Option<Timestamp>,
}

/// The requesting origin of the last line that had one, as written and as read. Most lines repeat it.
#[derive(Debug, Default)]
struct LastRequesting {
    text: String,
    origin: Option<RequestingOrigin>,
}

impl Resolver {
    /// A resolver of visits that are made now.
    pub(super) fn new(flags: Line<'static>, instances: InstanceSource) -> Self {
        Self { flags, instances, requesting: LastRequesting::default(), now: Some(OffsetDateTime::now_utc().into()) }
    }

    /// Resolves a line, and returns what `write` makes of it.
    ///
    /// # Errors
    /// The line is not valid, or a key is missing.
    pub(super) fn resolve<T>(&mut self, bytes: &[u8], write: impl FnOnce(&Resolved<'_>) -> T) -> Result<T, LineError> {
        let input = Line::read(bytes)?;
        let (instance, fallbacks) = self.instances.of(&input, &self.flags)?;
        let now = self.now;
        let direct;
        let (flow, link, advice) = if let Some(text) = self.flags.link_for(&input)? {
            direct = DirectLink::parse(instance, text).map_err(|error| match error {
                NotALink::Empty => LineError::Missing(LineKey::Link),
                error => LineError::Link(error.explain(instance), error.corrected(instance, now, text)),
            })?;
            (direct.flow(), direct.link(), direct.advice(instance, now))
        } else {
            let text = |key| input.text(key).or_else(|| self.flags.text(key));
            let flow: Flow = text(LineKey::Flow).ok_or(LineError::Missing(LineKey::Flow))?.parse()?;
            let mut link = LinkParams::default();
            for key in LineKey::REDIRECTS {
                if let Some(text) = text(key) {
                    link.set(key.name(), Cow::Borrowed(text));
                }
            }
            let advice = advice(instance, flow, now, &link);
            (flow, link, advice)
        };
        let requesting = input.text(LineKey::RequestingOrigin).or_else(|| self.flags.text(LineKey::RequestingOrigin));
        let requesting = requesting.and_then(|text| self.requesting.read(text));
        let visit = Visit { flow, link: &link, requesting, now };
        let resolution = resolve(instance, fallbacks, visit);
        Ok(write(&Resolved { instance, visit, resolution, advice }))
    }
}

impl LastRequesting {
    fn read(&mut self, text: &str) -> Option<&RequestingOrigin> {
        if self.text != text {
            *self = Self { text: text.to_owned(), origin: RequestingOrigin::parse(text) };
        }
        self.origin.as_ref()
    }
}

/// What there is to say about redirect parameters that were not given in a link.
fn advice(instance: &Instance, flow: Flow, now: Option<Timestamp>, link: &LinkParams<'_>) -> LinkAdvice {
    let mut all = LinkAdvice::default();
    for (name, value) in link.redirects() {
        let Some(advice) = value.and_then(|value| parameter_advice(instance, flow, now, name, value)) else { continue };
        let said = if advice.is_note { &mut all.notes } else { &mut all.mistakes };
        said.push(format!("{name}: {}", advice.text));
    }
    all
}

impl Line<'_> {
    /// With `self` as the flags: the link of the line, or the flags' link if the line has neither a link nor a flow nor redirect
    /// parameters.
    fn link_for<'l>(&'l self, input: &'l Line<'_>) -> Result<Option<&'l str>, LineError> {
        match (input.text(LineKey::Link), input.visit_key()) {
            (Some(_), Some(key)) => Err(LineError::BesideLink(key)),
            (Some(link), None) => Ok(Some(link)),
            (None, Some(_)) => Ok(None),
            (None, None) => Ok(self.text(LineKey::Link)),
        }
    }
}
