//! The metrics, the README, the Grafana dashboard and the alert rules agree on the names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

const DASHBOARD: &str = include_str!("../../../grafana.json");
const ALERTS: &str = include_str!("../../../alerts.yml");

/// Words of the query language that stand where a name may stand.
const OPERATORS: [&str; 4] = ["and", "or", "unless", "bool"];

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
        if !after.trim_start().starts_with('(') && !OPERATORS.contains(&name) {
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

/// The value of each line of the alert rules that begins with that key.
fn alert_lines(key: &str) -> impl Iterator<Item = &str> {
    ALERTS.lines().filter_map(move |line| line.trim_start_matches([' ', '-']).strip_prefix(key)?.strip_prefix(": "))
}

#[test]
fn the_alert_rules_name_only_metrics_that_exist() {
    let rules = alert_lines("alert").count();
    assert_eq!((rules, alert_lines("expr").count()), (19, 19));
    for name in alert_lines("expr").flat_map(names) {
        // Prometheus itself says which servers answer.
        assert!(is_described(&name) || name == "up", "there is no metric {name}");
    }
}

#[test]
fn each_alert_says_how_bad_it_is_what_it_means_and_where_to_read_on() {
    let alerts: Vec<_> = alert_lines("alert").collect();
    let runbook = |name: &&str| format!("\"server/OPERATIONS.md#when-{}-fires\"", name.to_lowercase());
    assert_eq!(alert_lines("runbook").collect::<Vec<_>>(), alerts.iter().map(runbook).collect::<Vec<_>>());
    let guide = include_str!("../../../OPERATIONS.md");
    for name in &alerts {
        assert!(guide.contains(&format!("### When {name} fires\n")), "{name}");
    }
    for key in ["summary", "description"] {
        assert_eq!(alert_lines(key).count(), alerts.len(), "{key}");
    }
    let severities: Vec<_> = alert_lines("labels").collect();
    assert_eq!(severities.len(), alerts.len());
    let known = ["{severity: critical}", "{severity: warning}", "{severity: info}"];
    assert!(severities.iter().all(|labels| known.contains(labels)), "{severities:?}");
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
fn every_metric_that_is_offered_is_described_once() {
    let recorder = start().unwrap();
    measure_process();
    let page = recorder.render();
    let types: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for name in &types {
        assert!(METRICS.into_iter().any(|(_, described, _)| described == *name), "{name} is not described");
        assert_eq!(types.iter().filter(|other| other == &name).count(), 1, "{name}");
    }
    if cfg!(target_os = "linux") {
        for (_, name, _) in METRICS.into_iter().filter(|(_, name, _)| name.starts_with("process_")) {
            assert!(types.contains(&name), "{name} is not offered");
        }
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
