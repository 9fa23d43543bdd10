//! Load by `wrk`, and what it costs the process that answers.

use std::{fs, process::Command};

use anyhow::{Context, ensure};

/// Connections at once.
const CONNECTIONS: u32 = 32;

/// What came of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) rate: f64,
    /// What 99 of 100 answers did not take longer than, in milliseconds.
    pub(crate) p99: f64,
    /// Processor time of the answering process for each answer, in microseconds.
    pub(crate) cost: f64,
}

/// Asks for one URL as fast as it is answered, by a process whose number is given.
///
/// # Errors
/// `wrk` is missing, or an answer is an error.
pub(crate) fn load(url: &str, process: u32, seconds: u32) -> anyhow::Result<Load> {
    let before = processor_time(process)?;
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--latency", url])
        .output()
        .context("wrk can't be run; .ci/setup bench installs it")?;
    let used = processor_time(process)? - before;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && !said.contains("Non-2xx") && !said.contains("Socket errors"), "wrk {url}: {said}");
    let after = |name: &str| said.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let requests = said.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse::<f64>().ok());
    Ok(Load {
        rate: after("Requests/sec:").and_then(|rate| rate.parse().ok()).context("wrk says no rate")?,
        p99: after("99%").and_then(milliseconds).context("wrk says no latency")?,
        cost: used * 1e6 / requests.context("wrk says no number")?,
    })
}

/// A time as wrk writes it.
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

/// The processor time that a process has used so far, in seconds.
fn processor_time(process: u32) -> anyhow::Result<f64> {
    let line = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = line.rsplit_once(')').context("a process has a name")?.1.split_whitespace().skip(11).take(2);
    // In hundredths of a second (USER_HZ).
    Ok(fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
}

/// The memory that a process holds, in bytes.
pub(crate) fn memory(process: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process has memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
