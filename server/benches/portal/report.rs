//! What has been measured and what was wanted, for people (Markdown) and for the picture (JSON).

use std::{fmt::Write, fs, path::Path};

use anyhow::Context;
use serde::Serialize;

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// One number with its name.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    wanted: Option<Wanted>,
}

/// Everything measured, in chapters.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figures {
    chapters: Vec<Chapter>,
}

#[derive(Debug, Serialize)]
struct Chapter {
    title: String,
    figures: Vec<Figure>,
    notes: Vec<String>,
}

impl Figures {
    /// Begins a chapter.
    pub(crate) fn chapter(&mut self, title: &str) {
        println!("portal: {title}");
        self.chapters.push(Chapter { title: title.to_owned(), figures: Vec::new(), notes: Vec::new() });
    }

    /// A number that is only told.
    pub(crate) fn tell(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.push(Figure { name: name.into(), value, unit, wanted: None });
    }

    /// A number that should be so.
    pub(crate) fn want(&mut self, name: impl Into<String>, value: f64, unit: &'static str, wanted: Wanted) {
        self.push(Figure { name: name.into(), value, unit, wanted: Some(wanted) });
    }

    /// A text that belongs to the chapter, as it is.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        if let Some(chapter) = self.chapters.last_mut() {
            chapter.notes.push(text.into());
        }
    }

    fn push(&mut self, figure: Figure) {
        println!("portal:   {}", figure.line());
        if let Some(chapter) = self.chapters.last_mut() {
            chapter.figures.push(figure);
        }
    }

    /// Writes the report beside the build, and answers the figures that are not as they should be.
    pub(crate) fn write(&self) -> anyhow::Result<Vec<String>> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().context("the target folder")?.join("bench");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("report.json"), serde_json::to_string_pretty(self)?)?;
        fs::write(folder.join("report.md"), self.markdown()?)?;
        println!("portal: the report is {}", folder.join("report.md").display());
        let figures = self.chapters.iter().flat_map(|chapter| &chapter.figures);
        Ok(figures.filter(|figure| !figure.is_met()).map(Figure::line).collect())
    }

    fn markdown(&self) -> anyhow::Result<String> {
        let mut text = "# The portal's figures\n\nOne run on one machine; ratios are medians of rounds that alternate.\n".to_owned();
        for chapter in &self.chapters {
            write!(text, "\n## {}\n\n| | measured | wanted | |\n|---|---:|---:|---|\n", chapter.title)?;
            for figure in &chapter.figures {
                let (wanted, met) = match figure.wanted {
                    None => (String::new(), ""),
                    Some(_) if figure.is_met() => (figure.bound(), "met"),
                    Some(_) => (figure.bound(), "**missed**"),
                };
                writeln!(text, "| {} | {} {} | {wanted} | {met} |", figure.name, number(figure.value), figure.unit)?;
            }
            for note in &chapter.notes {
                write!(text, "\n{note}\n")?;
            }
        }
        Ok(text)
    }
}

impl Figure {
    fn is_met(&self) -> bool {
        match self.wanted {
            None => true,
            Some(Wanted::AtLeast(least)) => self.value >= least,
            Some(Wanted::AtMost(most)) => self.value <= most,
        }
    }

    fn bound(&self) -> String {
        match self.wanted {
            None => String::new(),
            Some(Wanted::AtLeast(least)) => format!("≥ {}", number(least)),
            Some(Wanted::AtMost(most)) => format!("≤ {}", number(most)),
        }
    }

    fn line(&self) -> String {
        let wanted = self.wanted.map(|_| format!(" (wanted: {})", self.bound())).unwrap_or_default();
        format!("{}: {} {}{wanted}", self.name, number(self.value), self.unit)
    }
}

/// A number as people read it: with thousands apart, and as many places as mean something.
fn number(value: f64) -> String {
    let places = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 2 };
    let text = format!("{value:.places$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut apart = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart + &rest
}

/// The middle of these; of none, nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    part(values, 0.5)
}

/// The value that so large a part of these is not above.
pub(crate) fn part(values: impl IntoIterator<Item = f64>, part: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "the place in a short list")]
    let place = (values.len() as f64 * part).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
