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
    /// The part of it that is not the kernel's.
    pub(crate) user: f64,
}

/// What to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) url: String,
    /// Further headers, as they are sent.
    pub(crate) headers: Vec<String>,
    /// The ID of the process that answers.
    pub(crate) process: u32,
}

/// Requests one URL at full speed. `process` is the ID of the process that serves it.
///
/// # Errors
/// `wrk` is missing, or a response is an error.
pub(crate) fn load(url: &str, process: u32, seconds: u32) -> anyhow::Result<Load> {
    run(Command::new("wrk"), &Request { url: url.to_owned(), headers: Vec::new(), process }, seconds)
}

/// The same from one core, with what else the request needs.
///
/// # Errors
/// `wrk` is missing, or a response is an error.
pub(crate) fn load_pinned(request: &Request, core: usize, seconds: u32) -> anyhow::Result<Load> {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string(), "wrk"]);
    run(command, request, seconds)
}

fn run(mut command: Command, request: &Request, seconds: u32) -> anyhow::Result<Load> {
    let Request { url, headers, process } = request;
    command.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--latency"]);
    command.args(headers.iter().flat_map(|header| ["-H", header])).arg(url);
    let before = cpu_time(*process)?;
    let output = command.output().context("can't run wrk; .ci/setup bench installs it")?;
    let after = cpu_time(*process)?;
    let [user, all] = [after[0] - before[0], after[0] + after[1] - before[0] - before[1]];
    let report = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && !report.contains("Non-2xx") && !report.contains("Socket errors"), "wrk {url}: {report}");
    let line_of = |name: &str| report.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let requests = report.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse::<f64>().ok());
    let requests = requests.context("wrk reports no number of requests")?;
    Ok(Load {
        rate: line_of("Requests/sec:").and_then(|rate| rate.parse().ok()).context("wrk reports no rate")?,
        p99: line_of("99%").and_then(milliseconds).context("wrk reports no latency")?,
        cost: all * 1e6 / requests,
        user: user * 1e6 / requests,
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

/// The CPU time that a process has used so far, in seconds: its own and the kernel's.
///
/// # Errors
/// There is no such process.
pub(crate) fn cpu_time(process: u32) -> anyhow::Result<[f64; 2]> {
    let line = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let mut fields = line.rsplit_once(')').context("a process has a name")?.1.split_whitespace().skip(11);
    // In hundredths of a second (USER_HZ).
    let mut seconds = || fields.next().and_then(|ticks| ticks.parse::<f64>().ok()).map_or(0.0, |ticks| ticks / 100.0);
    Ok([seconds(), seconds()])
}

/// The resident memory of a process, in bytes.
pub(crate) fn memory(process: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process has memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
