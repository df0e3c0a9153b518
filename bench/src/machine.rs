//! What the machine is, for the report: figures from different machines cannot be compared.

use std::fs;
use std::time::Duration;

use serde::Serialize;

/// The share of the processors that is busy, watched for a second: 0 for none, 1 for all. Whatever runs beside a
/// measurement takes from it.
#[allow(clippy::cast_precision_loss, reason = "ticks of one second")]
pub fn busy_share() -> f64 {
    let before = processor_ticks();
    std::thread::sleep(Duration::from_secs(1));
    let after = processor_ticks();
    before.zip(after).map_or(0.0, |(before, after)| {
        let total = after.0.saturating_sub(before.0).max(1);
        after.1.saturating_sub(before.1) as f64 / total as f64
    })
}

/// All ticks of all processors since the start of the machine, and those that were not idle.
fn processor_ticks() -> Option<(u64, u64)> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    // The first line: `cpu`, then user, nice, system, idle, waiting for storage, and more.
    let ticks: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).filter_map(|ticks| ticks.parse().ok()).collect();
    let total = ticks.iter().sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some((total, total - idle))
}

/// The machine and the day of a measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
    date: String,
}

impl Machine {
    /// This machine, today. What the system does not tell is `unknown`.
    #[allow(
        clippy::disallowed_methods,
        reason = "the report says on which day it was made; no rule depends on it"
    )]
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let value = |lines: &str, name: &str| {
            lines.lines().find_map(|line| {
                Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim().to_owned())
            })
        };
        let memory_kib = value(&read("/proc/meminfo"), "MemTotal")
            .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        let kernel = read("/proc/sys/kernel/osrelease");
        Self {
            processor: value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: memory_kib.unwrap_or_default().div_ceil(1024 * 1024),
            kernel: if kernel.is_empty() { "unknown".to_owned() } else { kernel.trim().to_owned() },
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        }
    }

    /// One sentence.
    pub fn sentence(&self) -> String {
        format!(
            "Measured on {}: {} cores ({}), {} GiB of memory, Linux {}. The load generator ran on the same cores.",
            self.date, self.cores, self.processor, self.memory_gib, self.kernel
        )
    }
}
