//! The form of the Preview tab: a link's parameters, its portal page, and values of the Redirects tab that are not saved yet.
//!
//! The form is a query string everywhere: in the page's address, in a post and in the browser's requests.

use crate::paths;
use url::form_urlencoded;

use crate::{
    fallbacks::origin_change::ticked_origins,
    redirects::{
        DirectLink, Fallbacks, Flow, Instance, LinkAdvice, LinkParams, NotALink, RequestingOrigin, Timestamp, parse_fallback,
        trim_invisible,
    },
    saving::form_element::ALLOW,
};

/// The maximum length of a form in the page's address, in bytes. A longer form is previewed, but can't be bookmarked.
const MAX_ADDRESS_BYTES: usize = 8_000;

/// The form of the Preview tab, with every field as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewForm {
    /// A pasted direct link, which fills the other fields.
    pub link: String,
    /// The link that the fields were filled from. What was typed since then wins over it.
    pub filled_from: String,
    /// The flow that is previewed.
    pub flow: Option<Flow>,
    /// The link's parameters. Prefill values are as typed.
    pub params: LinkParams<'static>,
    /// The requesting page, as a URL or an origin.
    pub requesting_page: String,
    /// The unsaved values of the Redirects tab, with their flows.
    pub unsaved: Vec<(Flow, String)>,
    /// The origins that would be allowed together with the unsaved values.
    pub allow: Vec<String>,
}

impl PreviewForm {
    /// Reads a query string or a posted form. Parameters that the form does not have are ignored.
    pub fn read(query: &str) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "link" => form.link = value.into_owned(),
                "filled_from" => form.filled_from = value.into_owned(),
                "flow" => form.flow = value.parse().ok(),
                "requesting_page" => form.requesting_page = value.into_owned(),
                ALLOW => form.allow.push(value.into_owned()),
                name => match Flow::of_field(name) {
                    Some(flow) if form.unsaved.iter().all(|(other, _)| *other != flow) => {
                        form.unsaved.push((flow, trim_invisible(&value).to_owned()));
                    }
                    Some(_) => {}
                    None if value.is_empty() => {}
                    None => {
                        form.params.set(name, value.into_owned());
                    }
                },
            }
        }
        form
    }

    /// The query string that [`PreviewForm::read`] reads as this form. It contains the link only if the fields were not filled from it.
    pub fn write(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut flow = Some(self.flow());
        if self.has_new_link() {
            query.append_pair("link", &self.link);
            flow = self.flow;
        }
        if let Some(flow) = flow {
            query.append_pair("flow", flow.name());
        }
        for name in LinkParams::names() {
            let value = self.value(name);
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if !self.requesting_page.trim().is_empty() {
            query.append_pair("requesting_page", self.requesting_page.trim());
        }
        for (flow, value) in &self.unsaved {
            query.append_pair(flow.field(), value);
        }
        for origin in &self.allow {
            query.append_pair(ALLOW, origin);
        }
        query.finish()
    }

    /// The form with only its link, if the link has not filled the fields yet.
    #[must_use]
    pub fn before_link(self) -> Self {
        if self.has_new_link() { Self { flow: None, params: LinkParams::default(), ..self } } else { self }
    }

    /// The address of the page with this form; `None` if it would be too long.
    pub fn address(&self, slug: &str) -> Option<String> {
        let query = self.write();
        (query.len() <= MAX_ADDRESS_BYTES).then(|| format!("{}?{query}", paths::instance(slug).preview()))
    }

    /// The flow that is previewed.
    pub fn flow(&self) -> Flow {
        self.flow.unwrap_or(Flow::SignIn)
    }

    /// The value that was typed for a link parameter; empty if none was.
    pub fn value(&self, name: &str) -> &str {
        self.params.redirect(name).or_else(|| self.params.prefill.get(name)).unwrap_or_default()
    }

    /// Whether there is a link that has not filled the fields.
    pub fn has_new_link(&self) -> bool {
        !self.link.trim().is_empty() && self.link != self.filled_from
    }

    /// Fills the fields from a new link. Returns what there is to say about the link at that time, new or not.
    ///
    /// # Errors
    /// The text is not a link to this instance's portal. The fields stay as they are.
    pub fn take_link(&mut self, instance: &Instance, now: Option<Timestamp>) -> Result<LinkAdvice, NotALink> {
        if self.link.trim().is_empty() {
            self.filled_from.clear();
            return Ok(LinkAdvice::default());
        }
        let direct = DirectLink::parse(instance, &self.link)?;
        let advice = direct.advice(instance, now);
        if !self.has_new_link() {
            return Ok(advice);
        }
        self.flow = Some(direct.flow());
        let link = direct.link();
        let redirects = LinkParams::REDIRECTS.into_iter().filter_map(|name| Some((name, link.redirect(name)?.to_owned())));
        self.params = LinkParams::default();
        for (name, value) in redirects.chain(direct.prefill()).filter(|(_, value)| !value.is_empty()) {
            self.params.set(name, value);
        }
        self.filled_from.clone_from(&self.link);
        Ok(advice)
    }

    /// The finished direct link, percent-encoded; `None` if the flow has no page of its own.
    pub fn direct_link(&self, instance: &Instance) -> Option<String> {
        let (portal, page, query) = (instance.portal_origin().as_str(), self.flow().page()?.path(), self.params.write());
        Some(if query.is_empty() { format!("{portal}{page}") } else { format!("{portal}{page}?{query}") })
    }

    /// Removes the unsaved values that equal the stored ones. If no flow is chosen, chooses that of the first unsaved value.
    pub fn keep_changes(&mut self, stored: &Fallbacks) {
        self.unsaved.retain(|(flow, value)| stored.get(*flow).unwrap_or_default() != value);
        if self.unsaved.is_empty() {
            self.allow.clear();
        }
        if self.flow.is_none() && !self.has_new_link() {
            self.flow = self.unsaved.first().map(|(flow, _)| *flow);
        }
    }

    /// The instance as if the origins that the unsaved values need, and that are ticked, were allowed.
    pub fn with_allowed(&self, instance: &Instance) -> Instance {
        let values = self.unsaved.iter().map(|(flow, value)| (*flow, value.as_str()));
        instance.with_origins(&ticked_origins(instance, values, &self.allow), &[])
    }

    /// The fallback redirects as if the valid unsaved values were saved; `None` if that would change nothing.
    pub fn with_unsaved(&self, instance: &Instance, stored: &Fallbacks) -> Option<Fallbacks> {
        let mut fallbacks = stored.clone();
        for (flow, value) in &self.unsaved {
            if value.is_empty() || parse_fallback(instance, *flow, value).is_ok() {
                fallbacks.set(*flow, value);
            }
        }
        (fallbacks != *stored).then_some(fallbacks)
    }

    /// The requesting page's origin; `None` if it does not count for this instance.
    pub fn requesting_origin(&self, instance: &Instance) -> Option<RequestingOrigin> {
        RequestingOrigin::of_referer(instance.environment(), &self.requesting_page)
    }
}
