//! How far long work is, on stderr: a bar on a terminal, elsewhere a line every few seconds; in a server a line of the log.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;
use crate::telemetry::NOTICE;

/// How long it is silent where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

const BAR: &str = "{msg} [{bar:30}] {percent:>3} % {human_pos} of {human_len}, {per_sec}, {eta} left";
/// Where it is not known how many there are.
const COUNT: &str = "{msg} {human_pos}";
/// The same of bytes.
const BAR_OF_BYTES: &str = "{msg} [{bar:30}] {percent:>3} % {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
const COUNT_OF_BYTES: &str = "{msg} {decimal_bytes}";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Pieces, which the words name.
    Pieces,
    /// Bytes of a file.
    Bytes,
}

/// How far work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// What is being done, in words.
    pub(crate) what: String,
    /// How much of it is done.
    pub(crate) done: u64,
    /// About how much there is; 0 where that is not known.
    pub(crate) total: u64,
    /// What is counted.
    pub(crate) unit: Unit,
}

/// What shows how far it is.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// Where lines go.
    write: fn(&str),
    /// What is being done now.
    now: Option<String>,
    began: Instant,
    /// How much was done when that began.
    done_before: u64,
    last_line: Instant,
}

impl Progress {
    /// Nothing yet.
    pub(crate) fn start() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            show_nothing_yet(&bar);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self::writing(bar, output::note)
    }

    /// Nothing yet, and later lines of the log whatever its level.
    pub(crate) fn start_in_log() -> Self {
        Self::writing(None, |line| tracing::info!(target: NOTICE, "{line}"))
    }

    fn writing(bar: Option<ProgressBar>, write: fn(&str)) -> Self {
        let now = Instant::now();
        Self { bar, write, now: None, began: now, done_before: 0, last_line: now }
    }

    /// Shows how far it is.
    pub(crate) fn show(&mut self, step: &Step) {
        let is_new = self.now.as_ref() != Some(&step.what);
        if is_new {
            self.now = Some(step.what.clone());
            self.began = Instant::now();
            self.done_before = step.done;
        }
        match &self.bar {
            Some(bar) => show_bar(bar, step, is_new),
            None if self.last_line.elapsed() >= BETWEEN_LINES => {
                self.last_line = Instant::now();
                (self.write)(&line(step, self.done_before, self.began.elapsed()));
            }
            None => {}
        }
    }

    /// Says something at once.
    pub(crate) fn say(&self, line: &str) {
        self.beside(|| (self.write)(line));
    }

    /// Writes something else without disturbing the bar.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Takes the bar away that is shown before anything is known.
fn show_nothing_yet(bar: &ProgressBar) {
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
}

fn show_bar(bar: &ProgressBar, step: &Step, is_new: bool) {
    if is_new {
        bar.reset();
        bar.set_message(step.what.clone());
        let template = match (step.unit, step.total) {
            (Unit::Pieces, 0) => COUNT,
            (Unit::Pieces, _) => BAR,
            (Unit::Bytes, 0) => COUNT_OF_BYTES,
            (Unit::Bytes, _) => BAR_OF_BYTES,
        };
        // The templates are right, so this is how it looks.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
    }
    bar.set_length(step.total.max(step.done));
    bar.set_position(step.done);
}

/// The same as the bar, in words.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate and the time left are estimates"
)]
fn line(step: &Step, done_before: u64, elapsed: Duration) -> String {
    let what = &step.what;
    let rate = (step.done - done_before.min(step.done)) as f64 / elapsed.as_secs_f64().max(0.001);
    let shown = |amount: u64| match step.unit {
        Unit::Pieces => amount.to_string(),
        Unit::Bytes => format!("{:.1} MB", amount as f64 / 1e6),
    };
    if step.total == 0 {
        return format!("{what}: {}, {} a second", shown(step.done), shown(rate.round() as u64));
    }
    let total = step.total.max(step.done);
    let percent = step.done * 100 / total;
    let left = if rate > 0.0 {
        format!(", {} s left", ((total - step.done) as f64 / rate).ceil() as u64)
    } else {
        String::new()
    };
    let (done, total, rate) = (shown(step.done), shown(total), shown(rate.round() as u64));
    format!("{what}: {done} of {total} ({percent} %), {rate} a second{left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_how_fast_and_how_long_it_takes() {
        let unit = Unit::Pieces;
        let step = Step { what: "store 7: copying customers".to_owned(), done: 300, total: 1_000, unit };
        assert_eq!(
            line(&step, 100, Duration::from_secs(2)),
            "store 7: copying customers: 300 of 1000 (30 %), 100 a second, 7 s left"
        );
        let step = Step { what: "store 7: copying tokens".to_owned(), total: 0, ..step };
        assert_eq!(line(&step, 0, Duration::from_secs(3)), "store 7: copying tokens: 300, 100 a second");
        let more_than_estimated = Step { total: 200, ..step };
        assert!(line(&more_than_estimated, 300, Duration::ZERO).contains("300 of 300 (100 %), 0 a second"));
    }

    #[test]
    fn bytes_are_shown_as_megabytes() {
        let what = "store 7: importing".to_owned();
        let step = Step { what, done: 30_000_000, total: 100_000_000, unit: Unit::Bytes };
        assert_eq!(
            line(&step, 0, Duration::from_secs(3)),
            "store 7: importing: 30.0 MB of 100.0 MB (30 %), 10.0 MB a second, 7 s left"
        );
        let step = Step { total: 0, ..step };
        assert_eq!(line(&step, 0, Duration::from_secs(3)), "store 7: importing: 30.0 MB, 10.0 MB a second");
    }

    #[test]
    fn the_templates_of_the_bar_are_right() {
        for template in [BAR, COUNT, BAR_OF_BYTES, COUNT_OF_BYTES] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
