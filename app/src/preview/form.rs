//! What is previewed: a link's parameters, the page it is for, and values of the Redirects tab that are not saved yet.
//!
//! Its state is a query string everywhere: in the page's address, in a post, and in what the browser asks with.

use crate::paths;
use url::form_urlencoded;

use crate::redirects::{DirectLink, Fallbacks, Flow, Instance, LinkParams, NotALink, Prefill, RequestingOrigin, parse_fallback};

/// The longest state that is put into the page's address, in bytes: more is shown, but can't be bookmarked.
const MOST_ADDRESS_BYTES: usize = 8_000;

/// The form of the Preview tab, every field as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewForm {
    /// A whole direct link, which fills the other fields.
    pub link: String,
    /// The link that they were filled from: what was typed since then wins over it.
    pub filled_from: String,
    /// The flow that ends.
    pub flow: Option<Flow>,
    /// The link's parameters, prefill as typed.
    pub says: LinkParams<'static>,
    /// The page that runs the flow or that the visitor came from, by its URL or origin.
    pub requesting_page: String,
    /// Values of the Redirects tab that are not saved, by their flows.
    pub unsaved: Vec<(Flow, String)>,
}

impl PreviewForm {
    /// Reads a query string or a posted form. What is none of the form's fields is left out.
    pub fn read(query: &str) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "link" => form.link = value.into_owned(),
                "filled_from" => form.filled_from = value.into_owned(),
                "flow" => form.flow = value.parse().ok(),
                "requesting_page" => form.requesting_page = value.into_owned(),
                name => match Flow::of_field(name) {
                    Some(flow) if form.unsaved.iter().all(|(other, _)| *other != flow) => {
                        form.unsaved.push((flow, value.trim().to_owned()));
                    }
                    Some(_) => {}
                    None if value.is_empty() => {}
                    None => {
                        form.says.set(name, value.into_owned());
                    }
                },
            }
        }
        form
    }

    /// Writes what [`PreviewForm::read`] reads as this form: a link only where the fields were not filled from it.
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
        for name in LinkParams::REDIRECTS.into_iter().chain(Prefill::NAMES) {
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
        query.finish()
    }

    /// The form before a link that can be read has filled its fields: nothing but the link.
    #[must_use]
    pub fn before_link(self) -> Self {
        if self.has_new_link() { Self { flow: None, says: LinkParams::default(), ..self } } else { self }
    }

    /// The address of the page that shows this form; `None` where it would be too long.
    pub fn address(&self, slug: &str) -> Option<String> {
        let query = self.write();
        (query.len() <= MOST_ADDRESS_BYTES).then(|| format!("{}?{query}", paths::instance(slug).preview()))
    }

    /// The flow that is previewed.
    pub fn flow(&self) -> Flow {
        self.flow.unwrap_or(Flow::SignIn)
    }

    /// What is typed for a parameter of the link; empty where nothing is.
    pub fn value(&self, name: &str) -> &str {
        self.says.redirect(name).or_else(|| self.says.prefill.get(name)).unwrap_or_default()
    }

    /// Whether a link is there that the fields were not filled from.
    pub fn has_new_link(&self) -> bool {
        !self.link.trim().is_empty() && self.link != self.filled_from
    }

    /// Fills the fields from a new link, and answers what is odd about the link, new or not.
    ///
    /// # Errors
    /// It is no link of this instance's portal; the fields stay as they are.
    pub fn take_link(&mut self, instance: &Instance) -> Result<Vec<String>, NotALink> {
        if self.link.trim().is_empty() {
            self.filled_from.clear();
            return Ok(Vec::new());
        }
        let direct = DirectLink::parse(instance, &self.link)?;
        let oddities = direct.oddities();
        if !self.has_new_link() {
            return Ok(oddities);
        }
        self.flow = Some(direct.flow());
        let link = direct.link();
        let redirects = LinkParams::REDIRECTS.into_iter().filter_map(|name| Some((name, link.redirect(name)?.to_owned())));
        self.says = LinkParams::default();
        for (name, value) in redirects.chain(direct.prefill()).filter(|(_, value)| !value.is_empty()) {
            self.says.set(name, value);
        }
        self.filled_from.clone_from(&self.link);
        Ok(oddities)
    }

    /// The finished direct link, percent-encoded; `None` where the flow has no page of its own.
    pub fn direct_link(&self, instance: &Instance) -> Option<String> {
        let (portal, page, query) = (instance.portal_origin().as_str(), self.flow().page()?.path(), self.says.write());
        Some(if query.is_empty() { format!("{portal}{page}") } else { format!("{portal}{page}?{query}") })
    }

    /// Leaves only those unsaved values that differ from what is stored, and begins with the first of them.
    pub fn keep_changes(&mut self, stored: &Fallbacks) {
        self.unsaved.retain(|(flow, value)| stored.get(*flow).unwrap_or_default() != value);
        if self.flow.is_none() && !self.has_new_link() {
            self.flow = self.unsaved.first().map(|(flow, _)| *flow);
        }
    }

    /// The fallback redirects as they would be if the unsaved values were saved; `None` where none of them can be.
    pub fn with_unsaved(&self, instance: &Instance, stored: &Fallbacks) -> Option<Fallbacks> {
        let mut fallbacks = stored.clone();
        for (flow, value) in &self.unsaved {
            if value.is_empty() || parse_fallback(instance, *flow, value).is_ok() {
                fallbacks.set(*flow, value);
            }
        }
        (fallbacks != *stored).then_some(fallbacks)
    }

    /// The requesting page's origin; `None` where it does not count for this instance.
    pub fn requesting_origin(&self, instance: &Instance) -> Option<RequestingOrigin> {
        RequestingOrigin::of_referer(instance.environment(), &self.requesting_page)
    }
}
