//! Where the time comes from.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use shopfolk_model::Timestamp;

/// Tells the time: the system's in the program, one that can be held in tests.
pub trait Clock: Send + Sync + 'static {
    /// Now, as people and records have it. It may stand still or step back when somebody sets the clock.
    fn now(&self) -> Timestamp;

    /// How long ago some moment of the process was. It goes on evenly, whatever is done to the clock.
    fn steady(&self) -> Duration;

    /// Waits until so much time has gone by.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}
