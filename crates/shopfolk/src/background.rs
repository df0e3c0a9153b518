//! What runs beside requests: started, watched, begun anew after a fault, and stopped, in this one place.
//!
//! Each node runs every task. Work that must be done once however many nodes there are takes its turn store by store in the
//! database, as the reader of events does on PostgreSQL: whoever reads gives the events of a store their places in a
//! transaction that holds a lock of that store (`PlaceEvents`), and who comes second finds nothing left to do.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};
use shopfolk_store::{BackgroundTask, Schedule};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How long the runs of background work took, in seconds, by task.
pub(crate) const RUN_DURATION: &str = "shopfolk_background_run_duration_seconds";
/// Boundaries, in seconds, that fit [`RUN_DURATION`]: from a glance to a batch.
pub(crate) const RUN_SECONDS: &[f64] =
    &[0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];
const RUNNING: &str = "shopfolk_background_running";
const RESTARTS: &str = "shopfolk_background_restarts_total";

/// How long is waited before work is begun anew after a fault; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How long is waited at the most. Work that went well for longer has the first pause before it again.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The work that runs. When this is dropped, all of it ends where it waits.
pub(crate) struct Background {
    stop: CancellationToken,
    watched: Vec<(&'static str, AbortOnDropHandle<()>)>,
}

impl Background {
    /// Starts every task. Has to be called in a Tokio runtime.
    pub(crate) fn start(tasks: impl IntoIterator<Item = BackgroundTask>) -> Self {
        metrics::describe_gauge!(
            RUNNING,
            "Whether background work runs, by task: 0 while it waits after a fault."
        );
        metrics::describe_counter!(
            RESTARTS,
            "Background work that ended or panicked and is begun anew, by task."
        );
        metrics::describe_histogram!(
            RUN_DURATION,
            metrics::Unit::Seconds,
            "Time a run of background work took, by task."
        );
        let stop = CancellationToken::new();
        let watch = |task: BackgroundTask| {
            let (name, watched) = (task.name, Watched::new(task, stop.clone()));
            (name, AbortOnDropHandle::new(tokio::spawn(watched.watch())))
        };
        let watched = tasks.into_iter().map(watch).collect();
        Self { stop, watched }
    }

    /// Tells all work to stop and waits for it, until this moment; what is left then is cut off.
    pub(crate) async fn stop(self, until: Instant) {
        self.stop.cancel();
        for (task, watched) in self.watched {
            if timeout_at(until, watched).await.is_err() {
                tracing::warn!(task, "background work did not end in time and was cut off");
            }
        }
    }
}

/// Why work is not going on.
enum Ended {
    /// It was told to stop.
    Stopped,
    /// It ended by itself, for this reason.
    Fault(String),
}

/// A task, and what is measured of it.
struct Watched {
    task: BackgroundTask,
    stop: CancellationToken,
    running: Gauge,
    restarts: Counter,
    run_duration: Histogram,
}

impl Watched {
    fn new(task: BackgroundTask, stop: CancellationToken) -> Self {
        let name = task.name;
        let restarts = metrics::counter!(RESTARTS, "task" => name);
        // A rate over a counter that appears with 1 would miss that one.
        restarts.increment(0);
        Self {
            running: metrics::gauge!(RUNNING, "task" => name),
            run_duration: metrics::histogram!(RUN_DURATION, "task" => name),
            restarts,
            task,
            stop,
        }
    }

    /// Has the work go on until it is told to stop, whatever happens to it.
    async fn watch(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let Ended::Fault(reason) = self.work().await else { return };
            if began.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            self.restarts.increment(1);
            tracing::error!(task = self.task.name, reason, begins_anew_in = ?pause, "background work ended");
            if !self.goes_on_after(pause).await {
                return;
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Works until it is told to stop or there is a fault.
    async fn work(&self) -> Ended {
        let _running = Running::begin(&self.running);
        match self.task.schedule {
            Schedule::UntilStopped => tokio::select! {
                biased;
                () = self.stop.cancelled() => Ended::Stopped,
                ended = self.begin() => Ended::Fault(ended.err().unwrap_or_else(|| "it came to an end".to_owned())),
            },
            Schedule::Every(interval) => loop {
                let began = Instant::now();
                if let Err(reason) = self.begin().await {
                    return Ended::Fault(reason);
                }
                self.run_duration.record(began.elapsed());
                if !self.goes_on_after(interval).await {
                    return Ended::Stopped;
                }
            },
        }
    }

    /// Does the work, or a run of it, on a task of its own, so that a panic ends no more than that.
    ///
    /// # Errors
    /// What it said when it panicked.
    async fn begin(&self) -> Result<(), String> {
        AbortOnDropHandle::new(tokio::spawn(self.task.begin())).await.map_err(|error| error.to_string())
    }

    /// Waits; answers early, and with no, when it is told to stop.
    async fn goes_on_after(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = sleep(pause) => true,
        }
    }
}

/// Shows that work runs, for as long as it is there.
struct Running<'a>(&'a Gauge);

impl<'a> Running<'a> {
    fn begin(gauge: &'a Gauge) -> Self {
        gauge.set(1.0);
        Self(gauge)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(0.0);
    }
}

#[cfg(test)]
mod tests;
