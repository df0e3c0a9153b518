//! Where the time comes from.

use shopfolk_model::Timestamp;

/// Tells the time: the system's in the program, one that can be held in tests.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}
