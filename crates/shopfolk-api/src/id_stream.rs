//! Ids of customers as a streamed answer.

use std::vec::IntoIter;

use shopfolk_model::CustomerId;

use crate::error::ApiError;
use crate::streamed::{Pieces, Text};

/// How many ids a piece has.
pub(crate) const IDS_OF_A_PIECE: usize = 10_000;

/// Ids of customers one after the other.
pub(crate) struct IdStream {
    ids: IntoIter<CustomerId>,
    written: u64,
    is_over: bool,
}

impl IdStream {
    pub(crate) fn of(ids: Vec<CustomerId>) -> Self {
        Self { ids: ids.into_iter(), written: 0, is_over: false }
    }
}

impl Pieces for IdStream {
    type Portion = Vec<CustomerId>;

    async fn read(&mut self) -> Result<Option<Vec<CustomerId>>, ApiError> {
        Ok((!self.is_over).then(|| self.ids.by_ref().take(IDS_OF_A_PIECE).collect()))
    }

    fn write(&mut self, ids: Vec<CustomerId>, text: &mut Text) -> Result<(), ApiError> {
        text.add_text(if self.written == 0 { "{\"ids\":[" } else { "" });
        for id in &ids {
            text.separate(self.written);
            self.written += 1;
            text.add_text(&id.to_string());
        }
        self.is_over = ids.len() < IDS_OF_A_PIECE;
        text.add_text(if self.is_over { "]}" } else { "" });
        Ok(())
    }

    fn damaged(&self) -> u64 {
        0
    }
}
