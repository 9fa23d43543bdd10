//! Parses one input line: a JSON object, whose texts are borrowed from the line where possible.

use std::{borrow::Cow, cell::Cell, fmt};

use app::redirects::Flow;
use serde::{
    Deserialize, Deserializer as _,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::error::Category;

use super::{line_error::LineError, line_key::LineKey};

/// A text, borrowed from the line unless it contains JSON escapes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// A parsed line. `null` means the same as a missing key.
#[derive(Clone, Debug, Default)]
pub(super) struct Line<'a> {
    texts: [Option<Text<'a>>; LineKey::AllowedOrigins as usize],
    pub(super) allowed_origins: Option<Vec<Text<'a>>>,
    pub(super) fallbacks: Option<Fallbacks<'a>>,
}

impl<'a> Line<'a> {
    /// Parses a line without its line break.
    ///
    /// # Errors
    /// The line is not UTF-8, not JSON or not an object, or it has an unknown key or a value of the wrong type.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, LineError> {
        if bytes.iter().all(|byte| b" \t\r".contains(byte)) {
            return Err(LineError::Blank);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| LineError::NotUtf8(error.valid_up_to() + 1))?;
        let current = Cell::new(None);
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_map(Entries(&current)).and_then(|line| json.end().map(|()| line)).map_err(|error| {
            let position = format!(" at line {} column {}", error.line(), error.column());
            let message = error.to_string();
            let message = message.strip_suffix(&position).unwrap_or(&message);
            match (error.classify(), current.get()) {
                (Category::Data, Some(key)) => LineError::Value(key, message.to_owned()),
                (Category::Data, None) => LineError::Object(message.to_owned()),
                _ => LineError::NotJson(format!("{message} at column {}", error.column())),
            }
        })
    }

    /// The text of a key; always `None` for `allowed_origins` and `fallbacks`.
    pub(super) fn text(&self, key: LineKey) -> Option<&str> {
        self.texts.get(key as usize)?.as_ref().map(|text| &*text.0)
    }

    /// Sets the text of a key; ignores `allowed_origins` and `fallbacks`.
    pub(super) fn set(&mut self, key: LineKey, text: Option<Text<'a>>) {
        if let Some(place) = self.texts.get_mut(key as usize) {
            *place = text;
        }
    }

    /// Whether the line has this key.
    pub(super) fn has(&self, key: LineKey) -> bool {
        match key {
            LineKey::AllowedOrigins => self.allowed_origins.is_some(),
            LineKey::Fallbacks => self.fallbacks.is_some(),
            key => self.text(key).is_some(),
        }
    }

    /// The first key that a link would replace: the flow or a redirect parameter.
    pub(super) fn visit_key(&self) -> Option<LineKey> {
        std::iter::once(LineKey::Flow).chain(LineKey::REDIRECTS).find(|key| self.has(*key))
    }
}

/// Reads the entries of a line. The cell holds the key whose value is being read.
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
                return Err(A::Error::custom(format_args!("duplicate key {key}")));
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

/// Fallback redirects in the order of the line, each flow at most once.
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
        let mut fallbacks = Vec::new();
        while let Some((name, url)) = map.next_entry::<Text<'de>, Option<Text<'de>>>()? {
            let flow: Flow = name.0.parse().map_err(A::Error::custom)?;
            if fallbacks.iter().any(|(other, _)| *other == flow) {
                return Err(A::Error::custom(format_args!("duplicate flow {flow}")));
            }
            fallbacks.extend(url.map(|url| (flow, url)));
        }
        Ok(Fallbacks(fallbacks))
    }
}
