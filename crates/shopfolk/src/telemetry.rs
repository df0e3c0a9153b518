//! What an operator sees: logs on stderr, and metrics.

use std::future::ready;
use std::io::{self, IsTerminal};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use shopfolk_api::{REQUEST_DURATION, REQUEST_DURATION_BUCKETS};
use shopfolk_store::{BackgroundTask, DAMAGED_ROWS, Engine, TABLES};
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::background::{RUN_DURATION, RUN_SECONDS};

/// The target of what is said whatever the log level: where the server listens, and that it stops.
pub(crate) const NOTICE: &str = "shopfolk::notice";

/// From one fsync of a fast disk to a disk in trouble.
const COMMIT_SECONDS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const BATCH_SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// Between two readings the exporter keeps every single measurement, so the interval bounds its memory.
const UPKEEP: Duration = Duration::from_secs(1);
const COUNT_EVENTS: Duration = Duration::from_secs(15);

/// The form of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// Lines for a person
    Text,
    /// One JSON object a line, for a program
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Faults of ours
    Error,
    /// Faults, and what needs attention
    Warn,
    /// The same, and every request
    Info,
    /// The same, and what helps to find a fault
    Debug,
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

/// How many lines of the log wait for whoever reads them. Those beyond are dropped and counted, so that nobody waits for a pipe
/// that is full.
const WAITING_LINES: usize = 4_096;
const DROPPED_LINES: &str = "shopfolk_log_lines_dropped_total";

/// The log, as long as it is there: what waits when it is dropped is written, unless nobody reads.
pub(crate) struct Log {
    _writer: WorkerGuard,
    dropped: ErrorCounter,
}

/// Logs to stderr from now on.
///
/// # Errors
/// When logs go somewhere already.
pub(crate) fn start_logs(form: LogForm, level: LogLevel) -> Result<Log> {
    let level = LevelFilter::from(level);
    // The libraries below may say what is wrong, and nothing else: what they tell of requests could hold a token.
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("shopfolk", level)
        .with_target(NOTICE, LevelFilter::INFO);
    let (stderr, writer) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(io::stderr());
    let dropped = stderr.error_counter();
    let layer = tracing_subscriber::fmt::layer().with_writer(stderr);
    let layer = match form {
        LogForm::Text => layer.with_ansi(io::stderr().is_terminal()).with_filter(filter).boxed(),
        LogForm::Json => layer.json().flatten_event(true).with_filter(filter).boxed(),
    };
    tracing_subscriber::registry().with(layer).try_init().context("cannot start the logs")?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a fault of ours: {}", panic.payload_as_str().unwrap_or("it gave no reason"));
    }));
    Ok(Log { _writer: writer, dropped })
}

/// Collects metrics from now on. Engines are opened after this, so that nothing of theirs is missed.
///
/// # Errors
/// When metrics are collected already.
pub(crate) fn start_metrics() -> Result<PrometheusHandle> {
    let buckets = |name: &str| Matcher::Full(name.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(buckets(REQUEST_DURATION), REQUEST_DURATION_BUCKETS)?
        .set_buckets_for_metric(buckets("shopfolk_commit_duration_seconds"), COMMIT_SECONDS)?
        .set_buckets_for_metric(buckets("shopfolk_commit_batch_size"), BATCH_SIZES)?
        .set_buckets_for_metric(buckets(RUN_DURATION), RUN_SECONDS)?
        .set_buckets_for_metric(buckets(shopfolk_hooks::ANSWER_DURATION), RUN_SECONDS)?
        .install_recorder()
        .context("cannot collect metrics")?;
    metrics::describe_gauge!("shopfolk_events_rows", "Rows of events, over all stores.");
    metrics::describe_gauge!("shopfolk_connections", "Connections that are open.");
    metrics::describe_counter!("shopfolk_connections_refused_total", "Connections over the limit, refused.");
    metrics::describe_counter!(
        "shopfolk_connections_cut_total",
        "Connections cut because they took too long."
    );
    metrics::describe_counter!(
        DAMAGED_ROWS,
        "Rows that were left out of an answer because they cannot be read."
    );
    metrics::describe_counter!(
        DROPPED_LINES,
        "Lines of the log that were dropped, because nobody read those before."
    );
    // A rate over a counter that appears with 1 would miss that one.
    for table in TABLES {
        metrics::counter!(DAMAGED_ROWS, "table" => table.name).increment(0);
    }
    metrics::counter!("shopfolk_connections_refused_total").increment(0);
    metrics::counter!("shopfolk_connections_cut_total").increment(0);
    metrics::counter!(DROPPED_LINES).increment(0);
    Ok(handle)
}

/// What keeps the metrics in order, and what counts whatever nobody counts in passing.
pub(crate) fn background(handle: PrometheusHandle, engine: impl Engine, log: &Log) -> [BackgroundTask; 2] {
    let dropped = log.dropped.clone();
    let upkeep = move || {
        handle.run_upkeep();
        metrics::counter!(DROPPED_LINES).absolute(u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX));
        ready(())
    };
    let count_events = move || {
        let engine = engine.clone();
        async move {
            match engine.count_events().await {
                Ok(count) => metrics::gauge!("shopfolk_events_rows").set(as_metric(count)),
                Err(error) => tracing::warn!(%error, "the events could not be counted"),
            }
        }
    };
    [
        BackgroundTask::every(UPKEEP, "metrics upkeep", upkeep),
        BackgroundTask::every(COUNT_EVENTS, "count events", count_events),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a floating-point number by its nature")]
fn as_metric(count: u64) -> f64 {
    count as f64
}
