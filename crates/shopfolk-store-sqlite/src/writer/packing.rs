//! What the writer does that nobody asked for: settling recent contacts and packing customers for searches.

use crossbeam_channel::Receiver;
use shopfolk_model::{Actor, StoreId};
use shopfolk_store::{BUDGET, StoreError};

use super::{WriteJob, Writer};
use crate::measures;
use crate::search::PackingShare;

/// How many customers are settled in one commit while nobody waits.
const CUSTOMERS_SETTLED_AT_REST: usize = 512;

/// How much is packed in one commit while nobody waits.
const PACKED_AT_REST: PackingShare = PackingShare { customers: 1_024, blocks: 16, time: Some(BUDGET.time) };
/// How much is packed in one commit before anybody is served.
const PACKED_AT_ONCE: PackingShare = PackingShare { customers: 8_192, blocks: 64, time: None };

impl Writer {
    pub(super) fn has_work_at_rest(&self) -> bool {
        self.state.keep_recent && (self.state.recent.count() > 0 || !self.state.backlog.is_empty())
    }

    /// Settles and packs customers while nobody waits.
    pub(super) fn work_at_rest(&mut self, jobs: &Receiver<Box<dyn WriteJob>>) {
        let mut works = !self.health.is_in_trouble() || self.probe().is_ok();
        while works && jobs.is_empty() && self.has_work_at_rest() {
            works = if self.state.recent.count() > 0 { self.settle_some() } else { self.pack_some() }.is_ok();
            self.checkpoint();
        }
        measures::set(measures::WRITE_QUEUE_DEPTH, jobs.len());
        measures::set(measures::RECENT_CONTACTS, self.state.recent.count());
    }

    pub(super) fn settle_some(&mut self) -> Result<(), StoreError> {
        self.commit_beside(|writer| writer.settle(0, CUSTOMERS_SETTLED_AT_REST))
    }

    /// Packs some customers for searches.
    fn pack_some(&mut self) -> Result<(), StoreError> {
        let Some(store) = self.state.backlog.store_to_pack() else { return Ok(()) };
        self.commit_beside(|writer| writer.pack(store, true, PACKED_AT_REST))
    }

    /// Packs as many customers with a commit as came with it, where there are too many that are not packed. Where that takes too
    /// long in a server, the portions that follow are smaller, and what is left is packed with them. A command packs all of them,
    /// so that each block is written once, and, where nobody else writes, it leaves no more than there may be to whoever opens the file
    /// next.
    pub(super) fn pack_share(&mut self) -> Result<(), StoreError> {
        let share = self.state.backlog.share();
        let time = (self.state.keep_recent || self.others_write()).then_some(BUDGET.time);
        let customers = if self.state.keep_recent { share } else { usize::MAX };
        match self.state.backlog.too_much() {
            Some((store, added)) => {
                self.pack(store, added, PackingShare { customers, blocks: usize::MAX, time })
            }
            None => Ok(()),
        }
    }

    /// Packs, before anybody is served, what a search would be slow to look through.
    pub(super) fn pack_what_is_too_much(&mut self) -> Result<(), StoreError> {
        if self.state.backlog.too_much().is_some() {
            tracing::info!(
                "packing customers for searches; this happens once and takes some seconds a million"
            );
        }
        while let Some((store, added)) = self.state.backlog.too_much() {
            self.alone(|writer| {
                writer.begin()?;
                writer.pack(store, added, PACKED_AT_ONCE)?;
                writer.end()
            })?;
            self.checkpoint();
        }
        Ok(())
    }

    /// Goes on with the packing that was begun, or begins with this store.
    fn pack(&mut self, store: StoreId, added: bool, share: PackingShare) -> Result<(), StoreError> {
        let mut packing = match self.state.backlog.take_packing() {
            Some(packing) => packing,
            None => self.state.begin_operation(store, Actor::Unknown).begin_packing(added)?,
        };
        self.state.begin_operation(packing.store, Actor::Unknown).pack(&mut packing, share)?;
        self.state.backlog.put_packing(packing);
        Ok(())
    }
}
