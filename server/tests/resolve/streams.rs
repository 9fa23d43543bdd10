//! Lines in and answers out.

use std::{
    io::{BufRead, BufReader, Read, Write},
    sync::mpsc,
    time::Duration,
};

use serde_json::json;

use crate::process::{feed, resolve, start};

const MYAPP: [&str; 2] = ["--domain", "myapp.com"];

/// After this long, an answer will not come any more.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn each_line_gets_its_resolution_in_order_and_no_database_is_asked() {
    let run = resolve(
        &MYAPP,
        r#"{"flow":"sign-in","redirect_url":"https://myapp.com/dashboard"}
{"flow":"sign-out","redirect_url":"https://evil.com","fallbacks":{"sign-out":"/bye"}}
"#,
    );
    let expected = [
        json!({
            "flow": "sign-in",
            "target": "https://myapp.com/dashboard",
            "source": "redirect_url",
            "version": 0,
            "steps": [
                {"source": "force_param", "outcome": "absent"},
                {"source": "redirect_url", "value": "https://myapp.com/dashboard", "outcome": "allowed", "ground": "domain"},
                {"source": "fallback_param", "outcome": "not_reached"},
                {"source": "fallback", "outcome": "not_reached"},
                {"source": "home_url", "outcome": "not_reached"},
            ],
        }),
        json!({
            "flow": "sign-out",
            "target": "https://myapp.com/bye",
            "source": "fallback",
            "version": 0,
            "steps": [
                {"source": "redirect_url", "value": "https://evil.com", "outcome": "refused", "reason": "foreign"},
                {"source": "fallback", "value": "/bye", "outcome": "allowed", "ground": "domain"},
                {"source": "home_url", "outcome": "not_reached"},
            ],
        }),
    ];
    assert_eq!(run.answers(), expected);
    assert_eq!((run.code, run.said.as_str()), (Some(0), ""));
}

#[test]
fn many_lines_stay_in_their_order() {
    let lines: Vec<_> = (0..20_000).map(|at| json!({"flow": "logo", "fallbacks": {"logo": format!("/{at}")}}).to_string()).collect();
    let run = resolve(&MYAPP, lines.join("\n"));
    assert_eq!(run.code, Some(0));
    let answers = run.answers();
    assert_eq!(answers.len(), 20_000);
    assert!(answers.iter().enumerate().all(|(at, answer)| answer["target"] == format!("https://myapp.com/{at}")));
}

#[test]
fn a_line_that_cannot_be_read_makes_the_exit_code_1_after_all_are_answered() {
    let run = resolve(&MYAPP, b"{\"flow\":\"logo\"}\n\xff\n{\"flow\":\"waitlist\"}".to_vec());
    let answers = run.answers();
    assert_eq!(answers[1], json!({"line": 2, "error": "not UTF-8 at byte 1"}));
    assert_eq!(answers[2]["flow"], "waitlist");
    assert_eq!((run.code, run.said.as_str()), (Some(1), ""));
}

#[test]
fn the_table_goes_to_the_same_place() {
    let run = resolve(&[&MYAPP[..], &["--format", "table"]].concat(), "{\"flow\":\"logo\"}\n{}\n");
    assert_eq!(run.code, Some(1));
    assert!(run.output.ends_with("\n2 links: 1 ok, 0 refused, 1 error\n"), "{}", run.output);
}

#[test]
fn a_flag_that_nobody_knows_is_a_mistake_in_the_command() {
    let run = resolve(&["--redirecturl", "/"], "");
    assert_eq!((run.code, run.output.as_str()), (Some(2), ""));
}

#[test]
fn whoever_waits_for_an_answer_gets_it_before_the_next_line() {
    let mut child = start(&MYAPP);
    let mut lines = child.stdin.take().unwrap();
    let answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || answers.for_each(|answer| drop(told.send(answer.unwrap()))));
    for flow in ["sign-in", "nothing", "waitlist"] {
        writeln!(lines, "{{\"flow\":\"{flow}\"}}").unwrap();
        let answer = heard.recv_timeout(HEADER_TIMEOUT).expect("an answer, while more lines may come");
        assert!(answer.contains(flow) || answer.starts_with("{\"line\":2,"), "{answer}");
    }
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_reader_that_has_enough_ends_it_without_a_word() {
    for format in ["json", "table"] {
        let mut child = start(&[&MYAPP[..], &["--flow", "logo", "--format", format]].concat());
        let fed = feed(child.stdin.take().unwrap(), "{}\n".repeat(200_000).into_bytes());
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{format}");
        fed.join().unwrap();
    }
}
