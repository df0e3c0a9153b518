//! Work that takes a processor for long: it is done beside the threads that serve connections, so that these serve the others
//! meanwhile.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::ApiError;

/// JSON of more bytes than this is read and written beside the threads that serve connections.
pub(crate) const LONG: usize = 64 * 1024;

/// Places for long work: as many as there are processors. Whoever finds none waits in turn.
#[derive(Debug, Clone)]
pub(crate) struct LongWork(Arc<Semaphore>);

impl LongWork {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))))
    }

    /// Does something as soon as there is a place. What nobody waits for any more is not begun.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        // Nobody closes it.
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(ApiError::internal)?;
        let working = spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        match working.await {
            Ok(done) => Ok(done),
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(_) => Err(ApiError::unavailable("The server is shutting down: try again soon")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread::current;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn long_work_is_done_beside_the_thread_that_asks() {
        let thread = LongWork::new().run(|| current().id()).await.unwrap();
        assert_ne!(thread, current().id());
    }

    #[tokio::test]
    async fn there_are_so_many_places_and_the_next_waits_for_one() {
        let work = LongWork(Arc::new(Semaphore::new(1)));
        let (end, ended) = oneshot::channel::<()>();
        let first = tokio::spawn({
            let work = work.clone();
            async move { work.run(|| ended.blocking_recv()).await }
        });
        while work.0.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let mut second = Box::pin(work.run(|| ()));
        assert!(futures_util::FutureExt::now_or_never(&mut second).is_none());
        end.send(()).unwrap();
        second.await.unwrap();
        assert!(first.await.unwrap().unwrap().is_ok());
    }
}
