//! Refused redirects as a file for a spreadsheet.

use super::refused::RefusedRow;
use crate::ui::{spreadsheet, text::timestamp};

/// The columns of the file.
const COLUMNS: [&str; 8] = ["refused", "reason", "is_others", "visits", "flows", "first_seen", "last_seen", "ended_at"];

/// The whole file.
pub fn write(rows: &[RefusedRow]) -> Vec<u8> {
    let cells = |row: &RefusedRow| {
        let time = |at: Option<_>| at.map(timestamp).unwrap_or_default();
        let flows: Vec<_> = row.flows.iter().map(|(flow, visits)| format!("{flow} {visits}")).collect();
        let ended: Vec<_> = row.ended.iter().map(|(by, visits)| format!("{} {visits}", by.label())).collect();
        [
            row.item.name.clone(),
            row.item.reason.name().to_owned(),
            if row.is_others { "yes" } else { "no" }.to_owned(),
            row.visits.to_string(),
            flows.join(", "),
            time(row.first_seen),
            time(row.last_seen),
            ended.join(", "),
        ]
    };
    [spreadsheet::head(&COLUMNS), spreadsheet::rows(rows.iter().map(cells))].concat()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{
        insight::activity::refused::{CountedRefusal, RefusedCount, fold},
        redirects::{Flow, Source},
    };

    #[test]
    fn a_row_says_what_was_refused_where_and_when_and_no_cell_is_a_formula() {
        let seen = datetime!(2026-11-26 12:30 UTC);
        let counted = |flow, source, visits| Some(CountedRefusal { flow, source, visits, first_seen: seen, last_seen: seen });
        let count = |text: &str, counted| RefusedCount { text: text.into(), is_others: false, counted };
        let rows = fold(vec![
            count("foreign https://evil.com", counted(Flow::SignIn, Source::Fallback, 5)),
            count("foreign https://evil.com", counted(Flow::SignUp, Source::HomeUrl, 2)),
            count("scheme =cmd:", counted(Flow::Logo, Source::HomeUrl, 1)),
        ]);
        let file = String::from_utf8(write(&rows)).unwrap();
        let lines: Vec<_> = file.trim_start_matches('\u{feff}').split("\r\n").collect();
        assert_eq!(lines[0], r#""refused","reason","is_others","visits","flows","first_seen","last_seen","ended_at""#);
        assert_eq!(
            lines[1],
            r#""https://evil.com","foreign","no",7,"sign-in 5, sign-up 2","2026-11-26T12:30:00Z","2026-11-26T12:30:00Z","Stored fallback 5, Home URL 2""#
        );
        assert!(lines[2].starts_with("\"'=cmd:\""), "{}", lines[2]);
    }
}
