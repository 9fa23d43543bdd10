//! The templates around the settings in an application's files, and the syntax of a setting.

use super::quote;

/// A line among the settings.
#[derive(Clone, Debug)]
pub(super) enum SnippetLine {
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

/// The syntax of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `NAME="…"`
    Env,
    /// `name="…"`, as in JSX
    Attributes,
    /// `name="…"` in a Vue template, where comments must be before the tag
    VueAttributes,
    /// `name={"…"}` in an Astro template, where comments must be before the tag
    AstroAttributes,
    /// `name: "…",`
    Properties,
}

/// A file, or a part of one, with a place for the settings.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The text before the comments that are before the tag.
    pub(super) head: String,
    /// The text between those comments and the settings.
    pub(super) open: &'static str,
    pub(super) syntax: Syntax,
    /// The indentation of the settings, in spaces.
    pub(super) indent: usize,
    pub(super) tail: &'static str,
}

impl Template {
    /// The filled template, without a line break at its end.
    pub(super) fn fill(&self, lines: &[SnippetLine]) -> String {
        let (mut before, mut inside) = (String::new(), String::new());
        for line in lines {
            let (to, indent) = match (line, self.syntax) {
                (SnippetLine::Comment(_), Syntax::VueAttributes | Syntax::AstroAttributes) => (&mut before, self.indent - 2),
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
    fn write(self, line: &SnippetLine) -> Vec<String> {
        let (off, name, url) = match line {
            SnippetLine::Blank => return vec![String::new()],
            SnippetLine::Comment(text) => return vec![self.comment(text)],
            SnippetLine::Set { name, url } => (false, name, url),
            SnippetLine::Off { name, url } => (true, name, url),
        };
        let setting = self.setting(name, url);
        let setting = if off { self.comment(&setting) } else { setting };
        let changed = self == Self::Env && quote::env_safe(url) != url.as_str();
        changed
            .then(|| self.comment("Partly percent-encoded: a .env file can't contain it as it is"))
            .into_iter()
            .chain([setting])
            .collect()
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
            Self::Env => format!("{name}={}", quote::env(&quote::env_safe(url))),
            Self::Attributes | Self::VueAttributes => format!("{name}={}", quote::attribute(url)),
            Self::AstroAttributes => format!("{name}={{{}}}", quote::script(url)),
            Self::Properties => format!("{name}: {},", quote::script(url)),
        }
    }
}
