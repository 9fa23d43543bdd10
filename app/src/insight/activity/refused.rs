//! A refused redirect as it is counted: the reason, and the origin or scheme where there is one. And what the counts say about it.

use time::OffsetDateTime;

use super::counts::DecidedBy;
use crate::redirects::{Flow, Page, Refusal, Source, policy::MAX_URL_BYTES};

/// The longest name of a refused redirect that is accepted from a form, in bytes: no origin of a link is longer.
const MAX_NAME_BYTES: usize = MAX_URL_BYTES;

/// A refused redirect, read from its text in the database: `foreign https://evil.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedItem {
    /// Why it was refused.
    pub reason: Refusal,
    /// The origin or the scheme. Empty where the value says neither.
    pub name: String,
}

/// What was counted of a refused redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Its text in the database.
    pub text: String,
    /// The same, read.
    pub item: RefusedItem,
    /// Whether it stands for several that were too many to keep apart.
    pub is_others: bool,
    /// How many visits asked for it.
    pub visits: u64,
    /// In which flows, the most frequent first.
    pub flows: Vec<(Flow, u64)>,
    /// What decided where they ended instead, the most frequent first.
    pub ended: Vec<(DecidedBy, u64)>,
    /// When the first of them was seen, as far back as counts are kept.
    pub first_seen: Option<OffsetDateTime>,
    /// When the last of them was seen.
    pub last_seen: Option<OffsetDateTime>,
}

/// How often a refused redirect was counted in a flow, by what decided instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCount {
    /// Its text in the database.
    pub text: String,
    /// Whether it stands for several that were too many to keep apart.
    pub is_others: bool,
    /// The flow, what decided, how often and when. `None` for a dismissed one that was not counted in the range.
    pub counted: Option<CountedRefusal>,
}

/// Visits of a refused redirect that agree in flow and in what decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedRefusal {
    /// The flow.
    pub flow: Flow,
    /// The source of the targets.
    pub source: Source,
    /// How many.
    pub visits: u64,
    /// When the first of them was seen.
    pub first_seen: OffsetDateTime,
    /// When the last of them was seen.
    pub last_seen: OffsetDateTime,
}

/// Makes one row of the counts that belong to one refused redirect. They follow each other. Texts of later versions are left out.
pub fn fold(counts: Vec<RefusedCount>) -> Vec<RefusedRow> {
    let mut rows: Vec<RefusedRow> = Vec::new();
    for RefusedCount { text, is_others, counted } in counts {
        let is_new = rows.last().is_none_or(|row| row.text != text || row.is_others != is_others);
        if is_new {
            let Some(item) = RefusedItem::parse(&text) else { continue };
            let row =
                RefusedRow { text, item, is_others, visits: 0, flows: Vec::new(), ended: Vec::new(), first_seen: None, last_seen: None };
            rows.push(row);
        }
        if let (Some(row), Some(counted)) = (rows.last_mut(), counted) {
            row.add(&counted);
        }
    }
    for row in &mut rows {
        row.flows.sort_by_key(|(_, visits)| std::cmp::Reverse(*visits));
        row.ended.sort_by_key(|(_, visits)| std::cmp::Reverse(*visits));
    }
    rows
}

impl RefusedRow {
    fn add(&mut self, counted: &CountedRefusal) {
        self.visits = self.visits.saturating_add(counted.visits);
        add(&mut self.flows, counted.flow, counted.visits);
        add(&mut self.ended, DecidedBy::of(counted.source), counted.visits);
        self.first_seen = Some(self.first_seen.map_or(counted.first_seen, |at| at.min(counted.first_seen)));
        self.last_seen = Some(self.last_seen.map_or(counted.last_seen, |at| at.max(counted.last_seen)));
    }
}

fn add<K: PartialEq>(sums: &mut Vec<(K, u64)>, key: K, visits: u64) {
    match sums.iter_mut().find(|(known, _)| *known == key) {
        Some((_, sum)) => *sum = sum.saturating_add(visits),
        None => sums.push((key, visits)),
    }
}

impl RefusedItem {
    /// Reads its text in the database. `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (reason, name) = text.split_once(' ').unwrap_or((text, ""));
        let is_name = name.len() <= MAX_NAME_BYTES && !name.contains(|c: char| c.is_control() || c.is_whitespace());
        Some(Self { reason: reason.parse().ok().filter(|_| is_name)?, name: name.to_owned() })
    }

    /// The value as far as it is known. What hides the host is written as `…@`.
    pub fn shown(&self) -> String {
        match self.reason {
            Refusal::Credentials => self.name.replacen("//", "//…@", 1),
            _ => self.name.clone(),
        }
    }

    /// What stands for the value where it names nothing.
    pub fn unnamed(&self) -> &'static str {
        match self.reason {
            Refusal::TooLong => "Too long",
            Refusal::NotAUrl => "Not a URL",
            Refusal::Ambiguous => "Read in different ways",
            Refusal::Scheme => "Another scheme",
            Refusal::Credentials | Refusal::Insecure | Refusal::Foreign | Refusal::Loop => "A path",
        }
    }

    /// What stands for several that were too many to keep apart.
    pub fn others(&self) -> &'static str {
        match self.reason {
            Refusal::TooLong => "Others: too long",
            Refusal::NotAUrl => "Others: not a URL",
            Refusal::Ambiguous => "Others: read in different ways",
            Refusal::Scheme => "Others: other schemes",
            Refusal::Credentials => "Others: with a user name",
            Refusal::Insecure => "Others: http",
            Refusal::Foreign => "Others: not allowed",
            Refusal::Loop => "Others: pages of the portal",
        }
    }

    /// Why it was refused, as a sentence.
    pub fn sentence(reason: Refusal, domain: &str) -> String {
        match reason {
            Refusal::TooLong => format!("Longer than {MAX_URL_BYTES} bytes. The value is not kept."),
            Refusal::NotAUrl => "No browser can read the value. It is not kept.".to_owned(),
            Refusal::Ambiguous => "Browsers read the value in different ways. It is not kept.".to_owned(),
            Refusal::Scheme => "Only web addresses can be a target.".to_owned(),
            Refusal::Credentials => "A user name before the @ hides the real host.".to_owned(),
            Refusal::Insecure => "Production requires https.".to_owned(),
            Refusal::Foreign => format!("Not on {domain}, and not an allowed origin."),
            Refusal::Loop => "A page of the portal, so visitors would go in circles.".to_owned(),
        }
    }

    /// A short form for a sentence in History or in a message.
    pub fn described(&self) -> String {
        let what = if self.name.is_empty() { self.unnamed() } else { &self.name };
        let why = match self.reason {
            Refusal::TooLong | Refusal::NotAUrl | Refusal::Ambiguous => return what.to_owned(),
            Refusal::Scheme => "scheme",
            Refusal::Credentials => "with a user name",
            Refusal::Insecure => "not https",
            Refusal::Foreign => "not allowed",
            Refusal::Loop => "a page of the portal",
        };
        format!("{what} ({why})")
    }

    /// A value of a link that is refused like it, as Preview takes it. `None` if nothing is known of the value.
    pub fn example(&self, flow: Flow) -> Option<String> {
        if self.name.is_empty() {
            return None;
        }
        Some(match self.reason {
            Refusal::Scheme => format!("{}//x/", self.name),
            Refusal::Credentials => format!("{}/", self.name.replacen("//", "//user@", 1)),
            Refusal::Loop => format!("{}{}", self.name, flow.page().map_or("/sign-in", Page::path)),
            _ => format!("{}/", self.name),
        })
    }
}

/// What a change in History was about: a refused redirect. A text that can't be read is shown as it is.
pub fn described(text: &str) -> String {
    RefusedItem::parse(text).map_or_else(|| text.to_owned(), |item| item.described())
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const SEEN: OffsetDateTime = datetime!(2026-11-26 12:30 UTC);

    fn count(text: &str, is_others: bool, flow: Flow, source: Source, visits: u64, hours: i64) -> RefusedCount {
        let (first_seen, last_seen) = (SEEN - Duration::hours(hours), SEEN + Duration::hours(hours));
        RefusedCount { text: text.into(), is_others, counted: Some(CountedRefusal { flow, source, visits, first_seen, last_seen }) }
    }

    #[test]
    fn the_counts_of_one_refused_redirect_are_one_row() {
        let evil = "foreign https://evil.com";
        let rows = fold(vec![
            count(evil, false, Flow::SignIn, Source::Fallback, 5, 1),
            count(evil, false, Flow::SignUp, Source::Fallback, 7, 3),
            count(evil, false, Flow::SignUp, Source::FallbackParam, 1, 2),
            count("later https://x.com", false, Flow::SignIn, Source::HomeUrl, 9, 1),
            count("foreign", false, Flow::SignIn, Source::HomeUrl, 3, 1),
            count("foreign", true, Flow::SignIn, Source::HomeUrl, 2, 1),
            RefusedCount { text: "not_a_url".into(), is_others: false, counted: None },
        ]);
        let summary: Vec<_> = rows.iter().map(|row| (row.text.as_str(), row.is_others, row.visits)).collect();
        assert_eq!(summary, [(evil, false, 13), ("foreign", false, 3), ("foreign", true, 2), ("not_a_url", false, 0)]);
        assert_eq!(rows[0].flows, [(Flow::SignUp, 8), (Flow::SignIn, 5)]);
        assert_eq!(rows[0].ended, [(DecidedBy::Stored, 12), (DecidedBy::InLink, 1)]);
        assert_eq!((rows[0].first_seen, rows[0].last_seen), (Some(SEEN - Duration::hours(3)), Some(SEEN + Duration::hours(3))));
        assert_eq!(rows[3].first_seen, None);
    }

    #[test]
    fn only_what_can_be_counted_is_read() {
        for text in ["foreign https://evil.com", "scheme myapp:", "not_a_url", "too_long", "loop", "credentials https://evil.com:8443"] {
            let item = RefusedItem::parse(text).unwrap();
            assert_eq!(format!("{} {}", item.reason.name(), item.name).trim(), text);
        }
        let long = format!("foreign https://{}", "x".repeat(3000));
        for text in ["", " ", "FOREIGN x", "unknown https://evil.com", "foreign https://a b", "foreign https://a\u{0}", &long] {
            assert_eq!(RefusedItem::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_example_is_refused_for_the_same_reason() {
        use crate::{
            fixtures::{instance, my_app},
            redirects::policy::check,
        };
        let instance = instance(&my_app());
        for text in [
            "foreign https://evil.com:8443",
            "foreign https://xn--mypp-63d.com",
            "foreign //evil.com",
            "insecure http://app.myapp.com",
            "credentials https://evil.com",
            "scheme javascript:",
            "scheme other:",
            "loop https://accounts.myapp.com",
        ] {
            let item = RefusedItem::parse(text).unwrap();
            let value = item.example(Flow::SignIn).unwrap();
            assert_eq!(check(&instance, Flow::SignIn, None, &value).unwrap_err().reason, item.reason, "{value}");
        }
        assert_eq!(RefusedItem::parse("not_a_url").unwrap().example(Flow::SignIn), None);
    }

    #[test]
    fn it_is_described_in_a_few_words() {
        assert_eq!(described("foreign https://evil.com"), "https://evil.com (not allowed)");
        assert_eq!(described("not_a_url"), "Not a URL");
        assert_eq!(described("loop"), "A path (a page of the portal)");
        assert_eq!(described("something else"), "something else");
    }
}
