//! The results as CSV: complete, quoted, and without formulas.

use proptest::prelude::*;

use super::*;
use crate::{
    bulk_check::{
        check::{CheckedLink, LinkOutcome},
        export::write,
    },
    redirects::Source,
};

fn checked(link: &str, reason: &str) -> CheckedLink {
    let target = Some(("https://myapp.com/".to_owned(), Source::HomeUrl));
    CheckedLink {
        line: 2,
        link: link.to_owned(),
        target,
        outcome: LinkOutcome::Refused,
        reason: reason.to_owned(),
        missing: None,
        note: String::new(),
        corrected: None,
    }
}

/// The cells as a spreadsheet reads them.
fn cells(links: &[CheckedLink]) -> Vec<Vec<String>> {
    let csv = write(links);
    let csv = csv.strip_prefix(b"\xEF\xBB\xBF").unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn each_row_is_a_line_of_quoted_cells() {
    let no_link = CheckedLink {
        line: 10_000,
        link: "ünï, \"x\"".into(),
        target: None,
        outcome: LinkOutcome::NoLink,
        reason: String::new(),
        missing: None,
        note: "Ignored: x.".into(),
        corrected: Some("https://b/".into()),
    };
    let expected = "\u{feff}\"line\",\"link\",\"target\",\"source\",\"verdict\",\"reason\",\"note\",\"corrected_link\"\r\n\
        2,\"https://a/\",\"https://myapp.com/\",\"home_url\",\"refused\",\"redirect_url: No.\",\"\",\"\"\r\n\
        10000,\"ünï, \"\"x\"\"\",\"\",\"\",\"no-link\",\"\",\"Ignored: x.\",\"https://b/\"\r\n";
    assert_eq!(String::from_utf8(write(&[checked("https://a/", "redirect_url: No."), no_link])).unwrap(), expected);
    assert_eq!(
        write(&[]),
        "\u{feff}\"line\",\"link\",\"target\",\"source\",\"verdict\",\"reason\",\"note\",\"corrected_link\"\r\n".as_bytes()
    );
}

#[test]
fn a_cell_that_could_be_a_formula_begins_with_an_apostrophe() {
    for text in [
        "=HYPERLINK(\"https://evil.com\")",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "  =1",
        "\"=1",
        "'=1",
        " \"' \t=1",
        "\u{feff}=1",
        "\u{a0}@x",
        "\u{1}=1",
        "＝1",
        "-5",
    ] {
        assert_eq!(cells(&[checked(text, text)])[1][1], format!("'{text}"), "{text:?}");
        assert_eq!(cells(&[checked(text, text)])[1][5], format!("'{text}"), "{text:?}");
    }
    for text in ["https://a/?b=-1", "a=1", "x@y", "", "1-1", "\"x", "'x"] {
        assert_eq!(cells(&[checked(text, "")])[1][1], text, "{text:?}");
    }
}

#[test]
fn a_cell_cannot_end_its_row_or_begin_another_cell() {
    let text = "x\",\"=1+1\"\r\n\"=2\n;=3\t=4";
    assert_eq!(cells(&[checked(text, "y")])[1..], [["2", text, "https://myapp.com/", "home_url", "refused", "y", "", ""]]);
}

#[test]
fn a_downloaded_file_can_be_checked_again() {
    let csv = write(&[checked("https://accounts.myapp.com/sign-in", "x"), checked("https://accounts.myapp.com/sign-up?a=1,2", "")]);
    assert_eq!(
        found(csv, "my-app-links.csv"),
        Ok(lines(&[(2, "https://accounts.myapp.com/sign-in"), (3, "https://accounts.myapp.com/sign-up?a=1,2")]))
    );
}

proptest! {
    #[test]
    fn no_text_leaves_its_cell_or_becomes_a_formula(link in any::<String>(), reason in any::<String>()) {
        let cells = cells(&[checked(&link, &reason)]);
        prop_assert_eq!(cells.len(), 2);
        for (cell, text) in [(&cells[1][1], &link), (&cells[1][5], &reason)] {
            prop_assert_eq!(cell.strip_prefix('\'').filter(|rest| rest == text).unwrap_or(cell), text);
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']));
        }
    }
}
