//! The load: wrk with the script `load.lua`, and what it reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::Pace;
use crate::contender::{Contender, CustomerPlace};
use crate::server::Server;

const SCRIPT: &str = include_str!("load.lua");

/// The load generator, ready to run.
#[derive(Debug, Clone)]
pub struct Load {
    script: PathBuf,
    connections: u32,
    threads: u32,
}

/// What one run of load came to. Times are in microseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Outcome {
    /// Requests that were answered.
    pub requests: u64,
    /// How long it took.
    pub microseconds: u64,
    /// The time that half of the answers took at most.
    pub p50: u64,
    /// The time that 99 of 100 answers took at most.
    pub p99: u64,
    /// The time that 999 of 1,000 answers took at most.
    pub p999: u64,
    /// The longest time of an answer.
    pub slowest: u64,
    /// Answers with a status of 400 or more.
    bad_answers: u64,
    connect_errors: u64,
    read_errors: u64,
    write_errors: u64,
    timeouts: u64,
}

impl Load {
    /// Writes the script for wrk into the directory `work`.
    ///
    /// # Errors
    /// When the script cannot be written.
    pub fn prepare(work: &Path, pace: &Pace) -> Result<Self> {
        let script = work.join("load.lua");
        fs::write(&script, SCRIPT).with_context(|| format!("cannot write {}", script.display()))?;
        Ok(Self { script, connections: pace.connections, threads: pace.threads })
    }

    /// The half of it, for each of two servers.
    #[must_use]
    pub fn halved(&self) -> Self {
        let half = |whole: u32| whole.div_ceil(2);
        Self { script: self.script.clone(), connections: half(self.connections), threads: half(self.threads) }
    }

    /// How many requests can be on their way when a run ends, stored but not counted as answered.
    pub fn in_flight(&self) -> u64 {
        u64::from(self.connections)
    }

    /// Loads a server for some seconds.
    ///
    /// # Errors
    /// When wrk fails, and when any request was refused or lost: such a run says nothing about speed.
    pub fn run(&self, contender: &mut Contender, server: &Server, seconds: u32) -> Result<Outcome> {
        contender.runs += 1;
        let place = match contender.place {
            CustomerPlace::Path => "path",
            CustomerPlace::Body => "body",
        };
        let output = Command::new("wrk")
            .arg(format!("--threads={}", self.threads))
            .arg(format!("--connections={}", self.connections))
            .arg(format!("--duration={seconds}s"))
            .args(["--timeout=20s", "--latency", "--script"])
            .arg(&self.script)
            .arg(format!("http://{}/", server.address()))
            .arg("--")
            .arg(&contender.customers)
            .args([&contender.runs.to_string(), &contender.path, &contender.token, place])
            .output()
            .context("cannot start wrk")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let outcome = parse(&said).with_context(|| {
            format!("wrk did not report: {said}{}", String::from_utf8_lossy(&output.stderr))
        })?;
        outcome.check().with_context(|| format!("the load on {} failed", contender.name))?;
        Ok(outcome)
    }
}

impl Outcome {
    /// Requests answered in a second.
    #[allow(clippy::cast_precision_loss, reason = "counts of a run that takes seconds")]
    pub fn rate(&self) -> f64 {
        self.requests as f64 * 1e6 / self.microseconds as f64
    }

    fn check(&self) -> Result<()> {
        let lost = self.connect_errors + self.read_errors + self.write_errors + self.timeouts;
        if self.bad_answers > 0 || lost > 0 {
            bail!("{} of {} requests were refused and {lost} were lost", self.bad_answers, self.requests);
        }
        if self.requests == 0 {
            bail!("no request was answered");
        }
        Ok(())
    }
}

fn parse(said: &str) -> Result<Outcome> {
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("RESULT "))
        .context("there is no line with the result")?;
    serde_json::from_str(line).with_context(|| format!("cannot read {line}"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    const LINE: &str = "Running 1s test\nRESULT {\"requests\":500,\"microseconds\":2000000,\"p50\":1,\"p99\":2,\"p999\":3,\
        \"slowest\":4,\"bad_answers\":0,\"connect_errors\":0,\"read_errors\":0,\"write_errors\":0,\"timeouts\":0}\n";

    #[test]
    fn the_result_line_is_read() {
        let outcome = parse(LINE).unwrap();
        assert!((outcome.rate() - 250.0).abs() < f64::EPSILON);
        assert!(outcome.check().is_ok());
    }

    #[test]
    fn refusals_and_losses_fail_the_run() {
        assert!(parse(&LINE.replace("\"bad_answers\":0", "\"bad_answers\":1")).unwrap().check().is_err());
        assert!(parse(&LINE.replace("\"timeouts\":0", "\"timeouts\":1")).unwrap().check().is_err());
        assert!(parse("nothing").is_err());
    }
}
