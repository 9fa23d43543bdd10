//! Generates load with `wrk`, and measures what it costs the process under load.

use std::{fs, process::Command};

use anyhow::{Context, ensure};

/// The number of concurrent connections.
const CONNECTIONS: u32 = 32;

/// The result of a load test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Responses per second.
    pub(crate) rate: f64,
    /// The 99th percentile of the latency, in milliseconds.
    pub(crate) p99: f64,
    /// CPU time of the process per response, in microseconds.
    pub(crate) cost: f64,
}

/// Requests one URL at full speed, with these headers. `process` is the ID of the process that serves it.
///
/// # Errors
/// `wrk` is missing, or a response is an error.
pub(crate) fn load(url: &str, headers: &[(&str, &str)], process: u32, seconds: u32) -> anyhow::Result<Load> {
    let before = cpu_time(process)?;
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--latency", url])
        .args(headers.iter().flat_map(|(name, value)| ["-H".to_owned(), format!("{name}: {value}")]))
        .output()
        .context("can't run wrk; .ci/setup bench installs it")?;
    let used = cpu_time(process)? - before;
    let report = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && !report.contains("Non-2xx") && !report.contains("Socket errors"), "wrk {url}: {report}");
    let after = |name: &str| report.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let requests = report.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse::<f64>().ok());
    Ok(Load {
        rate: after("Requests/sec:").and_then(|rate| rate.parse().ok()).context("wrk reports no rate")?,
        p99: after("99%").and_then(milliseconds).context("wrk reports no latency")?,
        cost: used * 1e6 / requests.context("wrk reports no number of requests")?,
    })
}

/// Parses a duration as wrk writes it.
fn milliseconds(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let factor = match &text[unit..] {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        _ => return None,
    };
    Some(text[..unit].parse::<f64>().ok()? * factor)
}

/// The CPU time that a process has used so far, in seconds.
fn cpu_time(process: u32) -> anyhow::Result<f64> {
    let line = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = line.rsplit_once(')').context("a process has a name")?.1.split_whitespace().skip(11).take(2);
    // In hundredths of a second (USER_HZ).
    Ok(fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
}

/// The resident memory of a process, in bytes.
pub(crate) fn memory(process: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process has memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
