//! One line of input: an object of values by their keys, borrowed wherever JSON has them as they are.

use std::{borrow::Cow, cell::Cell, fmt};

use app::redirects::Flow;
use serde::{
    Deserialize, Deserializer as _,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::error::Category;

use super::{line_error::LineError, line_key::LineKey};

/// A text, borrowed from the line unless JSON escapes something in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// What a line says. `null` is the same as a missing key.
#[derive(Clone, Debug, Default)]
pub(super) struct Line<'a> {
    texts: [Option<Text<'a>>; LineKey::AllowedOrigins as usize],
    pub(super) allowed_origins: Option<Vec<Text<'a>>>,
    pub(super) fallbacks: Option<Fallbacks<'a>>,
}

impl<'a> Line<'a> {
    /// Reads a line without its end.
    ///
    /// # Errors
    /// It is not UTF-8, not JSON, no object, or has a key or a value that it can't have.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, LineError> {
        if bytes.iter().all(|byte| b" \t\r".contains(byte)) {
            return Err(LineError::Blank);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| LineError::NotUtf8(error.valid_up_to() + 1))?;
        let at = Cell::new(None);
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_map(Entries(&at)).and_then(|line| json.end().map(|()| line)).map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let said = error.to_string();
            let said = said.strip_suffix(&place).unwrap_or(&said);
            match (error.classify(), at.get()) {
                (Category::Data, Some(key)) => LineError::Value(key, said.to_owned()),
                (Category::Data, None) => LineError::Object(said.to_owned()),
                _ => LineError::NotJson(format!("{said} at column {}", error.column())),
            }
        })
    }

    /// The text of that key; for `allowed_origins` and `fallbacks` there is none.
    pub(super) fn text(&self, key: LineKey) -> Option<&str> {
        self.texts.get(key as usize)?.as_ref().map(|text| &*text.0)
    }

    /// Puts a text in place.
    pub(super) fn set(&mut self, key: LineKey, text: Option<Text<'a>>) {
        if let Some(place) = self.texts.get_mut(key as usize) {
            *place = text;
        }
    }

    /// Whether it says something for that key.
    pub(super) fn has(&self, key: LineKey) -> bool {
        match key {
            LineKey::AllowedOrigins => self.allowed_origins.is_some(),
            LineKey::Fallbacks => self.fallbacks.is_some(),
            key => self.text(key).is_some(),
        }
    }

    /// The flow or the redirect parameter that it names itself, without a link; the first of several.
    pub(super) fn way(&self) -> Option<LineKey> {
        std::iter::once(LineKey::Flow).chain(LineKey::REDIRECTS).find(|key| self.has(*key))
    }
}

/// Reads a line's entries; the cell holds the key whose value is being read.
struct Entries<'k>(&'k Cell<Option<LineKey>>);

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let mut line = Line::default();
        let mut seen = [false; LineKey::NAMES.len()];
        while let Some(key) = map.next_key::<LineKey>()? {
            if std::mem::replace(&mut seen[key as usize], true) {
                return Err(A::Error::custom(format_args!("{key} is there twice")));
            }
            self.0.set(Some(key));
            match key {
                LineKey::AllowedOrigins => line.allowed_origins = map.next_value()?,
                LineKey::Fallbacks => line.fallbacks = map.next_value()?,
                key => line.set(key, map.next_value()?),
            }
            self.0.set(None);
        }
        Ok(line)
    }
}

/// Fallback redirects as they are given: each flow once, in the order of the line.
#[derive(Clone, Debug, Default)]
pub(super) struct Fallbacks<'a>(pub(super) Vec<(Flow, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fallbacks<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FallbackEntries)
    }
}

struct FallbackEntries;

impl<'de> Visitor<'de> for FallbackEntries {
    type Value = Fallbacks<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of URLs by flow")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fallbacks<'de>, A::Error> {
        let mut given = Vec::new();
        while let Some((name, url)) = map.next_entry::<Text<'de>, Option<Text<'de>>>()? {
            let flow: Flow = name.0.parse().map_err(A::Error::custom)?;
            if given.iter().any(|(other, _)| *other == flow) {
                return Err(A::Error::custom(format_args!("{flow} is there twice")));
            }
            given.extend(url.map(|url| (flow, url)));
        }
        Ok(Fallbacks(given))
    }
}
