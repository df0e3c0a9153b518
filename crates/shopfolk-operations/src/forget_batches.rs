//! Forgetting completed batches.

use shopfolk_model::{
    Actor, Batch, BatchId, MAXIMUM_KEPT_ANSWER_BYTES, MAXIMUM_KEPT_BATCHES, StoreId, Timestamp,
};
use shopfolk_store::{Engine, Pace, Portion, WriteOperation, WriteTx};

use crate::OperationError;
use crate::batches::ListBatches;

/// Removes some completed batches.
struct ForgetBatches(Vec<(BatchId,)>);

impl WriteOperation for ForgetBatches {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        Ok(tx.delete_if_there::<Batch>(&self.0).await?)
    }
}

/// Forgets completed batches of a store that are older than a day, and the oldest ones where there are too many or their answers
/// are too long. Answers how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_batches<E: Engine>(
    engine: &E,
    store: StoreId,
    now: Timestamp,
) -> Result<u64, OperationError> {
    // Ids and sizes of some ten thousand.
    let (mut kept, mut gone, mut after) = (Vec::new(), Vec::new(), None);
    while let Some(Portion { listed, through }) = engine.read(store, ListBatches(after)).await? {
        after = Some(through);
        for batch in listed.items.into_iter().filter(|batch| batch.completed.is_some()) {
            if batch.is_kept_at(now) {
                kept.push((batch.id, batch.answer_bytes));
            } else {
                gone.push((batch.id,));
            }
        }
    }
    let mut bytes = 0;
    let fits = |(place, kept): &(usize, &(BatchId, u64))| {
        bytes += kept.1;
        *place < MAXIMUM_KEPT_BATCHES && bytes <= MAXIMUM_KEPT_ANSWER_BYTES
    };
    let latest = kept.iter().rev().enumerate().take_while(fits).count();
    gone.extend(kept.iter().take(kept.len() - latest).map(|&(id, _)| (id,)));
    let mut pace = Pace::default();
    let mut forgotten = 0;
    let mut rest = &gone[..];
    while !rest.is_empty() {
        // A batch has up to a thousand rows.
        let (portion, others) = rest.split_at(pace.rows().div_ceil(64).min(rest.len()));
        engine.write_portion(store, Actor::Unknown, ForgetBatches(portion.to_vec()), &mut pace).await?;
        forgotten += portion.len() as u64;
        rest = others;
    }
    Ok(forgotten)
}
