//! A page's HTML with holes: what is the same for every visit is rendered once, and a visit's texts are filled in.

use app::portal::view::Inlined;
use html_escape::encode_double_quoted_attribute_to_string as escape;

/// The characters that mark the holes when the page is rendered. They are no characters (Unicode, chapter 23.7), so no text needs them.
const MARKS: [char; 16] = [
    '\u{fdd0}', '\u{fdd1}', '\u{fdd2}', '\u{fdd3}', '\u{fdd4}', '\u{fdd5}', '\u{fdd6}', '\u{fdd7}', '\u{fdd8}', '\u{fdd9}', '\u{fdda}',
    '\u{fddb}', '\u{fddc}', '\u{fddd}', '\u{fdde}', '\u{fddf}',
];

/// The text that marks a hole.
pub(super) fn mark(hole: usize) -> String {
    MARKS.get(hole).map(char::to_string).unwrap_or_default()
}

/// Whether a text of the page itself would be taken for a hole.
pub(super) fn has_mark(text: &str) -> bool {
    text.contains(MARKS)
}

/// A page with holes.
#[derive(Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
    /// How many bytes it has without what is filled in.
    bytes: usize,
}

#[derive(Debug)]
enum Part {
    Text(Box<str>),
    /// Most of a page, and the same in all of them.
    Inlined(&'static Inlined),
    Hole(usize),
}

impl Template {
    /// Cuts a page that was rendered with [marks](mark).
    pub(super) fn cut(html: &str, inlined: &[&'static Inlined]) -> Self {
        let mut parts = vec![Part::Text(html.into())];
        for inlined in inlined {
            parts = parts.into_iter().flat_map(|part| cut_at(part, inlined.text(), || Part::Inlined(inlined))).collect();
        }
        for (hole, mark) in MARKS.into_iter().enumerate() {
            let mut bytes = [0; 4];
            let mark: &str = mark.encode_utf8(&mut bytes);
            parts = parts.into_iter().flat_map(|part| cut_at(part, mark, || Part::Hole(hole))).collect();
        }
        Self { bytes: parts.iter().map(Part::bytes).sum(), parts }
    }

    /// The page with these texts in its holes, which are all in attributes, or hold text that needs no escaping.
    pub(super) fn fill(&self, values: &[&str]) -> String {
        // Escaped, and some of them several times, they take more than they are long.
        let filled: usize = values.iter().map(|value| value.len() * 4).sum();
        let mut html = String::with_capacity(self.bytes + filled);
        for part in &self.parts {
            match part {
                Part::Text(text) => html.push_str(text),
                Part::Inlined(inlined) => html.push_str(inlined.text()),
                Part::Hole(hole) => {
                    escape(values.get(*hole).copied().unwrap_or_default(), &mut html);
                }
            }
        }
        html
    }

    /// How much memory it takes, about.
    pub(super) fn memory_size(&self) -> usize {
        let own = self.parts.iter().filter(|part| !matches!(part, Part::Inlined(_)));
        size_of::<Self>() + self.parts.len() * (size_of::<Part>() + 16) + own.map(Part::bytes).sum::<usize>()
    }
}

impl Part {
    /// How many bytes it has before anything is filled in.
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Inlined(inlined) => inlined.text().len(),
            Self::Hole(_) => 0,
        }
    }
}

fn cut_at(part: Part, at: &str, between: impl Fn() -> Part) -> Vec<Part> {
    let Part::Text(text) = &part else { return vec![part] };
    if at.is_empty() || !text.contains(at) {
        return vec![part];
    }
    let mut parts = Vec::new();
    for (place, text) in text.split(at).enumerate() {
        if place > 0 {
            parts.push(between());
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.into()));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use app::portal::view::STYLE;

    use super::*;

    #[test]
    fn a_template_is_the_page_with_other_texts_in_its_holes() {
        let page = |one: &str, two: &str| format!("<a href=\"{one}\">{one}</a><style>{}</style><b title=\"{two}\">{one}", STYLE.text());
        let template = Template::cut(&page(&mark(0), &mark(1)), &[&STYLE]);
        assert!(template.memory_size() < STYLE.text().len());
        assert_eq!(template.fill(&["/x", ""]), page("/x", ""));
        assert_eq!(template.fill(&["/x", "a\"b<&>'"]), page("/x", "a&quot;b&lt;&amp;&gt;'"));
        assert!(has_mark(&format!("a{}b", mark(7))) && !has_mark("a\u{fdcf}b"));
    }
}
