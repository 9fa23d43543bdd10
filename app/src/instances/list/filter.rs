//! What the list shows, as its address says it.

use url::form_urlencoded;

use super::{MAX_COUNTED, PAGE_SIZE};
use crate::{paths, redirects::Environment};

/// The longest text that is searched for, in characters: longer than any name, domain or slug that people type.
const MAX_SEARCH_CHARS: usize = 200;

/// Which instances are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Every one that is not archived.
    #[default]
    All,
    /// Those of one environment.
    Of(Environment),
    /// Those that are archived and can be restored.
    Archived,
}

impl Shown {
    /// Every filter, in the order of the screen.
    pub const ALL: [Self; 4] = [Self::All, Self::Of(Environment::Production), Self::Of(Environment::Development), Self::Archived];

    /// The filter's name in the address; empty for all.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Of(environment) => environment.name(),
            Self::Archived => "archived",
        }
    }

    /// The filter's name on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Of(Environment::Production) => "Production",
            Self::Of(Environment::Development) => "Development",
            Self::Archived => "Archived",
        }
    }

    /// The environment that it is limited to.
    pub fn environment(self) -> Option<Environment> {
        match self {
            Self::Of(environment) => Some(environment),
            Self::All | Self::Archived => None,
        }
    }
}

/// The search, the filter and the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFilter {
    /// Part of a name, a domain or a slug, as typed.
    pub search: String,
    /// Which instances.
    pub shown: Shown,
    /// The page, from 1.
    pub page: i64,
}

impl ListFilter {
    /// Reads the query of the list's address. What it can't read is left out.
    pub fn read(query: &str) -> Self {
        let mut filter = Self { search: String::new(), shown: Shown::All, page: 1 };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                // PostgreSQL takes no text with a zero in it, and nobody means any other control character.
                "q" => filter.search = value.trim().chars().filter(|c| !c.is_control()).take(MAX_SEARCH_CHARS).collect(),
                "show" => filter.shown = Shown::ALL.into_iter().find(|shown| shown.name() == value).unwrap_or_default(),
                "page" => filter.page = value.parse().unwrap_or(1).clamp(1, MAX_COUNTED / PAGE_SIZE),
                _ => {}
            }
        }
        filter
    }

    /// The address of the list with this filter.
    pub fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        if self.shown != Shown::All {
            query.append_pair("show", self.shown.name());
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { paths::INSTANCES.to_owned() } else { format!("{}?{query}", paths::INSTANCES) }
    }

    /// The same search with another filter, from the first page.
    #[must_use]
    pub fn with_shown(&self, shown: Shown) -> Self {
        Self { shown, page: 1, ..self.clone() }
    }

    /// The same list at another page.
    #[must_use]
    pub fn at(&self, page: i64) -> Self {
        Self { page, ..self.clone() }
    }

    /// How many instances come before the page.
    pub fn offset(&self) -> i64 {
        (self.page - 1) * PAGE_SIZE
    }
}
