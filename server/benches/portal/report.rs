//! The figures of the portal and their goals, for `.ci/bench-report.mjs`, which puts them into the report with all others.

use std::{fs, path::Path};

use anyhow::Context;
use serde::Serialize;

/// The limit for a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    /// At least this value.
    AtLeast(f64),
    /// At most this value.
    AtMost(f64),
}

/// A measured value with its name.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    limit: Option<Limit>,
}

/// All figures, in sections.
#[derive(Debug, Default)]
pub(crate) struct Report {
    sections: Vec<Section>,
}

#[derive(Debug, Serialize)]
struct Section {
    title: String,
    figures: Vec<Figure>,
    notes: Vec<String>,
    /// Why the rest of it was not measured.
    failure: Option<String>,
}

impl Report {
    /// Starts a section.
    pub(crate) fn section(&mut self, title: &str) {
        println!("portal: {title}");
        self.sections.push(Section { title: title.to_owned(), figures: Vec::new(), notes: Vec::new(), failure: None });
    }

    /// Adds a figure without a limit.
    pub(crate) fn info(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.push(Figure { name: name.into(), value, unit, limit: None });
    }

    /// Adds a figure with a limit.
    pub(crate) fn check(&mut self, name: impl Into<String>, value: f64, unit: &'static str, limit: Limit) {
        self.push(Figure { name: name.into(), value, unit, limit: Some(limit) });
    }

    /// Adds a note to the current section.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        if let Some(section) = self.sections.last_mut() {
            section.notes.push(text.into());
        }
    }

    /// Ends the current section with an error. It counts as a missed goal.
    pub(crate) fn fail(&mut self, error: &anyhow::Error) {
        println!("portal:   not measured: {error:#}");
        if let Some(section) = self.sections.last_mut() {
            section.failure = Some(format!("{error:#}"));
        }
    }

    fn push(&mut self, figure: Figure) {
        println!("portal:   {}", figure.line());
        if let Some(section) = self.sections.last_mut() {
            section.figures.push(figure);
        }
    }

    /// Writes `bench/portal.json` into the target directory, and returns what missed its goal.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn write(&self) -> anyhow::Result<Vec<String>> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().context("the target directory")?.join("bench");
        fs::create_dir_all(&directory)?;
        fs::write(directory.join("portal.json"), serde_json::to_string_pretty(&self.sections)?)?;
        let figures = self.sections.iter().flat_map(|section| &section.figures);
        let missed = figures.filter(|figure| !figure.is_met()).map(Figure::line);
        let failed = self.sections.iter().filter_map(|section| Some(format!("{}: {}", section.title, section.failure.as_ref()?)));
        Ok(missed.chain(failed).collect())
    }
}

impl Figure {
    fn is_met(&self) -> bool {
        match self.limit {
            None => true,
            Some(Limit::AtLeast(least)) => self.value >= least,
            Some(Limit::AtMost(most)) => self.value <= most,
        }
    }

    fn bound(&self) -> String {
        match self.limit {
            None => String::new(),
            Some(Limit::AtLeast(least)) => format!("≥ {}", number(least)),
            Some(Limit::AtMost(most)) => format!("≤ {}", number(most)),
        }
    }

    fn line(&self) -> String {
        let limit = self.limit.map(|_| format!(" (goal: {})", self.bound())).unwrap_or_default();
        format!("{}: {} {}{limit}", self.name, number(self.value), self.unit)
    }
}

/// Formats a number with thousands separators, and with two decimal places if it is small.
fn number(value: f64) -> String {
    let places = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 2 };
    let text = format!("{value:.places$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &rest
}

/// The median of the values; NaN if there are none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value that this share of the values does not exceed; NaN if there are none.
pub(crate) fn quantile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index into a short list")]
    let place = (values.len() as f64 * share).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
