//! The metrics, the README and the Grafana dashboard agree on the names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

const DASHBOARD: &str = include_str!("../../../grafana.json");

/// Collects every query of the dashboard.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "expr" => found.push(text.clone()),
                    _ => queries(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| queries(value, found)),
        _ => {}
    }
}

/// A query without quoted texts and without the brackets around labels and times.
fn without_labels(query: &str) -> String {
    let (mut depth, mut quoted, mut plain) = (0_usize, false, String::new());
    let spaced = query.replace("by (", "{by ").replace("on (", "{on ");
    for letter in spaced.chars() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ')' if depth > 0 => depth -= 1,
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// The names in a query, without the functions of the query language.
fn names(query: &str) -> BTreeSet<String> {
    let plain = without_labels(query);
    let mut names = BTreeSet::new();
    let mut rest = plain.as_str();
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        rest = &rest[start..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if !after.trim_start().starts_with('(') {
            names.insert(name.to_owned());
        }
        rest = after;
    }
    names
}

fn is_described(name: &str) -> bool {
    METRICS.into_iter().any(|(kind, described, _)| match kind {
        Kind::Histogram => name.strip_prefix(described).is_some_and(|part| ["_bucket", "_count", "_sum"].contains(&part)),
        Kind::Counter | Kind::Gauge => name == described,
    })
}

#[test]
fn names_finds_the_metrics_in_a_query() {
    let read = |query| names(query).into_iter().collect::<Vec<_>>();
    assert_eq!(read(r#"histogram_quantile(0.99, sum by (le, route) (rate(a_bucket{b="c"}[$__rate_interval])))"#), ["a_bucket"]);
    assert_eq!(read(r#"sum(rate(a_total{x!="y"}[5m])) / clamp_min(sum(rate(b_total[5m])), 1)"#), ["a_total", "b_total"]);
    assert!(is_described("http_request_duration_seconds_bucket") && !is_described("http_request_duration_seconds"));
}

#[test]
fn the_grafana_dashboard_shows_every_metric_and_names_no_other() {
    let mut found = Vec::new();
    queries(&serde_json::from_str(DASHBOARD).unwrap(), &mut found);
    let named: BTreeSet<String> = found.iter().flat_map(|query| names(query)).collect();
    for name in &named {
        assert!(is_described(name), "there is no metric {name}");
    }
    for (_, described, _) in METRICS {
        assert!(named.iter().any(|name| name.starts_with(described)), "no panel shows {described}");
    }
}

#[test]
fn the_dashboard_lets_its_user_choose_the_prometheus() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    assert_eq!(dashboard["templating"]["list"][0]["type"], "datasource");
    assert!(dashboard["schemaVersion"].is_u64() && dashboard["id"].is_null());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert_eq!(panel["datasource"]["uid"], "${source}", "{}", panel["title"]);
    }
}

#[test]
fn every_metric_is_in_the_readme() {
    let readme = include_str!("../../../../README.md");
    for (_, name, _) in METRICS {
        assert!(readme.contains(&format!("`{name}`")) || readme.contains(&format!("`{name}{{")), "{name}");
    }
}

#[test]
fn starting_again_returns_the_same_recorder() {
    let page = start().unwrap().render();
    metrics::counter!("http_requests_total").increment(1);
    let again = start().unwrap().render();
    assert!(again.contains("http_requests_total") && page.contains("process_start_time_seconds"), "{again}");
    assert!(again.contains(&format!("portal_redirects_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))), "{again}");
}
