//! Writes a settings file, an instance at a time: however many there are, only one of them is in memory.

use std::io::{self, Write};

use super::super::InstanceSettings;
use crate::redirects::{Flow, default_home_url, default_portal_origin};

/// The format of a settings file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people, with comments.
    #[default]
    Yaml,
    /// For programs.
    Json,
}

/// Writes instances in the order in which they are given.
#[derive(Debug)]
pub struct Writer<W> {
    output: W,
    format: Format,
    is_empty: bool,
}

impl<W: Write> Writer<W> {
    /// Begins a file. `schema` is the URL of its JSON Schema.
    ///
    /// # Errors
    /// Writing fails.
    pub fn begin(mut output: W, format: Format, schema: &str) -> io::Result<Self> {
        match format {
            Format::Yaml => {
                writeln!(output, "# yaml-language-server: $schema={schema}")?;
                writeln!(output, "# A setting that is commented out has its default.")?;
                writeln!(output, "$schema: {}", scalar(schema))?;
                write!(output, "instances:")?;
            }
            Format::Json => write!(output, "{{\n  \"$schema\": {},\n  \"instances\": {{", quoted(schema))?,
        }
        Ok(Self { output, format, is_empty: true })
    }

    /// Writes an instance. `domain` is its domain in ASCII, which the defaults are made of.
    ///
    /// # Errors
    /// Writing fails.
    pub fn instance(&mut self, slug: &str, domain: &str, settings: &InstanceSettings) -> io::Result<()> {
        let is_first = std::mem::replace(&mut self.is_empty, false);
        match self.format {
            Format::Yaml => {
                if is_first {
                    writeln!(self.output)?;
                }
                self.yaml(slug, domain, settings)
            }
            Format::Json => {
                let value = serde_json::to_string_pretty(settings)?.replace('\n', "\n    ");
                write!(self.output, "{}\n    {}: {value}", if is_first { "" } else { "," }, quoted(slug))
            }
        }
    }

    fn yaml(&mut self, slug: &str, domain: &str, settings: &InstanceSettings) -> io::Result<()> {
        let out = &mut self.output;
        writeln!(out, "  {}:", scalar(slug))?;
        writeln!(out, "    name: {}", scalar(&settings.name))?;
        writeln!(out, "    environment: {}", settings.environment)?;
        writeln!(out, "    domain: {}", scalar(&settings.domain))?;
        let defaults = [default_portal_origin(domain), default_home_url(domain)];
        let values = [("portal_origin", &settings.portal_origin), ("home_url", &settings.home_url)];
        for ((name, value), default) in values.into_iter().zip(defaults) {
            match value {
                Some(value) => writeln!(out, "    {name}: {}", scalar(value))?,
                None => writeln!(out, "    # {name}: {}", scalar(&default))?,
            }
        }
        origins(out, "allowed_origins", &settings.allowed_origins)?;
        writeln!(out, "    redirects:")?;
        for flow in Flow::ALL {
            match settings.redirects.0.get(flow) {
                Some(value) => writeln!(out, "      {}: {}", flow.field(), scalar(value))?,
                None => writeln!(out, "      # {}: # the home URL", flow.field())?,
            }
        }
        writeln!(out, "    portal_enabled: {}", settings.portal_enabled)?;
        writeln!(out, "    visits_counted: {}", settings.visits_counted)?;
        origins(out, "application_origins", &settings.application_origins)?;
        writeln!(out, "    names_in_tokens: {}", settings.names_in_tokens)?;
        writeln!(out, "    requires_confirmed_email: {}", settings.requires_confirmed_email)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Writing fails.
    pub fn end(mut self) -> io::Result<()> {
        match (self.format, self.is_empty) {
            (Format::Yaml, true) => writeln!(self.output, " {{}}")?,
            (Format::Yaml, false) => {}
            (Format::Json, true) => writeln!(self.output, "}}\n}}")?,
            (Format::Json, false) => writeln!(self.output, "\n  }}\n}}")?,
        }
        self.output.flush()
    }
}

/// Writes a list of origins.
fn origins(out: &mut impl Write, name: &str, origins: &[String]) -> io::Result<()> {
    if origins.is_empty() {
        return writeln!(out, "    {name}: []");
    }
    writeln!(out, "    {name}:")?;
    origins.iter().try_for_each(|origin| writeln!(out, "      - {}", scalar(origin)))
}

/// Words that some YAML parser reads as something else than a text.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// A text as YAML: plain where every parser reads it as that text, else in quotes.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._~%?=&+@:*- ".contains(c);
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(is_plain)
        && !text.contains(": ")
        && !text.contains("  ")
        && !text.ends_with([':', ' '])
        && WORDS.iter().all(|word| !text.eq_ignore_ascii_case(word));
    if plain { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, for JSON as well as for YAML: what YAML calls not printable is escaped.
fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
            format!("\\u{:04x}", u32::from(c))
        }
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}
