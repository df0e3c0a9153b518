//! Lists that grow with the store come in pages. Ids alone come in one list too, where the API has it so.

use crate::Length;

/// Up to this entry a page is one of the first: what is passed over before it costs next to nothing.
const FIRST_ENTRIES: u64 = 1_000;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// How many entries to pass over.
    pub offset: u64,
    /// How many entries to answer with at the most.
    pub limit: u32,
}

impl PageRequest {
    /// How long it takes to find the page by walking from the beginning: all that is passed over is walked through.
    pub fn length(self) -> Length {
        if self.offset.saturating_add(u64::from(self.limit)) <= FIRST_ENTRIES {
            Length::Short
        } else {
            Length::Long
        }
    }

    /// The next part of a list with so many entries; `None` behind the last.
    pub fn next(self, total: u64) -> Option<Self> {
        let offset = self.offset + u64::from(self.limit);
        (offset < total).then_some(Self { offset, ..self })
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// How many entries there are in all.
    pub total: u64,
    /// The entries of this part that can be read.
    pub items: Vec<T>,
    /// How many rows of this part are damaged and left out; each was told.
    pub damaged: u64,
}
