//! Work that runs beside requests, as whoever needs it describes it. The program starts, watches and stops it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// When background work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// At once, and again so long after each run. A run that has begun is finished when the program stops, if that does
    /// not take too long.
    Every(Duration),
    /// On and on. When the program stops, it ends wherever it waits: what has to be finished is a run of its own.
    UntilStopped,
}

/// A named unit of background work.
#[derive(Clone)]
pub struct BackgroundTask {
    /// Its name in the log and in the metrics, which no other has.
    pub name: &'static str,
    /// When it runs.
    pub schedule: Schedule,
    work: Arc<dyn Fn() -> Work + Send + Sync>,
}

impl BackgroundTask {
    /// Work that is done again and again. It says itself what went wrong in a run; the next one tries again.
    pub fn every<F>(
        interval: Duration,
        name: &'static str,
        run: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { name, schedule: Schedule::Every(interval), work: Arc::new(move || Box::pin(run())) }
    }

    /// Work that goes on and never ends by itself: an end is a fault, and it is begun anew.
    pub fn until_stopped<F>(name: &'static str, work: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { name, schedule: Schedule::UntilStopped, work: Arc::new(move || Box::pin(work())) }
    }

    /// Begins the work, or a run of it.
    pub fn begin(&self) -> impl Future<Output = ()> + Send + 'static {
        let work = Arc::clone(&self.work);
        // So that a fault of what makes the future is one of the work.
        async move { work().await }
    }
}

impl fmt::Debug for BackgroundTask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, schedule, work: _ } = self;
        formatter
            .debug_struct("BackgroundTask")
            .field("name", name)
            .field("schedule", schedule)
            .finish_non_exhaustive()
    }
}
