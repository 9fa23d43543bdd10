//! Compares a resolution with the URL parser that it uses: a visit may take 1.6 times as long as parsing its URL.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::{env, error::Error, fs, hint::black_box, path::Path, time::Duration};

use app::redirects::{Environment, Fallbacks, Flow, Instance, LinkParams, Settings, Timestamp, Visit, resolve};
use criterion::Criterion;
use serde_json::{Value, json};
use url::Url;

const TARGET: &str = "https://app.myapp.com/dashboard?tab=billing#plan";
const MAX_RATIO: f64 = 1.6;

/// How often each is measured: in turn, since the machine may be slower for some seconds.
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
    // `cargo test` and nextest run each function once: then there is nothing to compare.
    let is_measured = env::args().any(|argument| argument == "--bench");
    let rounds = if is_measured { ROUNDS } else { 1 };
    let mut criterion = Criterion::default()
        .output_directory(&output)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for round in 0..rounds {
        measure(&mut criterion, round)?;
    }
    criterion.final_summary();
    if !is_measured {
        return Ok(());
    }
    let nanoseconds = |name: &str| -> Result<Vec<f64>, Box<dyn Error>> { (0..rounds).map(|round| time(&output, name, round)).collect() };
    let (parse, resolve, preview) = (nanoseconds("parse")?, nanoseconds("resolve")?, nanoseconds("preview")?);
    let ratio = median(resolve.iter().zip(&parse).map(|(resolve, parse)| resolve / parse));
    println!("policy: resolve takes {ratio:.2} times as long as parse (goal: ≤ {MAX_RATIO})");
    let previews = median(preview.iter().zip(&resolve).map(|(preview, resolve)| preview / resolve));
    println!("policy: resolve to one of 500 preview origins takes {previews:.2} times as long as to the domain");
    // Beside the portal's figures, for `.ci/bench-report.mjs`.
    let figure = |name: &str, value: f64, unit: &str, limit| json!({ "name": name, "value": value, "unit": unit, "limit": limit });
    let figures = [
        figure("an allowed redirect_url, compared with Url::parse", ratio, "times", json!({ "at_most": MAX_RATIO })),
        figure("to one of 500 preview origins, compared with the domain", previews, "times", Value::Null),
        figure("Url::parse", median(parse), "ns", Value::Null),
        figure("an allowed redirect_url", median(resolve), "ns", Value::Null),
    ];
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    fs::create_dir_all(&directory)?;
    let sections = json!([{ "title": "The policy", "figures": figures, "notes": [], "failure": null }]);
    fs::write(directory.join("policy.json"), sections.to_string())?;
    if ratio > MAX_RATIO { Err(format!("policy: more than {MAX_RATIO} times").into()) } else { Ok(()) }
}

fn measure(criterion: &mut Criterion, round: usize) -> Result<(), Box<dyn Error>> {
    let settings = Settings {
        slug: "my-app".into(),
        name: "MyApp".into(),
        environment: Environment::Production,
        domain: "myapp.com".into(),
        ..Settings::default()
    };
    let instance = Instance::parse(&settings, 1).map_err(|errors| format!("{errors:?}"))?;
    let (link, fallbacks) = (LinkParams { redirect_url: Some(TARGET.into()), ..LinkParams::default() }, Fallbacks::default());
    let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: None };
    assert_eq!(resolve(&instance, &fallbacks, visit).target.as_str(), TARGET);

    let mut group = criterion.benchmark_group(group(round));
    group.bench_function("parse", |bencher| bencher.iter(|| Url::parse(black_box(TARGET))));
    group.bench_function("resolve", |bencher| bencher.iter(|| resolve(black_box(&instance), &fallbacks, black_box(visit))));
    // As many preview origins as an instance may have, and a link to one in the middle.
    let end = Timestamp::from_seconds(2);
    let origin = |number| format!("https://preview-{number}.example");
    let previews = instance.clone().with_stored_expiring((0..500).map(|number| (origin(number), end)));
    let target = format!("{}/dashboard?tab=billing#plan", origin(250));
    let link = LinkParams { redirect_url: Some(target.as_str().into()), ..LinkParams::default() };
    let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: Some(Timestamp::from_seconds(1)) };
    assert_eq!(resolve(&previews, &fallbacks, visit).target.as_str(), target);
    group.bench_function("preview", |bencher| bencher.iter(|| resolve(black_box(&previews), &fallbacks, black_box(visit))));
    group.finish();
    Ok(())
}

fn group(round: usize) -> String {
    format!("redirect_url, round {}", round + 1)
}

/// The time of a function in that round, in nanoseconds.
fn time(output: &Path, name: &str, round: usize) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(output.join(group(round)).join(name).join("new/estimates.json"))?;
    let estimates: Value = serde_json::from_str(&text)?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| "no median".into())
}

/// The value in the middle.
fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
