//! What the system knows: processors, processes' time and memory, the load of everybody else.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::void::Void;

/// How many of the kernel's ticks are a second, on every Linux there is.
const TICKS: u64 = 100;

/// How long a process has run on a processor.
pub(crate) fn processor_time(process: u32) -> Result<Duration, Void> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; the state and everything else follow the last one.
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    let mut times = fields.split_ascii_whitespace().skip(11).map_while(|time| time.parse().ok());
    let (Some(user), Some(system)) = (times.next(), times.next()) else {
        return Err(Void::new("the system does not say how long a process has run"));
    };
    let ticks: u64 = u64::saturating_add(user, system);
    Ok(Duration::from_millis(ticks.saturating_mul(1000).div_euclid(TICKS)))
}

/// A line of a process's `status` that counts KiB, in bytes: `VmRSS`, `VmHWM`.
pub(crate) fn memory(process: u32, line: &str) -> Result<u64, Void> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    let kib = found.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib.saturating_mul(1024))
        .ok_or_else(|| Void::new(format!("the system does not say {line}")))
}

/// What to put before a program's name so that it runs on processor `number` alone. Nothing where there
/// is only one processor, or no `taskset`.
pub(crate) fn pinned(number: usize) -> Vec<String> {
    if processors() < 2 {
        return Vec::new();
    }
    let words = ["taskset", "--cpu-list", &number.to_string()].map(str::to_owned);
    let mut probe = Command::new("taskset");
    probe.args(["--cpu-list", &number.to_string(), "true"]).stderr(Stdio::null());
    if probe.status().is_ok_and(|status| status.success()) { words.to_vec() } else { Vec::new() }
}

/// How many processors the machine has.
pub(crate) fn processors() -> usize {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    known.lines().filter(|line| line.starts_with("processor")).count()
}

/// How many processes wanted a processor in the last minute, on average: ours and everybody else's.
pub(crate) fn load() -> f64 {
    let known = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    known.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// What the processor is called.
pub(crate) fn model() -> String {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = known.lines().find_map(|line| line.strip_prefix("model name"));
    let name = line.and_then(|rest| rest.split_once(": ")).map(|(_, name)| name);
    name.unwrap_or("unknown").to_owned()
}
