//! The filter of a history: by person, field and time. A query string in the page's address holds its state.

use std::ops::RangeInclusive;

use time::{Date, OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};
use url::form_urlencoded;

use super::fields::fields;
use crate::ui::form::FieldError;

/// How forms write a date.
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// The maximum length of a person's name, in bytes: the limit of an email address (RFC 5321).
const MAX_PERSON_BYTES: usize = 254;

/// The filter form, with every field as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Part of the name of the person who made the change, or of the person it is about.
    pub person: String,
    /// The name of a form field that changed.
    pub field: String,
    /// The first day, in UTC.
    pub from: String,
    /// The last day, in UTC.
    pub to: String,
    /// Only changes older than the change with this key: the position of the next page.
    pub before: Option<i64>,
}

/// A valid filter, as the database is queried with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Part of the name of the person who made the change, or of the person it is about.
    pub person: Option<String>,
    /// The name of a field that changed.
    pub field: Option<&'static str>,
    /// Only changes at or after this time.
    pub since: Option<OffsetDateTime>,
    /// Only changes before this time.
    pub until: Option<OffsetDateTime>,
    /// Only changes with a smaller key than this.
    pub before: Option<i64>,
    /// The keys between which the changes of that time are; `None` if nobody has asked for them yet.
    pub keys: Option<RangeInclusive<i64>>,
}

impl HistoryFilter {
    /// Reads a query string. Parameters that the form does not have are ignored.
    pub fn read(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "person" => filter.person = value.into_owned(),
                "field" => filter.field = value.into_owned(),
                "from" => filter.from = value.into_owned(),
                "to" => filter.to = value.into_owned(),
                "before" => filter.before = value.parse().ok(),
                _ => {}
            }
        }
        filter
    }

    /// The query string that [`HistoryFilter::read`] reads as this filter.
    pub fn write(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("person", &self.person), ("field", &self.field), ("from", &self.from), ("to", &self.to)] {
            if !value.trim().is_empty() {
                query.append_pair(name, value.trim());
            }
        }
        if let Some(before) = self.before {
            query.append_pair("before", &before.to_string());
        }
        query.finish()
    }

    /// The same filter at another position: from the newest change, or below the change with this key.
    #[must_use]
    pub fn from_before(&self, before: Option<i64>) -> Self {
        Self { before, ..self.clone() }
    }

    /// Whether the filter accepts every change.
    pub fn is_empty(&self) -> bool {
        [&self.person, &self.field, &self.from, &self.to].iter().all(|value| value.trim().is_empty())
    }

    /// Validates what was typed.
    ///
    /// # Errors
    /// Every invalid field, with one message each.
    pub fn check(&self) -> Result<Criteria, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut criteria = Criteria { before: self.before, ..Criteria::default() };
        let person = self.person.trim();
        if person.len() > MAX_PERSON_BYTES || person.contains(char::is_control) {
            errors.push(FieldError::new("person", "Type part of an email address, like ana@."));
        }
        criteria.person = Some(person.to_owned()).filter(|person| !person.is_empty());
        let field = self.field.trim();
        criteria.field = fields().find(|name| *name == field);
        if criteria.field.is_none() && !field.is_empty() {
            errors.push(FieldError::new("field", "Choose a field from the list."));
        }
        let mut day = |name: &str, typed: &str| match typed.trim() {
            "" => None,
            text => Date::parse(text, DAY)
                .ok()
                .filter(|day| day.year() > 0)
                .ok_or(())
                .map_err(|()| errors.push(FieldError::new(name, "Write the day like 2026-11-23.")))
                .ok(),
        };
        let (from, to) = (day("from", &self.from), day("to", &self.to));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            errors.push(FieldError::new("to", "The last day is before the first one. Choose a later one."));
        }
        let begin_of = |day: Date| day.midnight().assume_offset(UtcOffset::UTC);
        criteria.since = from.map(begin_of);
        criteria.until = to.and_then(Date::next_day).map(begin_of);
        if errors.is_empty() { Ok(criteria) } else { Err(errors) }
    }
}

/// Whether a text is empty or a date, so that a browser's date field can show it.
pub(super) fn is_day(typed: &str) -> bool {
    typed.is_empty() || Date::parse(typed, DAY).is_ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn wrong(query: &str) -> Vec<String> {
        HistoryFilter::read(query).check().unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_written_filter_is_read_as_the_same_filter() {
        let filter = HistoryFilter {
            person: "ana+x&y=ü@".into(),
            field: "after_sign_in_url".into(),
            from: "2026-11-01".into(),
            to: "2026-11-23".into(),
            before: Some(12),
        };
        assert_eq!(HistoryFilter::read(&filter.write()), filter);
        assert_eq!(HistoryFilter::default().write(), "");
        assert!(HistoryFilter::default().is_empty() && !filter.is_empty());
        assert_eq!(HistoryFilter::read("restored&before=x&other=1&&="), HistoryFilter::default());
    }

    #[test]
    fn a_day_lasts_from_midnight_to_midnight_in_utc() {
        let criteria = HistoryFilter::read("from=2026-11-20&to=+2026-11-23+").check().unwrap();
        assert_eq!((criteria.since, criteria.until), (Some(datetime!(2026-11-20 0:00 UTC)), Some(datetime!(2026-11-24 0:00 UTC))));
        let one = HistoryFilter::read("from=2026-02-28&to=2026-02-28").check().unwrap();
        assert_eq!((one.since, one.until), (Some(datetime!(2026-02-28 0:00 UTC)), Some(datetime!(2026-03-01 0:00 UTC))));
        assert_eq!(HistoryFilter::read("to=9999-12-31").check().unwrap().until, None);
    }

    #[test]
    fn each_invalid_field_has_an_error_and_keeps_what_was_typed() {
        for day in ["yesterday", "2026-02-30", "23.11.2026", "2026-11-23T10:00", "2026-1-1", "%00", "99999-01-01", "-0001-01-01x"] {
            assert_eq!(wrong(&format!("from={day}")), ["from"], "{day}");
            assert_eq!(wrong(&format!("to={day}&from=2026-01-01")), ["to"], "{day}");
        }
        assert_eq!(wrong("from=2026-11-23&to=2026-11-22"), ["to"]);
        assert_eq!(wrong(&format!("person={}&field=password&from=x&to=y", "a".repeat(300))), ["person", "field", "from", "to"]);
        assert_eq!(wrong("person=a%00b"), ["person"]);
        assert_eq!(HistoryFilter::read("from=yesterday").from, "yesterday");
    }

    #[test]
    fn blank_fields_accept_every_change() {
        let filter = HistoryFilter::read("person=+&field=&from=+&to=");
        assert_eq!(filter.check(), Ok(Criteria::default()));
        assert!(filter.is_empty());
        for field in fields() {
            assert_eq!(HistoryFilter { field: field.into(), ..filter.clone() }.check().unwrap().field, Some(field));
        }
    }
}
