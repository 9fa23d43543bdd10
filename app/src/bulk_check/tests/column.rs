//! CSV: which column has the links, and how unusual rows are read.

use super::*;

const A: &str = "https://accounts.myapp.com/sign-in";
const B: &str = "https://accounts.myapp.com/sign-up";

#[test]
fn the_column_is_found_by_its_name_whatever_delimits_it() {
    for name in ["link", "URL", " Links ", "urls", "Direct link", "direct_link", "Direct-URL", "href", "\"link\""] {
        for delimiter in [",", ";", "\t"] {
            let csv = format!("Campaign{delimiter}{name}{delimiter}Owner\nSpring{delimiter}{A}{delimiter}Ann\n{delimiter}{B}{delimiter}\n");
            assert_eq!(found(&csv, "mail.csv"), Ok(lines(&[(2, A), (3, B)])), "{csv:?}");
        }
    }
}

#[test]
fn a_name_counts_before_a_link_in_a_cell_and_link_counts_before_url() {
    assert_eq!(found(format!("url,link\n{A},{B}"), "a.csv"), Ok(lines(&[(2, B)])));
    assert_eq!(found(format!("https://x/,link\n{A},{B}"), "a.csv"), Ok(lines(&[(2, B)])));
}

#[test]
fn without_a_name_the_only_link_of_the_first_row_shows_the_column() {
    assert_eq!(found(format!("Spring,{A}\nSummer,no link\nAutumn,{B}"), "a.csv"), Ok(lines(&[(1, A), (2, "no link"), (3, B)])));
    assert_eq!(found(format!("{A};Spring\n{B};Summer"), "a.csv"), Ok(lines(&[(1, A), (2, B)])));
    assert_eq!(found(format!("{A}\n{B}"), "a.csv"), Ok(lines(&[(1, A), (2, B)])));
    assert_eq!(found("HTTPS://Accounts.MyApp.com/sign-in", "a.csv"), Ok(lines(&[(1, "HTTPS://Accounts.MyApp.com/sign-in")])));
}

#[test]
fn an_error_names_the_columns_that_are_there() {
    let csv = format!("Name, Address ,\nAnn,{A}\n");
    let error = found(csv, "a.csv").unwrap_err();
    assert_eq!(error, ListError::NoColumn(vec!["Name".into(), "Address".into()]));
    assert_eq!(error.to_string(), "No column is named link or url. The first row is: Name, Address. Name the column of links “link”.");
    assert_eq!(found(format!("{A},{B}"), "a.csv"), Err(ListError::NoColumn(vec![A.into(), B.into()])));
    assert_eq!(found("a;b\nc;d", "a.csv"), Err(ListError::NoColumn(vec!["a".into(), "b".into()])));
    let wide = found(vec!["x".repeat(100); 100].join(","), "a.csv").unwrap_err();
    assert_eq!(wide, ListError::NoColumn(vec!["x".repeat(40); 12]));
}

#[test]
fn a_byte_order_mark_and_any_line_end_change_nothing() {
    for end in ["\n", "\r\n", "\r"] {
        let csv = format!("\u{feff}link,note{end}{A},x{end}{end}{B},y{end}");
        assert_eq!(found(&csv, "a.csv"), Ok(lines(&[(2, A), (4, B)])), "{csv:?}");
    }
}

#[test]
fn line_numbers_count_blank_rows_and_cells_of_several_lines() {
    let csv = format!("\n,,\nname,link\n\n\"two\nlines\",{A}\n,\nx,{B}\n");
    assert_eq!(found(csv, "a.csv"), Ok(lines(&[(5, A), (8, B)])));
    assert_eq!(found(format!("link\n\"{A}?a\r\n=b\"\n{B}"), "a.csv"), Ok(lines(&[(2, &format!("{A}?a=b")), (4, B)])));
}

#[test]
fn quotes_are_removed_and_quoted_cells_stay_whole() {
    let csv = format!("link,note\n\"{A}?a=1,2;3\",\"say \"\"hi\"\"\"\n\"\"\"{B}\",x");
    assert_eq!(found(csv, "a.csv"), Ok(lines(&[(2, &format!("{A}?a=1,2;3")), (3, &format!("\"{B}"))])));
}

#[test]
fn a_link_that_is_not_quoted_is_put_together_again() {
    let cut = format!("{A}?a=1,2,3");
    assert_eq!(found(format!("name,link\nx,{cut}\ny,{B},,"), "a.csv"), Ok(lines(&[(2, &cut), (3, B)])));
    assert_eq!(found(format!("link,name\n{cut},x\n{B},y"), "a.csv"), Ok(lines(&[(2, &cut), (3, B)])));
    assert_eq!(found(format!("link\n{cut}\n{B}"), "a.csv"), Ok(lines(&[(2, &cut), (3, B)])));
    assert_eq!(found(format!("{A}?a=1,2;Spring\n{B};Summer"), "a.csv"), Ok(lines(&[(1, &format!("{A}?a=1,2")), (2, B)])));
}

#[test]
fn a_row_without_a_link_is_skipped() {
    assert_eq!(found(format!("name,link\nx\ny,\nz,=1+1\nw,{A}"), "a.csv"), Ok(lines(&[(4, "=1+1"), (5, A)])));
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_with_its_line() {
    let error = found(format!("link,note\n{A},x\n{B},\"never\n{A},z\n"), "a.csv").unwrap_err();
    assert_eq!(error, ListError::OpenQuote(3));
    assert_eq!(found(format!("link,note\n{A},5\" wide\n{B},x"), "a.csv"), Ok(lines(&[(2, A), (3, B)])));
    assert_eq!(found(format!("link,note\n{A},x\n{B},\"two\nlines\"\n"), "a.csv"), Ok(lines(&[(2, A), (3, B)])));
}

#[test]
fn a_first_line_that_names_the_delimiter_is_followed() {
    for (line, delimiter) in [("sep=;", ";"), ("\"sep=;\"", ";"), ("SEP=,", ","), ("sep=\t", "\t"), ("sep=|", "|")] {
        let csv = format!("\u{feff}{line}\r\nname{delimiter}link\r\nx{delimiter}{A}\r\ny{delimiter}{B}\r\n");
        assert_eq!(found(csv, "a.csv"), Ok(lines(&[(3, A), (4, B)])), "{line:?}");
    }
    assert_eq!(found(format!("sep=;\n{A}\n"), ""), Ok(lines(&[(2, A)])));
    assert_eq!(found("sep=;", ""), Err(ListError::Empty));
    assert_eq!(found("sep=x1", ""), Ok(lines(&[(1, "sep=x1")])));
}
