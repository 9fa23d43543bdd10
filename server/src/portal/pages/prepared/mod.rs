//! Pages whose fixed parts are rendered once for each save of an instance: rendering takes longer than everything else together.

mod template;

use std::sync::Arc;

use app::portal::{
    address::Address,
    view::{Inlined, STYLE},
};
use axum::response::Response;
use leptos::prelude::*;
use moka::sync::Cache;
use uuid::Uuid;

use super::page_request::PageRequest;
use crate::portal::snapshot::Snapshot;
use template::{Template, has_mark, mark};

/// How many bytes of them are kept.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What an entry takes besides its template.
const OVERHEAD_BYTES: usize = 256;

/// What the holes hold, before the page's own values.
const BASE: usize = 0;
const QUERY: usize = 1;
const EXIT: usize = 2;
const OWN: usize = 3;

/// An instance's key, the page's heading, and whether its addresses have a query.
type Key = (i64, &'static str, bool);

/// The pages of all instances.
#[derive(Debug)]
pub(super) struct PreparedPages(Cache<Key, Arc<Prepared>>);

#[derive(Debug)]
struct Prepared {
    save_id: Uuid,
    version: i64,
    template: Template,
}

/// A page that can be prepared.
#[derive(Clone, Copy, Debug)]
pub(super) struct PreparedPage<'a> {
    pub(super) heading: &'static str,
    pub(super) script: &'static Inlined,
    /// What differs from one visit to the next, besides the addresses.
    pub(super) values: &'a [&'a str],
    /// Whether it moves on by itself to the first value.
    pub(super) refreshes: bool,
}

impl PreparedPages {
    pub(super) fn new() -> Self {
        let bytes = |_: &Key, page: &Arc<Prepared>| u32::try_from(page.template.memory_size() + OVERHEAD_BYTES).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(MAX_BYTES).weigher(bytes).build())
    }

    fn find(&self, key: Key, snapshot: &Snapshot) -> Option<Arc<Prepared>> {
        self.0.get(&key).filter(|page| page.save_id == snapshot.save_id && page.version == snapshot.instance.version())
    }
}

impl PageRequest {
    /// A page. `body` makes what is below its heading from the addresses and the page's values, whatever they are.
    pub(super) fn show_prepared(&self, page: PreparedPage<'_>, body: impl Fn(&Address, Vec<String>) -> AnyView) -> Response {
        let rendered = || self.render(page, self.address(), page.values.iter().map(|&text| text.into()).collect(), &body);
        let Some(texts) = self.address().texts().filter(|_| !self.has_marks()) else {
            return self.page_response(page.script, rendered());
        };
        let prepared = self.prepare(page, !texts[QUERY].is_empty(), &body);
        let texts: Vec<&str> = texts.into_iter().chain(page.values.iter().copied()).collect();
        let filled = prepared.template.fill(&texts);
        // So every test that opens the page compares the two.
        debug_assert_eq!(filled, rendered(), "a prepared page is not the page");
        self.page_response(page.script, filled)
    }

    /// The page with its holes.
    fn prepare(&self, page: PreparedPage<'_>, has_query: bool, body: &impl Fn(&Address, Vec<String>) -> AnyView) -> Arc<Prepared> {
        let key = (self.snapshot.id, page.heading, has_query);
        if let Some(prepared) = self.context.prepared.find(key, &self.snapshot) {
            return prepared;
        }
        let query = if has_query { mark(QUERY) } else { String::new() };
        let address = Address::of_texts(mark(BASE), query, mark(EXIT));
        let values = (0..page.values.len()).map(|place| mark(OWN + place)).collect();
        let template = Template::cut(&self.render(page, &address, values, body), &[&*STYLE, page.script]);
        let prepared = Arc::new(Prepared { save_id: self.snapshot.save_id, version: self.snapshot.instance.version(), template });
        self.context.prepared.0.insert(key, Arc::clone(&prepared));
        prepared
    }

    fn render(
        &self,
        page: PreparedPage<'_>,
        address: &Address,
        values: Vec<String>,
        body: &impl Fn(&Address, Vec<String>) -> AnyView,
    ) -> String {
        let refresh = page.refreshes.then(|| values.first().cloned()).flatten();
        let exit = address.exit_url.clone();
        self.document(page.heading, Some(page.script), refresh, exit).render(body(address, values))
    }

    /// Whether a text of the instance would be taken for a hole.
    fn has_marks(&self) -> bool {
        has_mark(self.snapshot.instance.name()) || self.snapshot.provider.as_ref().is_some_and(|provider| has_mark(&provider.text))
    }
}
