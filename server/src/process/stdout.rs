//! Lines on standard output for the person who started the server, whatever the log filter.

use std::io::IsTerminal;

use app::ui::text::timestamp;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::config::LogFormat;

/// What `serve` announces: a sentence that ends with a URL.
#[derive(Debug)]
pub(crate) struct Announcement<'a> {
    /// The sentence up to the URL.
    pub(crate) text: &'a str,
    pub(crate) url: &'a str,
    /// Until when the URL works, if it is a secret that works once.
    pub(crate) secret_until: Option<OffsetDateTime>,
}

/// Prints a line on standard output.
#[expect(clippy::print_stdout, reason = "the person at the terminal waits for it")]
pub(crate) fn print_line(text: &str) {
    println!("{text}");
}

/// Announces something, as one line of JSON or as text. Output that is not a terminal may be kept, and a secret with it: then a note says
/// so.
pub(crate) fn announce(format: LogFormat, announcement: &Announcement<'_>) {
    for line in lines(format, announcement, OffsetDateTime::now_utc(), !std::io::stdout().is_terminal()) {
        print_line(&line);
    }
}

fn lines(format: LogFormat, announcement: &Announcement<'_>, now: OffsetDateTime, is_kept: bool) -> Vec<String> {
    let Announcement { text, url, secret_until } = announcement;
    let sentence = format!("{text} {url}");
    let note = secret_until.filter(|_| is_kept).map(|until| {
        format!(
            "Anyone who can read this output, or a log that keeps it, can use the link until {}, or until there is an admin. To end it \
             sooner, use it. Restart the server for a new one.",
            timestamp(until)
        )
    });
    if format == LogFormat::Pretty {
        return std::iter::once(sentence).chain(note).collect();
    }
    let mut line = json!({
        "timestamp": now.format(&Rfc3339).unwrap_or_default(),
        "level": "INFO",
        "message": sentence,
        "url": url,
    });
    if let Some(until) = secret_until {
        line["expires_at"] = until.format(&Rfc3339).unwrap_or_default().into();
    }
    if let Some(note) = note {
        line["note"] = note.into();
    }
    vec![line.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn text_stays_text_and_json_is_one_object_a_line() {
        let ready = Announcement { text: "It is ready:", url: "http://127.0.0.1:1", secret_until: None };
        assert_eq!(lines(LogFormat::Pretty, &ready, NOW, true), ["It is ready: http://127.0.0.1:1"]);
        let json = lines(LogFormat::Json, &ready, NOW, true);
        let expected = json!({
            "timestamp": "1970-01-01T00:00:00Z", "level": "INFO", "message": "It is ready: http://127.0.0.1:1", "url": "http://127.0.0.1:1"
        });
        assert_eq!(json.iter().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>(), [expected]);
    }

    #[test]
    fn a_secret_comes_with_its_end_and_a_note_where_the_output_is_kept() {
        let link = Announcement { text: "Open", url: "http://127.0.0.1:1/x?token=a", secret_until: Some(NOW) };
        assert_eq!(lines(LogFormat::Pretty, &link, NOW, false), ["Open http://127.0.0.1:1/x?token=a"]);
        let kept = lines(LogFormat::Pretty, &link, NOW, true);
        assert!(kept.len() == 2 && kept[1].contains("can use the link until"), "{kept:?}");
        let json: serde_json::Value = serde_json::from_str(&lines(LogFormat::Json, &link, NOW, true)[0]).unwrap();
        assert_eq!(json["expires_at"], "1970-01-01T00:00:00Z");
        assert!(json["note"].as_str().unwrap().contains("log that keeps it"));
    }
}
