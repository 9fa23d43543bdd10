//! What is around the settings in an application's file, and how a setting is written there.

use super::quote;

/// A line among the settings.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Blank,
    Comment(String),
    Set {
        name: String,
        url: String,
    },
    /// A setting that is commented out.
    Off {
        name: String,
        url: String,
    },
}

/// How settings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `NAME="…"`
    Env,
    /// `name="…"`, as in JSX
    Attributes,
    /// `name="…"` in a Vue template, where comments must stand before the tag
    VueAttributes,
    /// `name={"…"}` in an Astro template, where comments must stand before the tag
    AstroAttributes,
    /// `name: "…",`
    Properties,
}

/// A file, or a part of one, with a place for the settings.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// Up to the comments that stand before the tag.
    pub(super) head: String,
    /// Up to the settings.
    pub(super) open: &'static str,
    pub(super) syntax: Syntax,
    /// How far the settings are from the margin.
    pub(super) indent: usize,
    pub(super) tail: &'static str,
}

impl Template {
    /// The code, without a line break at its end.
    pub(super) fn fill(&self, lines: &[Line]) -> String {
        let (mut before, mut inside) = (String::new(), String::new());
        for line in lines {
            let (to, indent) = match (line, self.syntax) {
                (Line::Comment(_), Syntax::VueAttributes | Syntax::AstroAttributes) => (&mut before, self.indent - 2),
                _ => (&mut inside, self.indent),
            };
            for text in self.syntax.write(line) {
                if !text.is_empty() {
                    to.extend(std::iter::repeat_n(' ', indent));
                }
                to.extend([text.as_str(), "\n"]);
            }
        }
        format!("{}{before}{}{inside}{}", self.head, self.open, self.tail).trim_end().to_owned()
    }
}

impl Syntax {
    fn write(self, line: &Line) -> Vec<String> {
        let (off, name, url) = match line {
            Line::Blank => return vec![String::new()],
            Line::Comment(text) => return vec![self.comment(text)],
            Line::Set { name, url } => (false, name, url),
            Line::Off { name, url } => (true, name, url),
        };
        let setting = self.setting(name, url);
        let setting = if off { self.comment(&setting) } else { setting };
        let changed = self == Self::Env && quote::holdable(url) != url.as_str();
        changed.then(|| self.comment("Percent-encoded in part: a .env file can't hold it as it is")).into_iter().chain([setting]).collect()
    }

    fn comment(self, text: &str) -> String {
        match self {
            Self::Env => format!("# {text}"),
            Self::Attributes | Self::Properties => format!("// {text}"),
            Self::VueAttributes => format!("<!-- {text} -->"),
            Self::AstroAttributes => format!("{{/* {text} */}}"),
        }
    }

    fn setting(self, name: &str, url: &str) -> String {
        match self {
            Self::Env => format!("{name}={}", quote::env(&quote::holdable(url))),
            Self::Attributes | Self::VueAttributes => format!("{name}={}", quote::attribute(url)),
            Self::AstroAttributes => format!("{name}={{{}}}", quote::script(url)),
            Self::Properties => format!("{name}: {},", quote::script(url)),
        }
    }
}
