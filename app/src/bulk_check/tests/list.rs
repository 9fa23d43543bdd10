//! Text with a link on each line: line ends, encodings, limits.

use proptest::prelude::*;

use super::*;
use crate::bulk_check::list::{MAX_LINKS, MAX_LIST_BYTES, write};

#[test]
fn each_line_is_a_link_and_blank_lines_are_only_counted() {
    let expected = Ok(lines(&[(1, "https://a/"), (4, "no link"), (5, "https://b/?c=d e")]));
    for name in ["", "links.txt", "links", "csv"] {
        assert_eq!(found("https://a/\n\n \t\u{a0}\n  no link\nhttps://b/?c=d e  \n\n", name), expected, "{name}");
    }
}

#[test]
fn every_kind_of_line_end_and_a_byte_order_mark_are_the_same() {
    let expected = Ok(lines(&[(1, "a"), (3, "b"), (4, "c")]));
    for text in ["a\n\nb\nc", "a\r\n\r\nb\r\nc\r\n", "a\r\rb\rc", "\u{feff}a\n\nb\nc", "a\n\n\u{feff}b\nc"] {
        assert_eq!(found(text, ""), expected, "{text:?}");
        assert_eq!(found(text, "x.txt"), expected, "{text:?}");
    }
}

#[test]
fn an_empty_list_is_an_error() {
    for text in ["", "\n\r\n \t", "\u{feff}", "\u{feff}\n"] {
        for name in ["", "a.txt", "a.csv"] {
            assert_eq!(found(text, name), Err(ListError::Empty), "{text:?} {name}");
        }
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_an_error_with_their_line() {
    for name in ["a.txt", "a.csv"] {
        assert_eq!(found(b"link\nb\xFF\n", name), Err(ListError::NotUtf8(2)), "{name}");
        assert_eq!(found(b"\xEF\xBB\xBF\xC0\xAF", name), Err(ListError::NotUtf8(1)), "{name}");
        assert_eq!(found(b"link\r\n\r\nM\xFCller", name), Err(ListError::NotUtf8(3)), "{name}");
        assert_eq!(found(b"\xFF\xFEh\0t\0", name), Err(ListError::Utf16), "{name}");
        assert_eq!(found(b"\xFE\xFF\0h\0t", name), Err(ListError::Utf16), "{name}");
    }
}

#[test]
fn control_characters_stay_except_the_one_that_pages_cannot_carry() {
    assert_eq!(found("a\u{1}\u{7f}\u{85}b\u{202e}\nc\0d", ""), Ok(lines(&[(1, "a\u{1}\u{7f}\u{85}b\u{202e}"), (2, "c\u{fffd}d")])));
}

#[test]
fn ten_thousand_links_are_the_limit() {
    let most = "x\n\n".repeat(MAX_LINKS);
    for name in ["", "a.csv"] {
        let head = if name.is_empty() { "" } else { "link\n" };
        assert_eq!(read(format!("{head}{most}").as_bytes(), name).map(|lines| lines.len()), Ok(MAX_LINKS), "{name}");
        let error = read(format!("{head}{most}x\nx").as_bytes(), name).unwrap_err();
        assert_eq!(error, ListError::TooMany(MAX_LINKS + 2), "{name}");
        assert!(error.to_string().starts_with("10,002 links are too many: 10,000 are the limit"), "{error}");
    }
}

#[test]
fn two_mebibytes_are_the_limit_however_lines_end() {
    let line = format!("{}\n", "x".repeat(1023));
    let most = line.repeat(MAX_LIST_BYTES / line.len());
    assert_eq!(read(most.as_bytes(), "").map(|lines| lines.len()), Ok(2048));
    assert_eq!(read(most.replace('\n', "\r\n").as_bytes(), "").map(|lines| lines.len()), Ok(2048));
    assert_eq!(read(format!("{most}x").as_bytes(), ""), Err(ListError::TooLarge));
    assert_eq!(found(vec![0xFF; MAX_LIST_BYTES + 1], "a.csv"), Err(ListError::TooLarge));
}

#[test]
fn a_megabyte_on_one_line_is_one_line() {
    let text = "x".repeat(1_000_000);
    assert_eq!(found(&text, ""), Ok(lines(&[(1, &text)])));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_rejected_and_a_written_list_reads_as_the_same_list(
        bytes in prop_oneof![any::<Vec<u8>>(), ".{0,200}".prop_map(String::into_bytes), "(https://a/|link|[,;\t\"\r\n ]|\u{feff}){0,40}".prop_map(String::into_bytes)],
        name in prop_oneof![Just(""), Just("a.csv"), Just("a.TSV")],
    ) {
        if let Ok(lines) = read(&bytes, name) {
            prop_assert!(lines.iter().all(|line| !line.text.trim().is_empty() && !line.text.contains(['\n', '\r', '\0'])));
            prop_assert!(lines.is_sorted_by(|a, b| a.number < b.number));
            let written = write(&lines);
            prop_assert!(written.len() <= bytes.len() * 3 + 3);
            prop_assert_eq!(read(written.as_bytes(), ""), Ok(lines));
        }
    }
}
