//! What Activity shows, as the page's address says it.

use url::form_urlencoded;

use crate::{insight::range::Range, paths, redirects::Flow};

/// How many refused redirects one page shows.
pub const PAGE_SIZE: i64 = 25;

/// The longest text that refused redirects are filtered by, in characters.
const MAX_TEXT_CHARS: usize = 300;

/// The furthest page. No range has more refused redirects.
const MAX_PAGE: i64 = 100_000;

/// What the page shows: a query string in its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityForm {
    /// How far back it looks.
    pub range: Range,
    /// Part of an origin or of a reason, as typed.
    pub text: String,
    /// The only flow whose refused redirects are shown.
    pub flow: Option<Flow>,
    /// Whether the dismissed ones are shown, in place of the others.
    pub dismissed: bool,
    /// The page of refused redirects, from 1.
    pub page: i64,
    /// The refused redirect below which the offer to allow its origin is open.
    pub allow: Option<String>,
    /// What has just been done.
    pub done: Option<Done>,
}

/// What has just been done, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What.
    pub what: Action,
    /// The origin or the refused redirect. Empty for what concerns the whole instance.
    pub about: String,
}

/// What can be done on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An origin was allowed.
    Allowed,
    /// That was taken back.
    TakenBack,
    /// A refused redirect was dismissed.
    Dismissed,
    /// It is shown again.
    Shown,
    /// Visits are counted again.
    Counted,
    /// Visits are no longer counted.
    NotCounted,
}

impl Action {
    const NAMED: [(&str, Self); 6] = [
        ("allowed", Self::Allowed),
        ("taken-back", Self::TakenBack),
        ("dismissed", Self::Dismissed),
        ("shown", Self::Shown),
        ("counted", Self::Counted),
        ("not-counted", Self::NotCounted),
    ];

    fn name(self) -> &'static str {
        Self::NAMED.into_iter().find(|(_, action)| *action == self).map_or("", |(name, _)| name)
    }
}

impl Default for ActivityForm {
    fn default() -> Self {
        Self { range: Range::default(), text: String::new(), flow: None, dismissed: false, page: 1, allow: None, done: None }
    }
}

impl ActivityForm {
    /// Reads a query string. What is missing or not understood has its default.
    pub fn read(query: &str) -> Self {
        let mut form = Self::default();
        let (mut what, mut about) = (None, String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "range" => form.range = Range::named(&value),
                "q" => form.text = value.trim().chars().filter(|c| *c != '\0').take(MAX_TEXT_CHARS).collect(),
                "flow" => form.flow = value.parse().ok(),
                "show" => form.dismissed = value == "dismissed",
                "page" => form.page = value.parse().ok().filter(|page| (1..=MAX_PAGE).contains(page)).unwrap_or(1),
                "allow" => form.allow = Some(value.into_owned()),
                "done" => what = Action::NAMED.into_iter().find(|(name, _)| *name == value).map(|(_, action)| action),
                "about" => about = value.into_owned(),
                _ => {}
            }
        }
        form.done = what.map(|what| Done { what, about });
        form
    }

    /// The query string that [`ActivityForm::read`] reads as this.
    pub fn write(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self.range != Range::default() {
            query.append_pair("range", self.range.name());
        }
        if !self.text.is_empty() {
            query.append_pair("q", &self.text);
        }
        if let Some(flow) = self.flow {
            query.append_pair("flow", flow.name());
        }
        if self.dismissed {
            query.append_pair("show", "dismissed");
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        if let Some(allow) = &self.allow {
            query.append_pair("allow", allow);
        }
        if let Some(Done { what, about }) = &self.done {
            query.append_pair("done", what.name());
            if !about.is_empty() {
                query.append_pair("about", about);
            }
        }
        query.finish()
    }

    /// The address of the page that shows this.
    pub fn address(&self, slug: &str) -> String {
        let (page, query) = (paths::instance(slug).activity(), self.write());
        if query.is_empty() { page } else { format!("{page}?{query}") }
    }

    /// The same filter, without an open offer and without a message.
    #[must_use]
    pub fn filter_only(&self) -> Self {
        Self { allow: None, done: None, ..self.clone() }
    }

    /// The same filter in another range.
    #[must_use]
    pub fn within(&self, range: Range) -> Self {
        Self { range, page: 1, ..self.filter_only() }
    }

    /// Another page of the same.
    #[must_use]
    pub fn at(&self, page: i64) -> Self {
        Self { page, ..self.filter_only() }
    }

    /// The range alone: every refused redirect, or every one that was dismissed.
    #[must_use]
    pub fn unfiltered(&self, dismissed: bool) -> Self {
        Self { range: self.range, dismissed, ..Self::default() }
    }

    /// The same with the offer to allow an origin open, or with none open.
    #[must_use]
    pub fn offering(&self, item: Option<&str>) -> Self {
        Self { allow: item.map(str::to_owned), ..self.filter_only() }
    }

    /// The same after something was done.
    #[must_use]
    pub fn after(&self, what: Action, about: &str) -> Self {
        Self { done: Some(Done { what, about: about.to_owned() }), ..self.filter_only() }
    }

    /// Whether refused redirects are filtered.
    pub fn is_filtered(&self) -> bool {
        !self.text.is_empty() || self.flow.is_some()
    }

    /// How many refused redirects come before the page.
    pub fn offset(&self) -> i64 {
        (self.page - 1) * PAGE_SIZE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_form_is_read_as_the_same_form() {
        let form = ActivityForm {
            range: Range::Month,
            text: "evil & söhne".into(),
            flow: Some(Flow::SignUp),
            dismissed: true,
            page: 3,
            allow: Some("foreign https://evil.com".into()),
            done: Some(Done { what: Action::Allowed, about: "https://evil.com".into() }),
        };
        assert_eq!(ActivityForm::read(&form.write()), form);
        assert_eq!(ActivityForm::default().write(), "");
        assert_eq!(form.filter_only(), ActivityForm { allow: None, done: None, ..form.clone() });
        assert_eq!(form.unfiltered(false).address("my-app"), "/instances/my-app/activity?range=30d");
    }

    #[test]
    fn what_is_not_understood_has_its_default() {
        let odd = "range=1y&flow=signin&page=0&show=x&done=x&about=y&other=1&&=";
        assert_eq!(ActivityForm::read(odd), ActivityForm::default());
        assert_eq!(ActivityForm::read("page=99999999999999999999").page, 1);
        assert_eq!(ActivityForm::read(&format!("q=+{}%00+", "x".repeat(999))).text.len(), MAX_TEXT_CHARS);
    }
}
