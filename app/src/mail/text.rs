//! The one template of all mails, as plain text and as simple HTML. Neither loads anything.

use std::fmt::Write;

use crate::redirects::is_invisible;

/// The longest text in a header, in characters.
const MAX_HEADER_CHARS: usize = 150;

/// The longest name of a stranger, in characters.
const MAX_NAME_CHARS: usize = 60;

/// A mail, ready to send. It holds secrets and personal data: not for logs.
#[derive(Clone)]
pub struct Message {
    /// Whom it is for.
    pub recipient: String,
    /// Whom it is from, as people read it.
    pub sender_name: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub plain: String,
    /// The same as HTML.
    pub html: String,
    /// Codes and tokens in it. A mail server's answer that repeats one is not stored with it.
    pub secrets: Vec<String>,
}

/// What a mail says.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// Whom it is from: the instance's name, or the dashboard's.
    pub(super) from: String,
    /// The subject.
    pub(super) subject: String,
    /// What comes first.
    pub(super) lead: String,
    /// What its link is called, and its address.
    pub(super) link: Option<(&'static str, String)>,
    /// A code that can be typed in place of following the link.
    pub(super) code: Option<String>,
    /// What follows.
    pub(super) rest: Vec<String>,
}

/// A text in one line, as a header needs it: others choose names, and a line break there would begin another header.
pub fn one_line(text: &str) -> String {
    cut(without_breaks(text), MAX_HEADER_CHARS)
}

/// A name that a stranger chose, in a sentence: it must not take the sentence's place.
pub(super) fn short_name(name: &str) -> String {
    cut(without_breaks(name), MAX_NAME_CHARS)
}

fn without_breaks(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(line: String, max: usize) -> String {
    if line.chars().count() <= max { line } else { line.chars().take(max - 1).chain(['…']).collect() }
}

impl Text {
    /// The mail for that address.
    pub(super) fn message(&self, recipient: &str, secrets: Vec<String>) -> Message {
        Message {
            recipient: recipient.to_owned(),
            sender_name: one_line(&self.from),
            subject: one_line(&self.subject),
            plain: self.plain(),
            html: self.html(),
            secrets,
        }
    }

    fn plain(&self) -> String {
        let link = self.link.as_ref().map(|(label, url)| format!("{label}:\n{url}"));
        let code = self.code.as_ref().map(|code| format!("Or enter this code: {code}"));
        let parts =
            [Some(without_breaks(&self.lead)), link, code].into_iter().flatten().chain(self.rest.iter().map(|text| without_breaks(text)));
        format!("{}\n\n-- \n{}\n", parts.collect::<Vec<_>>().join("\n\n"), one_line(&self.from))
    }

    fn html(&self) -> String {
        let (from, subject) = (escaped(&one_line(&self.from)), escaped(&one_line(&self.subject)));
        let mut body = format!("<h1 style=\"font-size:20px\">{from}</h1>\n");
        let paragraph = |body: &mut String, content: &str| {
            // Writing to a string can't fail.
            let _ = writeln!(body, "<p>{content}</p>");
        };
        paragraph(&mut body, &escaped(&without_breaks(&self.lead)));
        if let Some((label, url)) = &self.link {
            paragraph(&mut body, &format!("<a href=\"{}\">{label}</a>", escaped(url)));
        }
        if let Some(code) = &self.code {
            paragraph(&mut body, &format!("Or enter this code: <strong>{}</strong>", escaped(code)));
        }
        for text in &self.rest {
            paragraph(&mut body, &escaped(&without_breaks(text)));
        }
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{subject}</title></head>\n\
             <body style=\"font-family:sans-serif;font-size:16px;line-height:1.5;max-width:36em\">\n{body}</body>\n</html>\n"
        )
    }
}

/// A text for HTML, also inside an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_one_line_and_are_cut() {
        assert_eq!(one_line("MyApp\r\nBcc: eve@evil.test\r\n\r\nHello"), "MyApp Bcc: eve@evil.test Hello");
        assert_eq!(one_line("a\u{2028}b\u{85}c\u{202e}d\0e\u{b}f"), "a b c d e f");
        let long = one_line(&"ü".repeat(10_000));
        assert_eq!((long.chars().count(), long.ends_with("ü…")), (150, true));
        let name = short_name(&"Click https://evil.test now ".repeat(10));
        assert_eq!((name.chars().count(), name.ends_with('…')), (60, true));
    }

    #[test]
    fn what_a_mail_says_is_never_cut() {
        let (lead, url) = ("a ".repeat(200) + "lead.", format!("https://accounts.myapp.com/forgot-password?{}end", "a".repeat(1_000)));
        let text = Text { subject: "s".into(), lead: lead.clone(), rest: vec![format!("Choose a new password: {url}")], ..Text::default() };
        let message = text.message("ana@myapp.com", Vec::new());
        for body in [message.plain, message.html] {
            assert!(body.contains(&lead) && body.contains(&url), "{body}");
        }
    }

    #[test]
    fn a_name_is_text_in_html() {
        let text = Text {
            from: "<img src=//evil.test>\"'&".into(),
            subject: "</title><script>".into(),
            lead: "<b>".into(),
            link: Some(("Open", "https://myapp.com/?a=\"><script>&b='".into())),
            code: Some("<i>".into()),
            rest: vec!["<u>".into()],
        };
        let html = text.message("ana@myapp.com", Vec::new()).html;
        for hostile in ["<img", "<script", "<b>", "<i>", "<u>", "?a=\""] {
            assert!(!html.contains(hostile), "{hostile}: {html}");
        }
        assert!(html.contains("&lt;img src=//evil.test&gt;&quot;&#39;&amp;"), "{html}");
        for remote in [" src=", "<link", "url(", "<iframe"] {
            assert!(!html.replace("&lt;img src=//evil.test", "").contains(remote), "{remote}: {html}");
        }
    }
}
