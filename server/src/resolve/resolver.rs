//! What a line asks: its own keys first, then the flags, and from them a resolution.

use std::borrow::Cow;

use app::redirects::{DirectLink, Flow, Instance, Link, NotALink, RequestingOrigin, Resolution, Visit, resolve};

use super::{instance_source::InstanceSource, line::Line, line_error::LineError, line_key::LineKey};

/// Answers lines, one after the other.
#[derive(Debug)]
pub(super) struct Resolver {
    /// What the flags say: the defaults for all lines.
    pub(super) flags: Line<'static>,
    /// Where instances come from.
    pub(super) instances: InstanceSource,
}

impl Resolver {
    /// Resolves what a line asks, and hands it on with what it was asked of.
    ///
    /// # Errors
    /// It does not say, or says what can't be.
    pub(super) fn resolve<T>(
        &mut self,
        bytes: &[u8],
        tell: impl FnOnce(&Instance, Visit<'_>, &Resolution<'_>) -> T,
    ) -> Result<T, LineError> {
        let asked = Line::read(bytes)?;
        let (instance, fallbacks) = self.instances.of(&asked, &self.flags)?;
        let direct;
        let (flow, link) = if let Some(text) = self.flags.link_for(&asked)? {
            direct = DirectLink::parse(instance, text).map_err(|error| match error {
                NotALink::Empty => LineError::Missing(LineKey::Link),
                error => LineError::Link(error.explain(instance)),
            })?;
            (direct.flow(), direct.link())
        } else {
            let text = |key| asked.text(key).or_else(|| self.flags.text(key));
            let flow: Flow = text(LineKey::Flow).ok_or(LineError::Missing(LineKey::Flow))?.parse()?;
            let mut link = Link::default();
            for key in LineKey::REDIRECTS {
                if let Some(text) = text(key) {
                    link.set(key.name(), Cow::Borrowed(text));
                }
            }
            (flow, link)
        };
        let requesting = asked.text(LineKey::RequestingOrigin).or_else(|| self.flags.text(LineKey::RequestingOrigin));
        let requesting = requesting.and_then(RequestingOrigin::parse);
        let visit = Visit { flow, link: &link, requesting: requesting.as_ref() };
        Ok(tell(instance, visit, &resolve(instance, fallbacks, visit)))
    }
}

impl Line<'_> {
    /// The direct link that counts, where these are the flags: the line's own, or theirs if the line itself says nothing of the kind.
    fn link_for<'l>(&'l self, asked: &'l Line<'_>) -> Result<Option<&'l str>, LineError> {
        match (asked.text(LineKey::Link), asked.way()) {
            (Some(_), Some(key)) => Err(LineError::BesideLink(key)),
            (Some(link), None) => Ok(Some(link)),
            (None, Some(_)) => Ok(None),
            (None, None) => Ok(self.text(LineKey::Link)),
        }
    }
}
