//! What a process has used, as Linux tells it under `/proc`.

use std::fs;

use anyhow::{Context, Result};

/// What a process has used since it started.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The most memory it ever held at once, in bytes.
    pub peak_memory: u64,
    /// The memory it holds now, in bytes.
    pub memory: u64,
    /// Processor time in user and system mode, in seconds.
    pub processor_seconds: f64,
    /// Bytes it caused to be written to storage.
    pub written: u64,
}

impl Usage {
    /// Reads the usage of a process.
    ///
    /// # Errors
    /// When the process is gone, belongs to somebody else, or this is not Linux.
    pub fn of(process: u32) -> Result<Self> {
        let read = |name: &str| {
            let path = format!("/proc/{process}/{name}");
            fs::read_to_string(&path).with_context(|| format!("cannot read {path} (this needs Linux)"))
        };
        let status = read("status")?;
        Ok(Self {
            peak_memory: field(&status, "VmHWM:").context("no VmHWM in /proc")? * 1024,
            memory: field(&status, "VmRSS:").context("no VmRSS in /proc")? * 1024,
            processor_seconds: processor_seconds(&read("stat")?)
                .context("cannot read the processor time in /proc")?,
            written: field(&read("io")?, "write_bytes:").context("no write_bytes in /proc")?,
        })
    }
}

/// The number behind a name in a file of lines like `VmRSS:  1234 kB`.
fn field(lines: &str, name: &str) -> Option<u64> {
    lines.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

/// User and system time from `/proc/PID/stat`. The second field, the name, may hold blanks and brackets, so counting
/// starts behind its closing bracket: user and system time are the fields 14 and 15, thus 11 and 12 from there.
#[allow(clippy::cast_precision_loss, reason = "ticks of a process that runs for minutes")]
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::{Usage, field, processor_seconds};

    #[test]
    fn a_field_is_found_by_its_name() {
        assert_eq!(field("VmPeak:\t  9 kB\nVmHWM:\t  1234 kB\n", "VmHWM:"), Some(1234));
        assert_eq!(field("VmPeak:\t  9 kB\n", "VmHWM:"), None);
    }

    #[test]
    fn a_name_with_brackets_does_not_shift_the_times() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 200 100 0 0";
        assert_eq!(rustix::param::clock_ticks_per_second(), 100, "the same on every Linux of today");
        assert_eq!(processor_seconds(stat), Some(3.0));
    }

    #[test]
    fn this_process_has_used_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.peak_memory >= usage.memory && usage.memory > 0);
    }
}
