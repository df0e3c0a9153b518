//! How many bytes may be held at once, over all requests: of bodies on their way in, and of answers that are not yet read.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is no longer than this, in bytes, is not counted: nearly every body and answer.
pub(crate) const UNCOUNTED: usize = 16 * 1024;

/// A number of bytes that may be held at once. Clones share it.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    bytes: Arc<Semaphore>,
    most: u32,
}

impl ByteBudget {
    /// Room for so many bytes.
    pub fn of(most: u32) -> Self {
        Self { bytes: Arc::new(Semaphore::new(most as usize)), most }
    }

    /// How many bytes are held now.
    pub fn held(&self) -> usize {
        self.most as usize - self.bytes.available_permits()
    }

    /// Holds so many bytes if there is room, and nothing where they are so few that they are not counted. What is larger
    /// than the whole budget has it alone.
    pub(crate) fn try_hold(&self, bytes: usize) -> Option<HeldBytes> {
        if bytes <= UNCOUNTED {
            return Some(HeldBytes::NOTHING);
        }
        let held = Arc::clone(&self.bytes).try_acquire_many_owned(self.counted(bytes)).ok()?;
        Some(HeldBytes(Some(held)))
    }

    /// Holds so many bytes as soon as there is room.
    pub(crate) async fn hold(&self, bytes: usize) -> HeldBytes {
        // Nobody closes it.
        HeldBytes(Arc::clone(&self.bytes).acquire_many_owned(self.counted(bytes)).await.ok())
    }

    fn counted(&self, bytes: usize) -> u32 {
        u32::try_from(bytes).unwrap_or(u32::MAX).min(self.most)
    }
}

/// Room that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct HeldBytes(Option<OwnedSemaphorePermit>);

impl HeldBytes {
    /// No room.
    pub(crate) const NOTHING: Self = Self(None);

    /// These bytes, which keep the room until nobody has them any more.
    pub(crate) fn keep(self, bytes: Vec<u8>) -> Bytes {
        match self.0 {
            None => bytes.into(),
            Some(held) => Bytes::from_owner(Kept { bytes, _held: held }),
        }
    }
}

struct Kept {
    bytes: Vec<u8>,
    _held: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_bytes_are_not_counted_and_many_are_until_nobody_has_them() {
        let budget = ByteBudget::of(100_000);
        let few = budget.try_hold(UNCOUNTED).unwrap();
        assert_eq!(budget.held(), 0);
        let many = budget.try_hold(60_000).unwrap().keep(vec![7; 60_000]);
        let part = many.slice(..10);
        assert_eq!(budget.held(), 60_000);
        assert!(budget.try_hold(60_000).is_none());
        drop(many);
        assert_eq!(budget.held(), 60_000, "a part of them is still there");
        drop((part, few));
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn what_is_larger_than_the_budget_has_it_alone() {
        let budget = ByteBudget::of(100_000);
        let all = budget.try_hold(1 << 20).unwrap();
        assert_eq!(budget.held(), 100_000);
        assert!(budget.try_hold(20_000).is_none());
        drop(all);
        assert!(budget.try_hold(20_000).is_some());
    }
}
